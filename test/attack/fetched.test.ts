/** What is fetched is data: never run, never more than it may be, never from elsewhere than was said. */
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { deflateRawSync, gzipSync } from "node:zlib";
import dataset from "../../steps/kinds/fetch-dataset/index.js";
import { sha256 } from "../../steps/formats/digest.js";
import { encodeIdx } from "../../steps/formats/idx.js";
import { encodePng } from "../../steps/formats/pictures/png.js";
import { unpackTar } from "../../steps/sources/archive.js";
import { fetchPayloads, payloadDigest } from "../../steps/sources/payloads.js";
import { unzip, zipEntries } from "../../steps/formats/zip.js";
import { runKind } from "../rig/context.js";
import { Project } from "../rig/project.js";
import { makeTar } from "../rig/tar.js";
import { tempFolder } from "../rig/temp.js";

function fetched(source: string, bytes: Uint8Array | string, maxBytes = 2 ** 30): Promise<unknown> {
  return fetchPayloads(
    [source],
    { payload: sha256(bytes) },
    {
      ...{ project: "/", maxBytes, stallMs: 5000, signal: new AbortController().signal },
      ...{ log: () => undefined, progress: () => undefined },
    },
  );
}

function file(name: string, bytes: Uint8Array): string {
  const path = join(tempFolder(), name);
  writeFileSync(path, bytes);
  return path;
}

describe("a fetched file", () => {
  it("is never executed, whatever it is, and gets no leave to be", async () => {
    const ran = join(tempFolder(), "ran");
    const script = `#!/bin/sh\ntouch ${ran}\n`;
    const module = `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(ran)}, ""); export default {};\n`;
    const pickle = `\x80\x02cposix\nsystem\nq\x00X\x20\x00\x00\x00touch ${ran}\x85Rq\x01.`;
    const payloads: Record<string, string> = {
      "model.onnx": pickle,
      "install.sh": script,
      "index.js": module,
      "addon.node": script,
    };
    const p = new Project();
    mkdirSync(p.path("data"));
    const steps = Object.entries(payloads).map(([name, text], i) => {
      writeFileSync(p.path("data", name), text, "latin1");
      chmodSync(p.path("data", name), 0o777);
      return `  g${i}: { uses: fetch-generator, with: { source: ./data, sha256: { ${name}: "${sha256(Buffer.from(text, "latin1"))}" } } }`;
    });
    const pixels = encodeIdx(new Uint8Array(8), [2, 2, 2]);
    const labels = encodeIdx(new Uint8Array([0, 1]), [2]);
    writeFileSync(p.path("data", "images"), pixels, { mode: 0o777 });
    writeFileSync(p.path("data", "labels"), labels, { mode: 0o777 });
    const sums = `{ images: "${sha256(pixels)}", labels: "${sha256(labels)}" }`;
    p.write(
      "p.yaml",
      `steps:
${steps.join("\n")}
  good: { uses: fetch-dataset, with: { source: ./data, sha256: ${sums}, files: { train: { images: images, labels: labels }, test: { images: images, labels: labels } } } }
  tries: { run: ["\${{ inputs.d }}/images.npy"], inputs: { d: good.train }, outputs: {} }
`,
    );
    const { ends } = await p.runEvents(["--keep-going", "--backend", "cpu"], { code: 1 });
    const outcomes = Object.fromEntries(ends.map(({ id, outcome }) => [id, outcome]));
    expect(outcomes).toEqual({
      g0: "failed",
      g1: "failed",
      g2: "failed",
      g3: "failed",
      good: "ran",
      tries: "failed",
    });
    expect(ends.find(({ id }) => id === "g0")?.error).toContain("Python pickle");
    expect(ends.find(({ id }) => id === "tries")?.error).toMatch(/EACCES|permission/i);
    const stored = readdirSync(p.path("artifacts", "objects"), { recursive: true, withFileTypes: true });
    const executable = stored.filter(
      e => e.isFile() && (lstatSync(join(e.parentPath, e.name)).mode & 0o111) !== 0,
    );
    expect(executable).toEqual([]);
    expect(existsSync(ran)).toBe(false);
  });
});

describe("an archive", () => {
  const zeros = Buffer.alloc(100 * 2 ** 20);

  it("that unpacks to hundreds of times its size is given up early, whatever limit was set", async () => {
    const gz = gzipSync(zeros);
    await expect(fetched(file("payload.gz", gz), zeros)).rejects.toThrow("more than 200 times its size");
    const zip = makeZip([{ name: "a.npy", data: zeros }]);
    const [entry] = zipEntries(zip, "z");
    if (entry === undefined) throw new Error("no entry");
    await expect(unzip(zip, entry, "z", 2 ** 30)).rejects.toThrow("more than 200 times its size");
    const tar = file(
      "x.tgz",
      gzipSync(
        makeTar([
          { name: "bomb", data: zeros },
          { name: "data/x", data: Buffer.from("x") },
        ]),
      ),
    );
    // What is not even wanted counts too.
    await expect(unpackTar(tar, tempFolder(), "data", 0, 2 ** 30)).rejects.toThrow(
      "more than 200 times its size",
    );
    // As repetitive, but small: labels are.
    await expect(
      fetched(file("payload.gz", gzipSync(zeros.subarray(0, 2 ** 20))), zeros.subarray(0, 2 ** 20)),
    ).resolves.toBeDefined();
  });

  it("that says other things of itself than it holds is refused", async () => {
    const data = Buffer.from("hello ".repeat(100));
    const lying = makeZip([{ name: "a", data, unpacked: 10 }]);
    const [short] = zipEntries(lying, "z");
    const giant = makeZip([{ name: "a", data, unpacked: 4_000_000_000 }]);
    const [large] = zipEntries(giant, "z");
    if (short === undefined || large === undefined) throw new Error("no entry");
    await expect(unzip(lying, short, "z", 2 ** 30)).rejects.toThrow();
    await expect(unzip(giant, large, "z", 2 ** 32)).rejects.toThrow("more than 200 times its size");
    expect(() =>
      zipEntries(
        makeZip([
          { name: "a", data },
          { name: "a", data: Buffer.from("x") },
        ]),
        "z",
      ),
    ).toThrow("holds 'a' twice");
    const twice = file(
      "x.tar",
      makeTar([
        { name: "d/a", data },
        { name: "d/./a", data: Buffer.from("x") },
      ]),
    );
    await expect(unpackTar(twice, tempFolder(), "", 0, 2 ** 30)).rejects.toThrow("holds 'd/a' twice");
  });

  it("of arrays or pictures that claim more than is there is refused before room is made for it", async () => {
    const header = (text: string): Buffer => {
      const body = Buffer.from(`${text}\n`);
      const start = Buffer.from("\x93NUMPY\x01\x00\x00\x00", "latin1");
      start.writeUInt16LE(body.length, 8);
      return Buffer.concat([start, body]);
    };
    const npy = (shape: string): Buffer =>
      header(`{'descr': '|u1', 'fortran_order': False, 'shape': (${shape}), }`);
    const huge = Buffer.alloc(16);
    huge.writeUInt32BE(0x00000803, 0);
    for (const at of [4, 8, 12]) huge.writeUInt32BE(0xffffffff, at);
    const cases: [Uint8Array, RegExp][] = [
      [npy("10000000000,"), /cut short: \d+ bytes, but uint8 \[10000000000\]/],
      [npy("-1, 28, 28"), /cannot be read/],
      [npy(`${"9".repeat(400)},`), /impossible shape/],
      [header("__import__('os').system('true')"), /cannot be read/],
      [huge, /impossible shape|cut short/],
    ];
    for (const [bytes, message] of cases) await expect(images({ images: bytes })).rejects.toThrow(message);
    const white = encodePng({ shape: [2000, 2000, 1], data: new Uint8Array(4e6) });
    const folder = new Map(["a", "b", "c"].map(name => [`${name}.png`, white]));
    await expect(images({ images: folder }, 1e7)).rejects.toThrow(
      "the images are more than the limit of 10000000 bytes",
    );
  });
});

async function images(
  payloads: Readonly<Record<string, Uint8Array | ReadonlyMap<string, Uint8Array>>>,
  maxBytes = 2 ** 30,
): Promise<void> {
  const source = tempFolder();
  const sums: Record<string, string> = {};
  for (const [name, payload] of Object.entries(payloads)) {
    sums[name] = payloadDigest(payload);
    if (payload instanceof Uint8Array) writeFileSync(join(source, name), payload);
    else {
      mkdirSync(join(source, name));
      for (const [path, bytes] of payload) writeFileSync(join(source, name, path), bytes);
    }
  }
  const files = { train: { images: "images" }, test: { images: "images" } };
  await runKind(dataset, { with: { source, sha256: sums, files, maxBytes } });
}

describe("a mirror", () => {
  let server: Server;
  let base = "";
  let leads = "";
  beforeAll(async () => {
    server = createServer((_, response) => response.writeHead(302, { location: leads }).end());
    await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/payload`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it.each([
    "file:///etc/passwd",
    "ftp://localhost/x",
    "data:,x",
    "http://example.org/x",
    "javascript:1",
    "/payload",
  ])("that leads to %s is not followed", async to => {
    leads = to;
    await expect(fetched(base, "x")).rejects.toThrow(/only https: is taken|more than 5 redirects/);
  });

  it("cannot make this machine ask itself", async () => {
    const given = globalThis.fetch;
    globalThis.fetch = () =>
      Promise.resolve(new Response(null, { status: 302, headers: { location: base } }));
    try {
      await expect(fetched("https://example.org/payload", "x")).rejects.toThrow("leads to this machine");
    } finally {
      globalThis.fetch = given;
    }
  });
});

/** A zip archive whose directory may lie about sizes and names. */
function makeZip(
  members: readonly { readonly name: string; readonly data: Buffer; readonly unpacked?: number }[],
): Buffer {
  const [bodies, directory]: [Buffer[], Buffer[]] = [[], []];
  let offset = 0;
  for (const { name, data, unpacked = data.length } of members) {
    const packed = deflateRawSync(data);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(unpacked, 18);
    fields.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), fields, Buffer.from(name), packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x00"), fields, tail, Buffer.from(name)]));
    bodies.push(local);
    offset += local.length;
  }
  const listing = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(listing.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, listing, end]);
}
