import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { systemClock } from "../../runner/core/clock.js";
import { isList, isObject, type Json } from "../../runner/core/json.js";
import { Store } from "../../runner/store/store.js";
import { contents } from "./laboratory.js";

const CLI = fileURLToPath(new URL("../../runner/cli.js", import.meta.url));

/** A project that whole processes of vistas are run in, to be killed; on a disk in memory where there is one. */
export class Playground {
  readonly folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "vistas-play-"));
  readonly root = join(this.folder, "artifacts");

  write(name: string, text: string): void {
    const file = join(this.folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** In a process group of its own, which can be killed whole. */
  start(args: readonly string[]) {
    return execa(process.execPath, [CLI, ...args], {
      ...{ cwd: this.folder, extendEnv: false, reject: false, detached: true, stdin: "ignore" },
      env: { PATH: process.env["PATH"] ?? "", HOME: this.folder },
    });
  }

  /** What each output of the newest run is in the store now. */
  async results(): Promise<Record<string, string>> {
    const store = new Store(this.root, systemClock);
    const run = store.runs.get(store.runs.ids()[0] ?? "");
    return run === undefined ? {} : contents(store, run);
  }

  /** Lines that steps have written to the file `executed`. */
  executed(): string[] {
    const file = join(this.folder, "executed");
    return existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : [];
  }

  /** Names left in a folder of the store. */
  left(folder: string): string[] {
    const path = join(this.root, folder);
    return existsSync(path) ? readdirSync(path) : [];
  }

  /** Processes other than this one whose environment names the project. */
  processes(): { pid: number; command: string }[] {
    return readdirSync("/proc")
      .filter(name => /^\d+$/.test(name) && name !== String(process.pid))
      .flatMap(name => {
        try {
          if (!readFileSync(`/proc/${name}/environ`, "latin1").includes(this.folder)) return [];
          return [{ pid: Number(name), command: readFileSync(`/proc/${name}/cmdline`, "latin1") }];
        } catch {
          return []; // Ended.
        }
      });
  }

  /** Every object against its name, every record against itself and for what it names: read here, without the store. */
  damage(): string[] {
    const found: string[] = [];
    const objects = new Set<string>();
    for (const name of this.#files("objects")) {
      const digest = createHash("sha256")
        .update(readFileSync(join(this.root, "objects", name)))
        .digest("hex");
      if (!name.includes(`/${digest}`)) found.push(`object ${name} holds other bytes`);
      objects.add(digest);
    }
    for (const area of ["records", "parts", "runs"]) {
      for (const name of this.#files(area)) {
        const text = readFileSync(join(this.root, area, name), "utf8");
        const [, digest, body = ""] = /^\{"sha256":"([0-9a-f]{64})","body":(.*)\}\n$/s.exec(text) ?? [];
        if (createHash("sha256").update(body).digest("hex") !== digest) found.push(`${area}/${name} is torn`);
        else if (area !== "runs")
          for (const ref of artifacts(JSON.parse(body) as Json))
            if (!objects.has(ref)) found.push(`${area}/${name} names ${ref}, which is not there`);
      }
    }
    return found;
  }

  /** Complete files: what has a temporary name does not count as there. */
  #files(area: string): string[] {
    const folder = join(this.root, area);
    if (!existsSync(folder)) return [];
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile() && !entry.name.endsWith(".tmp"))
      .map(entry => `${entry.parentPath.slice(folder.length)}/${entry.name}`);
  }
}

/** Digests of all that looks like a reference to an artifact, outside of what is told of inputs. */
function artifacts(value: Json): string[] {
  if (isList(value)) return value.flatMap(artifacts);
  if (!isObject(value)) return [];
  const { digest, bytes } = value;
  if (typeof digest === "string" && bytes !== undefined) return [digest];
  return Object.entries(value).flatMap(([name, inner]) => (name === "fingerprint" ? [] : artifacts(inner)));
}
