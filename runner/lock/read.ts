import { UsageError, type Diagnostic } from "../core/diagnostic.js";
import { byCodeUnit, isList, isObject, type Json, type JsonObject } from "../core/json.js";
import { quantityOf } from "../core/numbers/quantity.js";
import type { ArtifactRef, ProgramPrint } from "../core/record.js";
import { LineIndex, rangeAt } from "../pipeline/document/file-text.js";
import { isFingerprintInputs, type DeterminismLabel, type Lock, type LockedStep } from "./lock.js";
import { FORMAT, lineCheck } from "./write.js";

/**
 * The text of a lock -> the lock. Throws a `UsageError` that says what is wrong and on which line: merge conflicts,
 * lines that are not what was written, two lines for one step, a format of another version.
 */
export function readLock(text: string, file: string): Lock {
  const reader = new LockReader(text, file);
  reader.refuseConflicts();
  const body = reader.json();
  const header = reader.header(body);
  const steps: [string, LockedStep][] = [];
  for (const name of Object.keys(body)) {
    const entry = reader.checked(name, body[name]);
    if (entry === undefined || !name.startsWith("step:")) continue;
    const step = reader.step(name, entry, body);
    if (step !== undefined) steps.push([name.slice("step:".length), step]);
  }
  reader.throwIfAny();
  return { ...header, steps: new Map(steps.sort(([a], [b]) => byCodeUnit(a, b))) };
}

class LockReader {
  readonly #mistakes: Diagnostic[] = [];

  constructor(
    private readonly text: string,
    private readonly file: string,
  ) {}

  refuseConflicts(): void {
    const marker = /^(?:<{7}|={7}|>{7}|\|{7})(?: .*)?$/m.exec(this.text);
    if (marker === null) return;
    this.#report("conflicted-lock", "a merge left its conflict here", marker.index, marker[0].length, UPDATE);
    this.throwIfAny();
  }

  json(): JsonObject {
    const seen = new Set<string>();
    for (const found of this.text.matchAll(/^[{,]?\s*("(?:step|code):(?:[^"\\\n]|\\.)*")\s*:/gm)) {
      const name = found[1] ?? "";
      if (seen.has(name))
        this.#report("edited-lock", `two lines are for ${name}`, found.index, found[0].length, UPDATE);
      seen.add(name);
    }
    let value: Json = null;
    try {
      value = JSON.parse(this.text) as Json;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#report("bad-lock", `the lock is not JSON: ${why}`, 0, 0, UPDATE);
    }
    if (!isObject(value)) {
      this.#report("bad-lock", "this is not a lock of vistas", 0, 0, UPDATE);
      this.throwIfAny();
      return {};
    }
    return value;
  }

  /** Another format is reported before anything else: what it checks, and how, is not known. */
  header(body: JsonObject): Omit<Lock, "steps"> {
    const header = body["vistas"];
    const format = isObject(header) ? header["format"] : undefined;
    if (!isObject(header) || typeof format !== "number") {
      this.#report("bad-lock", "this is not a lock of vistas", 0, 0, UPDATE);
    } else if (format !== FORMAT) {
      const age = format > FORMAT ? "newer" : "older";
      const message = `the lock has format ${format}, of ${/^[aeiou]/.test(age) ? "an" : "a"} ${age} vistas; this one reads ${FORMAT}`;
      const hint =
        age === "newer" ? "update vistas, or make the lock again with `vistas reproduce --update`" : UPDATE;
      this.#tellLine("other-lock-format", message, "vistas", hint);
    }
    if (!isObject(header) || format !== FORMAT) {
      this.throwIfAny();
      return { pipeline: "", params: {}, environment: {}, engines: [] };
    }
    const { pipeline, params, environment, engines } = header;
    return {
      pipeline: typeof pipeline === "string" ? pipeline : "",
      params: isObject(params) ? params : {},
      environment: isObject(environment) ? environment : {},
      engines: isList(engines) ? engines.filter(engine => typeof engine === "string") : [],
    };
  }

  /** A line's body without its check; undefined, after a report, where it is not what was written. */
  checked(name: string, entry: Json | undefined): JsonObject | undefined {
    if (isObject(entry)) {
      const { check, ...body } = entry;
      if (check === lineCheck(name, body)) return body;
    }
    const what =
      name === "vistas" ? "the line of the run" : `the line of ${name.replace(/^(?:step|code):/, "")}`;
    this.#tellLine(
      "edited-lock",
      `${what} is not what vistas wrote: it was edited by hand or badly merged`,
      name,
      UPDATE,
    );
    return undefined;
  }

  step(name: string, body: JsonObject, lock: JsonObject): LockedStep | undefined {
    const {
      kind,
      key,
      label,
      metrics,
      outputs,
      code,
      numeric,
      with: options,
      inputs,
      env,
      repeat,
      secrets,
      programs,
    } = body;
    const listed = typeof code === "string" ? lock[code] : undefined;
    const modules = isObject(listed) ? listed["modules"] : undefined;
    if (
      typeof kind !== "string" ||
      typeof key !== "string" ||
      !isObject(metrics) ||
      !isObject(outputs) ||
      !isObject(options) ||
      !isFingerprintInputs(inputs)
    ) {
      this.#tellLine("bad-lock", "this line lacks what a step's has", name, UPDATE);
      return undefined;
    }
    if (typeof code === "string" && !isObject(modules)) {
      this.#tellLine("bad-lock", `the line of ${code}, which this one names, is not there`, name, UPDATE);
      return undefined;
    }
    return {
      key,
      metrics: Object.fromEntries(
        Object.entries(metrics).map(([metric, value]) => [metric, quantityOf(value) ?? NaN]),
      ),
      outputs: outputs as unknown as Record<string, ArtifactRef>,
      ...(isLabel(label) && { label }),
      fingerprint: {
        ...{ kind, with: options, inputs, numeric: typeof numeric === "string" ? numeric : "" },
        code: isObject(modules) ? (modules as Record<string, string>) : {},
        env: isObject(env) ? (env as Record<string, string | null>) : {},
        ...(typeof repeat === "string" && { repeat }),
        ...(isList(secrets) && { secrets: secrets.filter(secret => typeof secret === "string") }),
        ...(isList(programs) && { programs: programs as unknown as readonly ProgramPrint[] }),
      },
    };
  }

  throwIfAny(): void {
    if (this.#mistakes.length > 0) throw new UsageError(this.#mistakes, new Map([[this.file, this.text]]));
  }

  #tellLine(code: string, message: string, name: string, hint: string): void {
    const at = Math.max(0, this.text.indexOf(JSON.stringify(name)));
    this.#report(code, message, at, JSON.stringify(name).length, hint);
  }

  #report(code: string, message: string, offset: number, length: number, hint: string): void {
    const range = rangeAt(new LineIndex(this.text), offset, Math.min(this.text.length, offset + length));
    this.#mistakes.push({ code, severity: "error", message, file: this.file, range, hint });
  }
}

const UPDATE = "take the lock from version control, or make it again with `vistas reproduce --update`";

function isLabel(value: Json | undefined): value is DeterminismLabel {
  return value === "exact" || value === "within tolerance" || value === "stochastic";
}
