import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { systemDisk } from "../../runner/store/disk.js";
import { inventory } from "../../runner/store/inventory.js";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "vistas-inventory-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const KEY = `ab${"0".repeat(62)}`;
const RESULT = "0123456789abcdef";

function put(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), "");
  }
}

function kinds(): Record<string, string> {
  return Object.fromEntries([...inventory(systemDisk, root)].map(({ kind, path }) => [path, kind]));
}

describe("the inventory of a store", () => {
  it("tells of everything what it is", () => {
    const named = {
      [`objects/ab/${KEY}`]: "object",
      [`objects/ab/${KEY}.x`]: "object",
      [`objects/ab/${KEY}.tree`]: "manifest",
      [`trees/ab/${KEY}`]: "tree",
      [`records/ab/${KEY}.json`]: "record",
      [`past/ab/${KEY}/${RESULT}.json`]: "past",
      [`parts/ab/${KEY}.json`]: "part",
      [`audits/ab/${KEY}.json`]: "audit",
      "runs/00000001.20261123-061019-0c53f9a.json": "run",
      "reproductions/20261123-061019-0c53f9a.json": "reproduction",
      "logs/20261123-061019-0c53f9a": "log",
      "reports/20261123-061019-0c53f9a.html": "report",
      [`locks/${KEY}`]: "lock",
      "work/run@host@place@1@2": "work",
      "failed/s-0123456789": "failed",
      "lost/runs": "lost",
      "format.json": "format",
    };
    put(...Object.keys(named), "published/generators/model.json", ".gitignore");
    expect(kinds()).toEqual(named);
  });

  it("tells what is not complete and what is not the store's", () => {
    const named = {
      [`objects/ab/${KEY}.12-0.tmp`]: "temporary",
      [`past/ab/${KEY}/${RESULT}.json.12-1.tmp`]: "temporary",
      "runs/00000001.20261123-061019-0c53f9a.json.12-2.tmp": "temporary",
      [`objects/ab/${KEY}.copy`]: "stray",
      // Under another shard than its own nothing would find it.
      [`records/cd/${KEY}.json`]: "stray",
      "objects/notes.txt": "stray",
      "objects/ef": "obstacle",
      [`past/ab/${KEY}/README`]: "stray",
      trees: "obstacle",
    };
    put(...Object.keys(named));
    expect(kinds()).toEqual(named);
  });

  it("gives the key, digest or run that a name stands for, and which result", () => {
    put(`objects/ab/${KEY}.x`, `past/ab/${KEY}/${RESULT}.json`, "runs/00000001.r1.json");
    const found = [...inventory(systemDisk, root, ["objects", "past", "runs"])];
    expect(found.map(({ name, result }) => [name, result])).toEqual([
      [KEY, undefined],
      [KEY, RESULT],
      ["r1", undefined],
    ]);
  });

  it("of a store that is not there is empty", () => {
    rmSync(root, { recursive: true });
    expect(kinds()).toEqual({});
  });
});
