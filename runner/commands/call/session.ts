import { existsSync, readdirSync } from "node:fs";
import { basename, extname, join, resolve } from "node:path";
import { UsageError } from "../../core/diagnostic.js";
import { jsonText } from "../../core/numbers/quantity.js";
import { alternatives, code } from "../../pipeline/mistakes/wording.js";
import type { Output } from "../../ui/output.js";
import type { Place } from "../../workflow/open-store.js";

/** One call of vistas: where it stands (`root` is `--root`, else `VISTAS_ROOT`), what it writes to, and the global options. */
export interface Session extends Place {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly isTTY: boolean;
  readonly color: boolean;
  /** `color` is that of stderr. */
  readonly stdoutColor: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Aborted by Ctrl-C or a request to end. */
  readonly signal: AbortSignal;
}

export const DEFAULT_PIPELINE = "pipelines/quickstart.yaml";

/** A first argument that ends in `.yaml` or `.yml` is the pipeline; the rest are steps. */
export function splitTarget(
  { cwd }: Pick<Session, "cwd">,
  args: readonly string[],
): { pipeline: string; steps: readonly string[] } {
  const [first, ...rest] = args;
  if (first !== undefined && isPipeline(first)) return { pipeline: inFolder(cwd, first), steps: rest };
  return { pipeline: DEFAULT_PIPELINE, steps: args };
}

/** `mine.yaml` that is not here is the one in `pipelines/`, if there is one. */
function inFolder(cwd: string, file: string): string {
  const inPipelines = join("pipelines", file);
  const elsewhere =
    !file.includes("/") && !existsSync(resolve(cwd, file)) && existsSync(resolve(cwd, inPipelines));
  return elsewhere ? inPipelines : file;
}

/** The same for verbs that read the pipeline. Throws a `UsageError` for a call that names none where one is needed. */
export function pipelineOf(
  { cwd }: Session,
  args: readonly string[],
): { pipeline: string; steps: readonly string[] } {
  const { pipeline, steps } = splitTarget({ cwd }, args);
  const isNamed = args[0] !== undefined && isPipeline(args[0]);
  const later = steps.find(isPipeline);
  if (later !== undefined) {
    const others = steps.filter(word => word !== later);
    const hint = `the pipeline comes first: ${[later, ...others].join(" ")}`;
    const message = `${code(later)} is a pipeline, where a step belongs`;
    throw UsageError.ofCall("bad-selection", message, isNamed ? "name one pipeline" : hint);
  }
  if (isNamed || existsSync(resolve(cwd, pipeline))) return { pipeline, steps };
  const [first] = steps;
  const there = ["", "pipelines"].flatMap(folder => pipelinesIn(cwd, folder));
  const known =
    there.length === 0
      ? "`vistas init` writes one"
      : `there ${there.length === 1 ? "is" : "are"} ${alternatives(there, "and")}`;
  if (first === undefined) {
    const message = `no pipeline is named, and there is no ${code(pipeline)}, which is the default`;
    throw UsageError.ofCall("no-such-file", message, known);
  }
  const near = there.find(file => first === basename(file) || basename(file).startsWith(`${first}.`));
  const hint =
    near === undefined ? `write the pipeline before the step; ${known}` : `did you mean ${code(near)}?`;
  const path = first.includes("/") || existsSync(resolve(cwd, first)) || extname(first) !== "";
  const what = path ? "is no pipeline: the name of one ends in .yaml or .yml" : "is a step, if anything";
  const message = `${code(first)} ${what}; no pipeline is named, and there is no ${code(pipeline)}`;
  throw UsageError.ofCall("no-such-file", message, hint);
}

/** For suggestions only: in a folder that cannot be read there is none to suggest. */
function pipelinesIn(cwd: string, folder: string): string[] {
  try {
    return readdirSync(resolve(cwd, folder))
      .filter(name => isPipeline(name) && !name.includes(".params."))
      .map(name => join(folder, name));
  } catch {
    return [];
  }
}

export function isPipeline(word: string): boolean {
  return /\.ya?ml$/i.test(word);
}

/** A session whose colours are those of its results. */
export function onStdout(session: Session): Session {
  return { ...session, color: session.stdoutColor };
}

/** Writes a result: to stdout, always ending in a line end. */
export function print(session: Session, text: string): void {
  session.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
}

export function printJson(session: Session, value: unknown): void {
  print(session, jsonText(value, 2));
}
