/** One member of a tar archive, as a hostile author would write it: any name, any type. */
export interface Member {
  readonly name: string;
  readonly data?: Uint8Array;
  /** `0` file, `2` symbolic link, `1` hard link, `5` folder. */
  readonly type?: string;
  readonly link?: string;
}

/** A ustar archive (POSIX.1-1988), written by hand so that nothing keeps bad names out. */
export function makeTar(members: readonly Member[]): Buffer {
  const blocks = members.flatMap(({ name, data = new Uint8Array(), type = "0", link = "" }) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write("0000644\0", 100);
    header.write("0000000\0", 108);
    header.write("0000000\0", 116);
    header.write(`${data.length.toString(8).padStart(11, "0")}\0`, 124);
    header.write("00000000000\0", 136);
    header.write("        ", 148);
    header.write(type, 156);
    header.write(link, 157);
    header.write("ustar\x0000", 257);
    const sum = header.reduce((a, b) => a + b, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
