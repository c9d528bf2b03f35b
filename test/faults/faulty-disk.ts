import { chmodSync, linkSync, mkdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { systemDisk, type Disk } from "../../runner/store/disk.js";
import { faultText } from "../../runner/store/fault.js";

export type Operation = keyof Disk;

/**
 * What befalls the disk at one operation.
 * - `kill-before`, `kill-after`: the process ends there; nothing that it does later reaches the disk
 * - `torn`: of a write or a copy half the bytes arrive, then the process ends
 * - `short`: a write takes half the bytes and says so, which it may
 * - `power-data`: the process ends, and what was written but not flushed is zeros now
 * - `power-names`: the same, and of the names given or removed since the start a drawn half was never so
 * - a code: the operation is refused; ENOSPC, EROFS and EIO stay, as they do on a disk that is full or failing
 */
export type Fault = "kill-before" | "kill-after" | "torn" | "short" | "power-data" | "power-names" | Code;
type Code = "ENOSPC" | "EIO" | "EACCES" | "EMFILE" | "EROFS" | "EXDEV";

export interface Injection {
  /** Which operation, counted from 0. */
  readonly at: number;
  readonly fault: Fault;
  /** Draws for `power-names`: the i-th is the fate of the i-th name. */
  readonly lost?: (i: number) => boolean;
}

/** The process is dead: thrown by every operation from then on. */
export class Killed extends Error {
  override readonly name = "Killed";
}

/** A disk that fails at one operation, and keeps a list of all that were asked of it. */
export class FaultyDisk {
  readonly operations: Operation[] = [];
  readonly disk: Disk;
  /** Whether the fault came to pass. */
  injected = false;
  #dead = false;
  #refusing: Code | undefined;
  readonly #power: Power;

  /** `aside`: a folder on the same disk, for what must be brought back when the power fails. */
  constructor(
    private readonly injection: Injection | undefined,
    aside: string,
  ) {
    this.#power = new Power(aside, injection?.fault.startsWith("power") === true);
    const entries = Object.entries(systemDisk).map(([name, real]) => [
      name,
      (...args: unknown[]) => this.#call(name as Operation, args, real as (...given: unknown[]) => unknown),
    ]);
    this.disk = Object.fromEntries(entries) as Disk;
  }

  #call(name: Operation, args: unknown[], real: (...given: unknown[]) => unknown): unknown {
    if (this.#dead) throw new Killed("this process was killed before");
    const index = this.operations.push(name) - 1;
    const act = (): unknown => {
      this.#power.before(name, args);
      const result = real(...args);
      this.#power.after(name, args, result);
      return result;
    };
    if (this.#refusing !== undefined && REFUSED_BY[this.#refusing].includes(name))
      throw refusal(this.#refusing, name, args);
    if (this.injection === undefined || index !== this.injection.at) return act();
    this.injected = true;
    const { fault, lost } = this.injection;
    if (isCode(fault)) {
      if (STAYING.has(fault)) this.#refusing = fault;
      throw refusal(fault, name, args);
    }
    switch (fault) {
      case "kill-before":
        return this.#die();
      case "kill-after":
        act();
        return this.#die();
      case "torn":
        tear(name, args, real);
        return this.#die();
      case "short": {
        const [fd, bytes, offset] = args as [number, Uint8Array, number];
        return real(fd, half(bytes, offset), offset);
      }
      case "power-data":
      case "power-names":
        this.#power.fail(fault === "power-names" ? (lost ?? (() => false)) : () => false);
        return this.#die();
    }
  }

  #die(): never {
    this.#dead = true;
    throw new Killed("this process is killed here");
  }
}

/** Faults worth trying at an operation. Killing at one that only reads is killing before the next that writes. */
export function faultsAt(name: Operation): readonly Fault[] {
  const refusals = Object.entries(REFUSED_BY).flatMap(([code, names]) =>
    names.includes(name) ? [code as Code] : [],
  );
  if (!CHANGING.has(name)) return refusals;
  const torn: Fault[] = isWrite(name) ? ["torn", "short"] : name === "copy" ? ["torn"] : [];
  return ["kill-before", "kill-after", ...torn, "power-data", "power-names", ...refusals];
}

const CHANGING: ReadonlySet<Operation> = new Set<Operation>([
  ...(["open", "write", "writeLater", "sync", "syncLater", "makeFolder"] as const),
  ...(["rename", "link", "unlink"] as const),
  ...(["removeFolder", "chmod", "copy", "clone"] as const),
]);

const WRITES = ["makeFolder", "rename", "link", "unlink", "removeFolder", "chmod", "copy", "clone"] as const;
const BYTES = ["write", "writeLater", "sync", "syncLater"] as const;
const READS = ["read", "readSync", "readFile", "list", "lstat", "stat", "realpath"] as const;
const REFUSED_BY: Readonly<Record<Code, readonly Operation[]>> = {
  ENOSPC: ["open", ...BYTES, "makeFolder", "rename", "link", "copy", "clone"],
  EIO: ["open", ...BYTES, "close", ...WRITES, ...READS],
  EACCES: ["open", ...WRITES, "readFile", "list", "lstat", "stat", "realpath"],
  EMFILE: ["open", "readFile", "list", "copy"],
  EROFS: WRITES,
  EXDEV: ["rename", "link"],
};
const STAYING: ReadonlySet<Code> = new Set<Code>(["ENOSPC", "EROFS", "EIO"]);

export function isCode(fault: Fault): fault is Code {
  return fault in REFUSED_BY;
}

function refusal(code: Code, name: Operation, args: readonly unknown[]): Error {
  const at = typeof args[0] === "string" ? { path: args[0] } : {};
  const to = typeof args[1] === "string" && name !== "open" ? { dest: args[1] } : {};
  return Object.assign(new Error(`${code}: injected, ${name}`), {
    code,
    errno: -1,
    syscall: name,
    ...at,
    ...to,
  });
}

function isWrite(name: Operation): boolean {
  return name === "write" || name === "writeLater";
}

function half(bytes: Uint8Array, offset: number): Uint8Array {
  return bytes.subarray(0, offset + Math.ceil((bytes.length - offset) / 2));
}

function tear(name: Operation, args: unknown[], real: (...given: unknown[]) => unknown): void {
  if (isWrite(name)) {
    const [fd, bytes, offset] = args as [number, Uint8Array, number];
    systemDisk.write(fd, half(bytes, offset), offset);
    return;
  }
  real(...args);
  const to = args[1] as string;
  const bytes = readFileSync(to);
  writeFileSync(to, bytes.subarray(0, bytes.length / 2));
}

/** What a power failure may take back: bytes and names that were not flushed. */
class Power {
  readonly #paths = new Map<number, string>();
  readonly #unflushed = new Set<string>();
  readonly #undo: { readonly folder: string; readonly back: () => void }[] = [];
  #saved = 0;

  constructor(
    private readonly aside: string,
    private readonly watching: boolean,
  ) {
    if (watching) mkdirSync(aside, { recursive: true });
  }

  before(name: Operation, args: readonly unknown[]): void {
    if (!this.watching) return;
    const [from, to] = args as [string, string];
    if (name === "rename") {
      const replaced = this.#save(to);
      this.#changed(to, () => {
        renameSync(to, from);
        if (replaced !== undefined) renameSync(replaced, to);
      });
    } else if (name === "unlink") {
      const saved = this.#save(from);
      if (saved !== undefined) this.#changed(from, () => renameSync(saved, from));
    }
  }

  after(name: Operation, args: readonly unknown[], result: unknown): void {
    if (!this.watching) return;
    const [from, to] = args as [string, string];
    if (name === "open" && args[1] !== "r") {
      this.#paths.set(result as number, from);
      this.#unflushed.add(from);
    } else if (name === "open") this.#paths.set(result as number, from);
    else if (name === "sync" || name === "syncLater") this.#flushed(this.#paths.get(args[0] as number) ?? "");
    else if (name === "copy") this.#unflushed.add(to);
    else if (name === "rename" && this.#unflushed.delete(from)) this.#unflushed.add(to);
    else if (name === "link") this.#changed(to, () => unlinkSync(to));
  }

  /** `lost(i)`: whether the i-th change of names was never so. */
  fail(lost: (i: number) => boolean): void {
    for (const file of this.#unflushed) {
      // A file that is gone again has nothing to lose.
      ignoring(() => {
        const { length } = readFileSync(file);
        chmodSync(file, 0o644);
        writeFileSync(file, Buffer.alloc(length));
      });
    }
    // What stands in the way of a name's coming back is another change that was not taken back.
    for (let i = this.#undo.length - 1; i >= 0; i--) if (lost(i)) ignoring(() => this.#undo[i]?.back());
  }

  #changed(path: string, back: () => void): void {
    this.#undo.push({ folder: dirname(path), back });
  }

  /** A file's bytes, or a folder's names. */
  #flushed(path: string): void {
    this.#unflushed.delete(path);
    const kept = this.#undo.filter(({ folder }) => folder !== path);
    this.#undo.splice(0, this.#undo.length, ...kept);
  }

  /** A second name for a file, so that it outlives its first; nothing for what is not a file. */
  #save(path: string): string | undefined {
    const saved = join(this.aside, String(this.#saved++));
    return ignoring(() => linkSync(path, saved)) ? saved : undefined;
  }
}

function ignoring(act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (faultText(error) !== undefined) return false;
    throw error;
  }
}
