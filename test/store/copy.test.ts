import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, it } from "@jest/globals";
import { copyReadOnly } from "../../runner/exec/attempt/copy-inputs.js";
import { copyFile } from "../../runner/store/objects/copy.js";
import { codeOf, isCode, systemDisk, type Disk } from "../../runner/store/disk.js";
import { faultText } from "../../runner/store/fault.js";
import { tempFolder } from "../rig/temp.js";

const MIB = 2 ** 20;
const plain: Disk = {
  ...systemDisk,
  clone: () => {
    throw Object.assign(new Error("no clones here"), { code: "EOPNOTSUPP" });
  },
};

/** A file of bytes that no two pieces share. */
function original(bytes: number): { readonly path: string; readonly content: Buffer } {
  const path = join(tempFolder(), "original");
  const content = Buffer.from(Uint32Array.from({ length: Math.ceil(bytes / 4) }, (_, i) => i).buffer);
  writeFileSync(path, content.subarray(0, bytes));
  return { path, content: content.subarray(0, bytes) };
}

describe("copying a file", () => {
  it.each([0, 1, 4 * MIB, 4 * MIB + 1, 8 * MIB, 12 * MIB + 7])(
    "of %d bytes gives its bytes and the mode",
    async bytes => {
      const { path, content } = original(bytes);
      const short: Disk = {
        ...plain,
        writeLater: (fd, piece, offset) =>
          plain.writeLater(fd, piece.subarray(0, offset + Math.ceil((piece.length - offset) / 2)), offset),
      };
      for (const [i, disk] of [systemDisk, plain, short].entries()) {
        const to = join(tempFolder(), `copy-${i}`);
        await copyFile(disk, { path, bytes, mode: 0o555 }, to);
        expect(readFileSync(to).equals(content)).toBe(true);
        expect(statSync(to).mode & 0o777).toBe(0o555);
      }
    },
  );

  it("serves what else the process has to do, and ends when it is to, leaving nothing", async () => {
    const { path } = original(40 * MIB);
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    await copyFile(plain, { path, bytes: 40 * MIB, mode: 0o444 }, `${path}.copy`);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
    const abort = new AbortController();
    const pieces: number[] = [];
    const counting: Disk = {
      ...plain,
      writeLater: (fd, piece, offset) => {
        pieces.push(piece.length);
        abort.abort();
        return plain.writeLater(fd, piece, offset);
      },
    };
    const ended = copyFile(counting, { path, bytes: 40 * MIB, mode: 0o444 }, `${path}.ended`, abort.signal);
    await expect(ended).rejects.toThrow("aborted");
    expect(pieces).toHaveLength(1);
    expect(existsSync(`${path}.ended`)).toBe(false);
  });

  it("tells what the disk refused", async () => {
    const { path } = original(5 * MIB);
    const full: Disk = {
      ...plain,
      writeLater: () =>
        Promise.reject(
          Object.assign(new Error("?"), { code: "Unknown system error -122", errno: -122, syscall: "write" }),
        ),
    };
    const failed = copyFile(full, { path, bytes: 5 * MIB, mode: 0o444 }, `${path}.copy`);
    await expect(failed).rejects.toMatchObject({ errno: -122 });
    expect(existsSync(`${path}.copy`)).toBe(false);
  });
});

describe("copying for a step", () => {
  it("ends at the signal, between files too", async () => {
    const from = tempFolder();
    mkdirSync(join(from, "sub"));
    writeFileSync(join(from, "sub", "file"), "x");
    symlinkSync("sub", join(from, "link"));
    const to = join(tempFolder(), "copy");
    await copyReadOnly(from, to);
    expect(readFileSync(join(to, "link", "file"), "utf8")).toBe("x");
    const signal = AbortSignal.abort(new Error("stopped"));
    await expect(copyReadOnly(from, `${to}-2`, { signal })).rejects.toThrow("stopped");
    expect(existsSync(`${to}-2`)).toBe(false);
  });
});

describe("the name of an error of the system", () => {
  const numbered = (number: number) =>
    Object.assign(new Error("?"), {
      code: `Unknown system error -${number}`,
      syscall: "write",
      path: "/x/y",
    });

  it("is known where Node gives a number alone", () => {
    if (process.platform !== "linux") return;
    expect([codeOf(numbered(122)), codeOf(numbered(116))]).toEqual(["EDQUOT", "ESTALE"]);
    expect(isCode(numbered(122), "ENOSPC", "EDQUOT")).toBe(true);
    expect(faultText(numbered(122))).toMatch(/^the disk quota is used up: \/x\/y \(EDQUOT in write\)/);
    expect(codeOf(Object.assign(new Error("?"), { code: "ENOENT" }))).toBe("ENOENT");
    expect([codeOf(new Error("?")), codeOf("text"), codeOf(null)]).toEqual([undefined, undefined, undefined]);
  });

  it("comes with a path of bounded length", () => {
    const long = Object.assign(new Error("?"), {
      code: "ENAMETOOLONG",
      syscall: "lstat",
      path: "/d".repeat(5000),
    });
    expect(faultText(long)).toMatch(/^a path is longer than the system allows: .{300,500}$/);
  });
});
