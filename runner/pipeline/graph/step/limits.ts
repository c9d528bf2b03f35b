import type { Json } from "../../../core/json.js";
import { plainOf } from "../../../core/spelled.js";
import { bindValue, compileValue } from "../../expressions/compile.js";
import type { Reads, Sites } from "../../expressions/scope.js";
import type { StepSpec } from "../../steps/spec.js";
import type { Bindings } from "../../expressions/template.js";
import { parseDuration, parseSize } from "../../schema/units.js";
import { show } from "../../mistakes/wording.js";
import type { Resources } from "../graph.js";

/** What an instance may take of the machine. Never part of its identity. */
export interface Limits {
  readonly resources: Resources;
  readonly timeoutMs?: number;
  readonly retries: number;
}

/** Of a step that says nothing. */
export const DEFAULT_LIMITS: Limits = { resources: { cpus: 1, gpus: 0, memory: 0 }, retries: 0 };

/**
 * Reads `resources`, `timeout` and `retries` for all instances; undefined where there are none. After a mistake, which
 * is reported, the default stands.
 */
export function compileLimits(
  step: StepSpec,
  site: Sites,
  reads: Reads,
): ((bindings: Bindings) => Limits) | undefined {
  const { resources, timeout, retries } = step;
  if (Object.keys(resources).length === 0 && timeout === undefined && retries === undefined) return undefined;
  const read = reads("here");
  const field = <T>(
    value: Json | undefined,
    path: readonly string[],
    parse: (value: Json) => T | undefined,
    code: "bad-resource" | "bad-duration",
    rule: string,
  ): ((bindings: Bindings) => T | undefined) | undefined => {
    const at = site(...path);
    const compiled = value === undefined ? undefined : compileValue(value, at, read);
    if (compiled === undefined) return undefined;
    return bindings => {
      const written = bindValue(compiled, bindings);
      const bound = written && plainOf(written);
      const parsed = bound === undefined ? undefined : parse(bound);
      if (bound !== undefined && parsed === undefined) {
        at.problems.add(code, `\`${path.at(-1) ?? ""}\` is ${rule}, not ${show(bound)}`, at.place);
      }
      return parsed;
    };
  };
  const size = "a size such as `4GB`, or a number of bytes";
  const length = "a length of time such as `90s`, `30m` or `1h30m`, at most 24 days";
  const fields = {
    cpus: field(
      resources["cpus"],
      ["resources", "cpus"],
      whole(1, 1e5),
      "bad-resource",
      "a whole number of at least 1",
    ),
    gpus: field(resources["gpus"], ["resources", "gpus"], whole(0, 1e5), "bad-resource", "a whole number"),
    memory: field(resources["memory"], ["resources", "memory"], parseSize, "bad-resource", size),
    timeoutMs: field(timeout, ["timeout"], parseDuration, "bad-duration", length),
    retries: field(retries, ["retries"], whole(0, 100), "bad-resource", "a whole number from 0 to 100"),
  };
  return bindings => {
    const timeoutMs = fields.timeoutMs?.(bindings);
    const bound = {
      cpus: fields.cpus?.(bindings) ?? DEFAULT_LIMITS.resources.cpus,
      gpus: fields.gpus?.(bindings) ?? DEFAULT_LIMITS.resources.gpus,
      memory: fields.memory?.(bindings) ?? DEFAULT_LIMITS.resources.memory,
    };
    const again = fields.retries?.(bindings) ?? DEFAULT_LIMITS.retries;
    return { resources: bound, retries: again, ...(timeoutMs !== undefined && { timeoutMs }) };
  };
}

function whole(least: number, most: number): (value: Json) => number | undefined {
  return value =>
    typeof value === "number" && Number.isInteger(value) && value >= least && value <= most
      ? value
      : undefined;
}
