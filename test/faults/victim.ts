import {
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { systemClock } from "../../runner/core/clock.js";
import { systemDisk } from "../../runner/store/disk.js";
import { inventory, type ItemKind } from "../../runner/store/inventory.js";
import { ownerText } from "../../runner/store/locks/owner.js";
import { NewerFormat } from "../../runner/store/records/records.js";
import { Store } from "../../runner/store/store.js";
import { UserCache } from "../../runner/store/memory/user-cache.js";
import { Desk } from "./desk.js";
import { contents, PIPELINE } from "./laboratory.js";

const CLI = fileURLToPath(new URL("../../runner/cli.js", import.meta.url));

/** A file of a store, by the kind of what it belongs to. */
export interface StoreFile {
  readonly kind: ItemKind;
  /** Relative to the store. */
  readonly path: string;
}

/**
 * A project with a small store that has something of everything in it: files, an executable, folders, parts, a result
 * that its key came to before, audits, a reproduction, logs, a report, and what a killed run left. To be harmed.
 */
export class Victim {
  readonly folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "vistas-victim-"));
  readonly root = join(this.folder, "artifacts");
  readonly #saved = join(this.folder, "saved");
  readonly #env = {
    PATH: `${join(this.folder, "bin")}:${process.env["PATH"] ?? ""}`,
    HOME: this.folder,
    VISTAS_CACHE: join(this.folder, "cache"),
  };
  readonly desk = new Desk(this.folder, this.root, this.#env);

  private constructor() {
    writeFileSync(join(this.folder, "p.yaml"), PIPELINE);
    writeFileSync(join(this.folder, "data.txt"), "data\n");
    // `scripted` plays them; they have to be there all the same.
    mkdirSync(join(this.folder, "bin"));
    for (const name of ["text", "folder", "part"])
      writeFileSync(join(this.folder, "bin", name), `#!/bin/sh\n# ${name}\n`, { mode: 0o755 });
  }

  static async create(): Promise<Victim> {
    const victim = new Victim();
    const { desk, root } = victim;
    for (const act of [() => desk.rerun(" and more"), desk.rerun, desk.reproduce, desk.report]) {
      const { code, stderr } = await act();
      if (code !== 0) victim.remove();
      if (code !== 0) throw new Error(`the store could not be filled: ${stderr}`);
    }
    const [key = ""] = victim.store().records.keys();
    const owner = ownerText("killed").replace(/@\d+@\d*$/, "@4194305@1");
    mkdirSync(join(root, "work", owner), { recursive: true });
    writeFileSync(join(root, "work", owner, "alive"), "..");
    writeFileSync(join(root, "work", owner, "keys"), `\n${key}\n`);
    mkdirSync(join(root, "locks"), { recursive: true });
    symlinkSync(`${owner}#0`, join(root, "locks", key));
    writeFileSync(join(root, "records", key.slice(0, 2), `${key}.json.4194305-0.tmp`), "half a rec");
    copyStore(root, victim.#saved);
    return victim;
  }

  /** Brings the store back as it was before anything was done to it; `only`: files, where no other was touched. */
  restore(only?: readonly string[]): void {
    for (const path of only ?? [""]) rmSync(join(this.root, path), { recursive: true, force: true });
    if (only === undefined) copyStore(this.#saved, this.root);
    for (const path of only ?? []) copyFileSync(join(this.#saved, path), join(this.root, path));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  store(): Store {
    return new Store(this.root, systemClock, systemDisk, new UserCache(this.#env.VISTAS_CACHE));
  }

  /** Every file of the store, in an order that is always the same for its kinds. */
  files(): StoreFile[] {
    const found: StoreFile[] = [];
    for (const { kind, path } of inventory(systemDisk, this.root))
      for (const file of filesBelow(join(this.root, path)))
        found.push({ kind, path: file.slice(this.root.length + 1) });
    return found.sort((a, b) => (a.kind + a.path < b.kind + b.path ? -1 : 1));
  }

  /** Calls the command line, in a process of its own. Gives what is wrong with how it ends. */
  async call(words: readonly string[]): Promise<string[]> {
    const { exitCode, stderr } = await execa(
      process.execPath,
      [CLI, ...words.slice(0, 1), "p.yaml", ...words.slice(1)],
      {
        ...{ cwd: this.folder, extendEnv: false, reject: false, stdin: "ignore", timeout: 120_000 },
        env: this.#env,
      },
    );
    const well =
      [0, 1, 2, 4].includes(exitCode ?? -1) && !/fault of vistas|Internal error|\n {4}at /.test(stderr);
    return well ? [] : [`${words.join(" ")} exited ${exitCode ?? "by a signal"}: ${stderr.slice(0, 800)}`];
  }

  /** What each run's outputs are in the store now, by run. */
  async contents(): Promise<Record<string, Record<string, string>>> {
    const store = this.store();
    const found: Record<string, Record<string, string>> = {};
    for (const id of store.runs.ids()) {
      const run = store.runs.get(id);
      // Of a run whose results a newer vistas wrote nothing can be told.
      const told = run === undefined ? undefined : await contents(store, run).catch(unlessNewer);
      if (told !== undefined) found[id] = told;
    }
    return found;
  }
}

function unlessNewer(error: unknown): undefined {
  if (!(error instanceof NewerFormat)) throw error;
}

function filesBelow(path: string): string[] {
  const stat = lstatSync(path);
  if (stat.isDirectory())
    return readdirSync(path)
      .sort()
      .flatMap(name => filesBelow(join(path, name)));
  return stat.isFile() ? [path] : [];
}

/** With its symbolic links, and with its files' second names as second names. */
function copyStore(from: string, to: string, known = new Map<number, string>()): void {
  mkdirSync(to);
  for (const name of readdirSync(from)) {
    const [source, target] = [join(from, name), join(to, name)];
    const stat = lstatSync(source);
    const first = known.get(stat.ino);
    if (stat.isDirectory()) copyStore(source, target, known);
    else if (stat.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else if (first !== undefined) linkSync(first, target);
    else {
      copyFileSync(source, target);
      known.set(stat.ino, target);
    }
  }
}
