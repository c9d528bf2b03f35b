import { describe, expect, it } from "@jest/globals";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { sha256 } from "../../steps/formats/digest.js";
import { unpackTar } from "../../steps/sources/archive.js";
import { fetchPayloads } from "../../steps/sources/payloads.js";
import { fakePrograms } from "../rig/programs.js";
import { makeTar, type Member } from "../rig/tar.js";
import { tempFolder } from "../rig/temp.js";

const alpha = Buffer.from("alpha ".repeat(50));
const digests = { alpha: sha256(alpha) };

async function fetchAlpha(source: string): Promise<string> {
  const payloads = await fetchPayloads([source], digests, {
    project: tempFolder(),
    maxBytes: 1e6,
    stallMs: 1000,
    signal: new AbortController().signal,
    log: () => undefined,
    progress: () => undefined,
  });
  return Buffer.from(payloads.get("alpha") as Uint8Array).toString();
}

function archive(name: string, bytes: Uint8Array): string {
  const path = join(tempFolder(), name);
  writeFileSync(path, bytes);
  return path;
}

describe("apt:", () => {
  /** apt-get that lays down a "package", and dpkg-deb that prints it: here the package is its own tar. */
  function fakeApt(members: readonly Member[]): string {
    const deb = archive("some-data_1.0_all.deb", makeTar(members));
    const said = join(tempFolder(), "said");
    fakePrograms({
      "apt-get": `echo "$@" >> ${said}; cp ${deb} .`,
      "dpkg-deb": `test "$1" = --fsys-tarfile && cat "$2"`,
    });
    return said;
  }

  it("downloads a package and reads it, without installing", async () => {
    const said = fakeApt([
      { name: "./usr/share/data/", type: "5" },
      { name: "./usr/share/data/alpha.gz", data: gzipSync(alpha) },
      { name: "./usr/bin/tool", data: Buffer.from("#!/bin/sh\n") },
    ]);
    expect(await fetchAlpha("apt:some-data/usr/share/data")).toBe(String(alpha));
    expect(await fetchAlpha("apt:some-data=1.0-1//usr/share/data/")).toBe(String(alpha));
    expect(readFileSync(said, "utf8")).toBe("download some-data\ndownload some-data=1.0-1\n");
  });

  it("takes nothing through links", async () => {
    const outside = archive("alpha", alpha);
    fakeApt([
      { name: "./data/alpha", type: "2", link: outside },
      { name: "./data/alpha.gz", type: "1", link: outside },
    ]);
    await expect(fetchAlpha("apt:some-data/data")).rejects.toThrow("there is no 'data' in some-data");
  });

  it("gives a package up that unpacks without end, and says that its tool is missing", async () => {
    const get = `echo small > some-data_1.0_all.deb`;
    fakePrograms({ "apt-get": get, "dpkg-deb": "exec yes" });
    await expect(fetchAlpha("apt:some-data/data")).rejects.toThrow(
      "dpkg-deb --fsys-tarfile was given up: its output is more than 67108864 bytes",
    );
    fakePrograms({ "apt-get": get }, true);
    await expect(fetchAlpha("apt:some-data/data")).rejects.toThrow("dpkg-deb is not on this machine");
  });

  it("says that apt is missing, or what it said", async () => {
    fakePrograms({}, true);
    await expect(fetchAlpha("apt:some-data/data")).rejects.toThrow(
      "apt-get is not on this machine (Debian and Ubuntu have it)",
    );
    fakePrograms({ "apt-get": `echo "E: Unable to locate package some-data" >&2; exit 100` });
    await expect(fetchAlpha("apt:some-data/data")).rejects.toThrow(
      "apt-get download failed: E: Unable to locate package some-data",
    );
    fakePrograms({ "apt-get": "exit 0" });
    await expect(fetchAlpha("apt:some-data/data")).rejects.toThrow(
      "apt-get download some-data wrote no package",
    );
  });

  it.each(["apt:", "apt:-o=x/y", "apt:Some Data/x", "apt:some-data"])(
    "%s is refused as written",
    async source => {
      await expect(fetchAlpha(source)).rejects.toThrow("write it apt:PACKAGE/path/in/the/package");
    },
  );

  it("leaves no package by its path", async () => {
    await expect(fetchAlpha("apt:some-data/../../etc")).rejects.toThrow("no plain relative name");
  });
});

describe("npm:", () => {
  function fakeNpm(members: readonly Member[]): string {
    const tgz = archive("name-1.0.0.tgz", gzipSync(makeTar(members)));
    const said = join(tempFolder(), "said");
    fakePrograms({ npm: `echo "$@" > ${said}; for last; do :; done; cp ${tgz} "$last"` });
    return said;
  }

  it("packs a package and reads it, running no script", async () => {
    const said = fakeNpm([
      { name: "package/package.json", data: Buffer.from('{"scripts":{"prepack":"false"}}') },
      { name: "package/data/alpha", data: alpha },
    ]);
    expect(await fetchAlpha("npm:@scope/name@1.0.0/data")).toBe(String(alpha));
    expect(readFileSync(said, "utf8")).toMatch(
      /^pack @scope\/name@1.0.0 --ignore-scripts --pack-destination /,
    );
    expect(await fetchAlpha("npm:name@1.0.0/data/alpha")).toBe(String(alpha));
  });

  it.each([
    "npm:name/data",
    "npm:name@latest/x",
    "npm:name@git+ssh://x/y",
    "npm:--help@1.0.0/x",
    "npm:../x@1.0.0/y",
  ])("%s is refused as written", async source => {
    fakePrograms({}, true);
    await expect(fetchAlpha(source)).rejects.toThrow("write it npm:NAME@VERSION/path, with an exact version");
  });

  it("says what npm said", async () => {
    fakePrograms({ npm: `echo "npm error 404 Not Found" >&2; exit 1` });
    await expect(fetchAlpha("npm:name@1.0.0/x")).rejects.toThrow("npm pack failed: npm error 404 Not Found");
  });
});

describe("a hostile archive", () => {
  it("writes nothing outside its folder and makes no links", async () => {
    const root = tempFolder();
    const folder = join(root, "in");
    mkdirSync(folder);
    const evil = Buffer.from("evil");
    const tar = makeTar([
      { name: "../escaped", data: evil },
      { name: "a/../../escaped2", data: evil },
      { name: `${root}/absolute`, data: evil },
      { name: "link", type: "2", link: root },
      { name: "link/through", data: evil },
      { name: "hard", type: "1", link: "/etc/passwd" },
      { name: "good", data: alpha },
    ]);
    await unpackTar(archive("x.tar", tar), folder, "", 0, 1e6);
    expect(readdirSync(root)).toEqual(["in"]);
    expect(readFileSync(join(folder, "good"), "utf8")).toBe(String(alpha));
    expect(existsSync(join(folder, "hard"))).toBe(false);
    // Whatever became of names that tried to leave, it lies inside, as plain files.
    const kept = readdirSync(folder, { recursive: true, withFileTypes: true });
    expect(kept.every(entry => entry.isFile() || entry.isDirectory())).toBe(true);
  });

  it("is given up when its files pass the limit", async () => {
    const tar = archive(
      "x.tar",
      makeTar([
        { name: "a", data: alpha },
        { name: "b", data: alpha },
      ]),
    );
    await expect(unpackTar(tar, tempFolder(), "", 0, alpha.length)).rejects.toThrow(
      `limit of ${alpha.length} bytes`,
    );
    await expect(unpackTar(tar, tempFolder(), "a", 0, alpha.length)).resolves.toBeUndefined();
  });
});
