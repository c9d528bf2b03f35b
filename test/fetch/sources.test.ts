import { describe, expect, it } from "@jest/globals";
import { execa } from "execa";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { sha256 } from "../../steps/formats/digest.js";
import { fetchPayloads, payloadDigest } from "../../steps/sources/payloads.js";
import type { FetchOptions, Payload } from "../../steps/sources/source.js";
import { tempFolder } from "../rig/temp.js";

const alpha = Buffer.from("alpha ".repeat(50));
const beta = Buffer.from("beta ".repeat(50));
const digests = { alpha: sha256(alpha), beta: sha256(beta) };

function options(
  project: string,
  change: Partial<FetchOptions> = {},
): FetchOptions & { readonly lines: string[] } {
  const lines: string[] = [];
  return {
    project,
    maxBytes: 1e6,
    stallMs: 1000,
    signal: new AbortController().signal,
    log: line => void lines.push(line),
    progress: () => undefined,
    lines,
    ...change,
  };
}

function folder(files: Readonly<Record<string, Uint8Array>>): string {
  const path = tempFolder();
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(join(path, name, ".."), { recursive: true });
    writeFileSync(join(path, name), bytes);
  }
  return path;
}

const text = (payloads: ReadonlyMap<string, Payload>, name: string): string =>
  Buffer.from(payloads.get(name) as Uint8Array).toString();

describe("a local source", () => {
  it("is a folder of payloads, plain or gzipped, relative to the project", async () => {
    const project = folder({ "data/alpha": alpha, "data/beta.gz": gzipSync(beta) });
    const payloads = await fetchPayloads(["./data"], digests, options(project));
    expect([text(payloads, "alpha"), text(payloads, "beta")]).toEqual([String(alpha), String(beta)]);
  });

  it("may be absolute, and one file where one payload is wanted", async () => {
    const path = folder({ "other-name.bin": gzipSync(alpha) });
    const one = { alpha: digests.alpha.toUpperCase() };
    expect(text(await fetchPayloads([join(path, "other-name.bin")], one, options("/")), "alpha")).toBe(
      String(alpha),
    );
    await expect(fetchPayloads([join(path, "other-name.bin")], digests, options("/"))).rejects.toThrow(
      "and not alpha",
    );
  });

  it("may hold links to files, as people keep their data elsewhere", async () => {
    const [data, links] = [folder({ alpha }), folder({})];
    symlinkSync(join(data, "alpha"), join(links, "alpha"));
    await expect(fetchPayloads([links], { alpha: digests.alpha }, options("/"))).resolves.toBeDefined();
  });
});

describe("a relative source", () => {
  it.each(["./..", "./../outside", "./x/../../outside", "../outside", "x/../../outside", "./x/../x"])(
    "%s has '..', which leads out of the project",
    async source => {
      const root = folder({ "outside/alpha": alpha, "project/x/alpha": alpha });
      await expect(
        fetchPayloads([source], { alpha: digests.alpha }, options(join(root, "project"))),
      ).rejects.toThrow("has '..': './' does not leave the project");
    },
  );

  it("leads out by no link: neither itself, nor a folder on the way, nor the payload", async () => {
    const root = folder({ "outside/alpha": alpha, "project/x/beta": beta, "project/data/alpha": alpha });
    const project = join(root, "project");
    symlinkSync(join(root, "outside"), join(project, "away"));
    symlinkSync("../../outside/alpha", join(project, "x/alpha"));
    symlinkSync("data", join(project, "near"));
    for (const source of ["./away", "./away/alpha", "x", "./x/alpha"])
      await expect(fetchPayloads([source], { alpha: digests.alpha }, options(project))).rejects.toThrow(
        "leads out of the project by a link",
      );
    await expect(
      fetchPayloads(["./near"], { alpha: digests.alpha }, options(project)),
    ).resolves.toBeDefined();
  });
});

describe("sources in order", () => {
  it("passes on from one that is missing, incomplete, wrong or damaged, and says why in the log", async () => {
    const given = options("/", {});
    const truncated = gzipSync(alpha);
    const sources = [
      join(folder({}), "nowhere"),
      folder({ alpha: beta, beta }),
      folder({ "alpha.gz": truncated.subarray(0, truncated.length - 10) }),
      folder({ alpha }),
      folder({ alpha: beta, beta }),
    ];
    const payloads = await fetchPayloads(sources, digests, given);
    expect([text(payloads, "alpha"), text(payloads, "beta")]).toEqual([String(alpha), String(beta)]);
    expect(given.lines).toEqual([
      `${sources[0]}: there is no ${sources[0]}`,
      `${sources[1]}: alpha has sha256 ${digests.beta}, but ${digests.alpha} is expected`,
      `${sources[2]}: alpha: the gzip stream is cut short`,
      `alpha: from ${sources[3]}, sha256 as expected`,
      `${sources[3]}: it holds neither beta nor beta.gz`,
      `beta: from ${sources[4]}, sha256 as expected`,
    ]);
  });

  it("with none left, lists each with its reason and says what to do", async () => {
    const wrong = folder({ alpha: beta });
    await expect(fetchPayloads([wrong, "./nowhere", "ftp://host/x"], digests, options("/p"))).rejects.toThrow(
      `no source gave alpha, beta:\n` +
        `  ${wrong}: alpha has sha256 ${digests.beta}, but ${digests.alpha} is expected\n` +
        `  ./nowhere: there is no ./nowhere\n` +
        `  ftp://host/x: 'ftp:' is no known source (known: a path, https:, npm:, apt:, hf://, s3://)\n` +
        `Give a local copy: source: ./path (a folder that holds alpha, beta, plain or as .gz)`,
    );
  });

  it("holds to the size limit, packed and unpacked", async () => {
    const large = folder({ alpha: Buffer.alloc(2000) });
    await expect(fetchPayloads([large], digests, options("/", { maxBytes: 1999 }))).rejects.toThrow(
      "limit of 1999 bytes",
    );
    const bomb = folder({ "alpha.gz": gzipSync(Buffer.alloc(2000)) });
    await expect(fetchPayloads([bomb], digests, options("/", { maxBytes: 1999 }))).rejects.toThrow(
      "unpacks to more than",
    );
  });

  it("stops when it is cancelled", async () => {
    const cancelled = options("/", { signal: AbortSignal.abort() });
    await expect(fetchPayloads([folder({ alpha })], digests, cancelled)).rejects.toThrow("aborted");
  });
});

describe("names of payloads", () => {
  it.each(["../alpha", "/etc/passwd", "a/../../b", "a//b", "./a", "", "a\\b", "C:a", "a\0b"])(
    "%j leave no folder",
    async name => {
      await expect(fetchPayloads([folder({})], { [name]: digests.alpha }, options("/"))).rejects.toThrow(
        "no plain relative name",
      );
    },
  );
});

describe("a payload that is a folder", () => {
  const files = { "train/b/2.txt": beta, "train/a.txt": alpha, "train/b.txt": alpha };

  it("is verified by the digest of its listing, as sha256sum would print it", async () => {
    const listing = `${sha256(alpha)}  a.txt\n${sha256(alpha)}  b.txt\n${sha256(beta)}  b/2.txt\n`;
    const payloads = await fetchPayloads([folder(files)], { train: sha256(listing) }, options("/"));
    const train = payloads.get("train") as ReadonlyMap<string, Uint8Array>;
    expect([...train.keys()].sort()).toEqual(["a.txt", "b.txt", "b/2.txt"]);
    expect(payloadDigest(train)).toBe(sha256(listing));
  });

  it.each([
    [
      "with spaces, quotes and line ends",
      ["a b.txt", "it's", 'say "x"', "two\nlines", "back\\slash", "é.txt"],
    ],
    ["and a hidden one", [".DS_Store", "x"]],
  ])("has the digest that the documented command prints, %s", async (_, names) => {
    const path = folder(Object.fromEntries(names.map(name => [`train/deep er/${name}`, alpha])));
    const docs = readFileSync(new URL("../../../docs/data.md", import.meta.url), "utf8");
    const command = /^ {4}(cd train && find .*)$/m.exec(docs)?.[1] ?? "";
    const { stdout } = await execa("bash", ["-c", command], { cwd: path });
    await expect(fetchPayloads([path], { train: stdout.slice(0, 64) }, options("/"))).resolves.toBeDefined();
  });

  it("keeps its digest when a desktop or a notebook puts hidden files into it", async () => {
    const digest = payloadDigest(new Map([["a", alpha]]));
    const path = folder({
      "t/a": alpha,
      "t/.DS_Store": beta,
      "t/.ipynb_checkpoints/a": beta,
      "t/Thumbs.db": beta,
    });
    await expect(fetchPayloads([path], { t: digest }, options("/"))).resolves.toBeDefined();
    const more = folder({ "t/a": alpha, "t/b": beta });
    await expect(fetchPayloads([more], { t: digest }, options("/"))).rejects.toThrow("t has sha256");
  });

  it("holds no links, which could point anywhere", async () => {
    const path = folder(files);
    symlinkSync("/etc", join(path, "train", "etc"));
    await expect(fetchPayloads([path], { train: sha256("") }, options("/"))).rejects.toThrow(
      "is a link or no plain file",
    );
  });
});
