import type { Place } from "../../../core/labels.js";
import { isMapping, plainMapping, plainOf, textOf, type Written } from "../../../core/spelled.js";
import { bindValue, compileValue, isFixed, type Compiled } from "../../expressions/compile.js";
import type { OptionsCheck } from "../../schema/options.js";
import type { Params } from "../../expressions/params.js";
import { keyAt, valueAt } from "../../document/place.js";
import type { Problems } from "../../document/problems.js";
import { readIn, type Reads, type Sites } from "../../expressions/scope.js";
import type { BlockScope } from "../../steps/block-scopes.js";
import { START, type InputRef, type KindStep, type StepSpec } from "../../steps/spec.js";
import {
  bindWord,
  NO_BINDINGS,
  readText,
  type Bindings,
  type Read,
  type Site,
} from "../../expressions/template.js";
import { compileCommand } from "./command.js";
import { compileConfigFiles, type StagedInput } from "./config-files.js";
import { compileLimits, DEFAULT_LIMITS, type Limits } from "./limits.js";
import type { FileSource } from "../../files/file-source.js";
import type { ProjectFiles } from "../../files/user-files.js";
import type { Grid } from "../../steps/grid.js";
import type { EnvironmentReader } from "../environment-reader.js";
import type { CommandWork, Environment, EnvEntry, KindWork } from "../graph.js";
import { code, show } from "../../mistakes/wording.js";
import { checkOptions } from "./with-options.js";

/** What steps are expanded against. */
export interface StepScope {
  readonly params: Params;
  readonly problems: Problems;
  readonly files: ProjectFiles;
  readonly environments: EnvironmentReader;
  readonly blocks: readonly BlockScope[];
  /** The environment of the call, for variables that are passed through. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Checks of options by kind name. */
  readonly checks: ReadonlyMap<string, OptionsCheck>;
}

/** The parts of a node that come from the step's own words. Undefined: a mistake, reported already. */
export interface StepParts {
  readonly work: KindWork | CommandWork | undefined;
  readonly env: readonly EnvEntry[];
  readonly limits: Limits;
  readonly environment: Environment | undefined;
  readonly file: (role: string) => FileSource | undefined;
}

/** A step whose expressions have been read. */
export interface CompiledStep {
  /** The parts of one instance. */
  readonly instance: (labels: Place) => StepParts;
  /** Axes that an expression reads where it can change the result. */
  readonly axesRead: ReadonlySet<string>;
  /** No mistake was found, so nothing was passed over. */
  readonly sound: boolean;
}

/**
 * Reads the expressions of a step once, and checks what is the same in every instance. `axes` undefined: a mistake elsewhere leaves them open, and there are no instances.
 */
export function compileStep(step: StepSpec, axes: Grid | undefined, scope: StepScope): CompiledStep {
  const { problems } = scope;
  const before = problems.count;
  const matrix = axes === undefined ? "any" : axes.axes.size === 0 ? NO_NAMES : [...axes.axes.keys()];
  const site: Sites = (...path) => ({
    problems,
    document: problems.document,
    place: valueAt("steps", step.name, ...path),
  });
  const plain: Reads = (where, names = {}, instead = {}) =>
    readIn({ params: scope.params, matrix, names, where, instead });
  const axesRead = new Set<string>();
  const read: Reads = (...place) => {
    const inner = plain(...place);
    return (reference, at) => {
      const part = inner(reference, at);
      if (part !== undefined && "axis" in part) axesRead.add(part.axis);
      if (part !== undefined && "axes" in part) for (const axis of part.axes) axesRead.add(axis);
      return part;
    };
  };

  const env = step.env.length === 0 ? undefined : compileEnv(step, site, read, scope);
  const files = filesOf(step).length > 0 ? compileFiles(step, site, read, scope.files) : undefined;
  // What a step may take of the machine changes nothing in its result: an axis read there alone is not used.
  const limits = compileLimits(step, site, plain);
  const staged = (bindings: Bindings): readonly StagedInput[] =>
    step.inputs.flatMap(({ role }) => {
      const path = files?.(role, bindings)?.path;
      return path?.startsWith("./") === true ? [{ role, path }] : [];
    });
  const work = compileWork(step, site, read, staged, scope);
  const environment =
    step.environment === "shared"
      ? scope.environments.shared
      : step.environment && scope.environments.compile(step.environment, read("in `environment:`"));
  const instance = (labels: Place): StepParts => {
    const variables = env?.({ labels, env: NO_VARIABLES }) ?? NO_VARIABLES;
    const bindings = { labels, env: variables };
    const bound = limits?.(bindings) ?? DEFAULT_LIMITS;
    const around = environment?.(bindings);
    if (step.network !== undefined && !step.sandbox && around?.type !== "container") {
      const message = "`network` is kept to in a sandbox or a container, and this step has neither";
      problems.add("wrong-value", message, site("network").place, {
        hint: "write `sandbox: true` beside it",
      });
    }
    if (bound.resources.gpus > 0 && variables.has("CUDA_VISIBLE_DEVICES")) {
      const message =
        "`CUDA_VISIBLE_DEVICES` says which GPUs were leased to the step, and cannot be set by `env`";
      const hint = "leave it out, or lease no GPUs under `resources`";
      problems.add("wrong-value", message, site("env").place, { hint });
    }
    return {
      work: work?.(bindings),
      env: variables.size === 0 ? NO_ENV : [...variables].map(([name, value]) => ({ name, value })),
      limits: bound,
      environment: around,
      file: role => files?.(role, bindings),
    };
  };
  return { instance, axesRead, sound: problems.count === before };
}

const NO_ENV: readonly EnvEntry[] = [];
const NO_NAMES: readonly string[] = [];
const NO_VARIABLES = NO_BINDINGS.env;
type Work = (bindings: Bindings) => KindWork | CommandWork | undefined;

function compileWork(
  step: StepSpec,
  site: Sites,
  read: Reads,
  staged: (bindings: Bindings) => readonly StagedInput[],
  scope: StepScope,
): Work | undefined {
  const { work } = step;
  const env = step.env.length === 0 ? NO_NAMES : step.env.map(({ name }) => name);
  if (work?.type === "command") {
    const inputs = step.inputs.map(({ role }) => role);
    const outputs = Object.keys(work.outputs);
    const names = { env, inputs, outputs };
    const written = new Set<string>();
    const compiled = compileCommand(
      step.name,
      work,
      noting(read("in `run:`", names), written),
      scope.problems,
    );
    const hasFiles = Object.keys(work.files).length > 0;
    const files = hasFiles
      ? compileConfigFiles(work, site, noting(read("in `files:`", names), written))
      : undefined;
    if (compiled === undefined || (hasFiles && files === undefined)) return undefined;
    warnUnwritten(step, outputs, written, scope.problems);
    if (files === undefined) return compiled;
    return bindings => {
      const [command, configs] = [compiled(bindings), files(bindings, staged(bindings))];
      return command && configs && { ...command, files: configs };
    };
  }
  if (work === undefined) return undefined;
  const own = "a step kind is given the paths of its inputs and outputs by itself";
  return compileOptions(
    step.name,
    work,
    site("with"),
    read("in `with:`", { env }, { inputs: own, outputs: own }),
    scope,
  );
}

/** Notes the outputs whose paths are read. */
function noting(read: Read, outputs: Set<string>): Read {
  return (reference, at) => {
    const part = read(reference, at);
    if (part !== undefined && "output" in part) outputs.add(part.output);
    return part;
  };
}

/** A program learns from its words alone where an output belongs; a fixed name means a file in its working folder. */
function warnUnwritten(
  { name }: StepSpec,
  outputs: readonly string[],
  written: ReadonlySet<string>,
  problems: Problems,
): void {
  for (const output of outputs) {
    if (written.has(output)) continue;
    const message = `no word of \`run\` says where the output ${code(output)} is to be written`;
    const hint = `give the program its path, ${code(`\${{ outputs.${output} }}`)}`;
    problems.add("unwritten-output", message, keyAt("steps", name, "outputs", output), {
      hint,
      severity: "warning",
    });
  }
}

function compileOptions(
  step: string,
  work: KindStep,
  site: Site,
  read: Read,
  scope: StepScope,
): Work | undefined {
  const compiled = compileValue(work.with, site, read);
  const check = scope.checks.get(work.name);
  if (compiled === undefined || check === undefined) return undefined;
  const { params, problems } = scope;
  const at = { step, written: plainMapping(work.with), params, problems };
  const make = (bindings: Bindings): KindWork | undefined => {
    const value = bindValue(compiled, bindings);
    if (!isMapping(value)) return undefined;
    const options = checkOptions(plainMapping(value), check, at);
    return options && { type: "kind", kind: work.name, with: options };
  };
  if (!isFixed(compiled)) return make;
  const same = make(NO_BINDINGS);
  return () => same;
}

function compileEnv(
  step: StepSpec,
  site: Sites,
  reads: Reads,
  { environment }: StepScope,
): (bindings: Bindings) => ReadonlyMap<string, string | undefined> {
  const read = reads("in `env:`", {}, { env: "a variable cannot read another" });
  const variables = step.env.map(({ name, value }) => {
    const at = site("env", name);
    const parts = value === undefined ? undefined : readText(value, at, read);
    return { name, at, through: value === undefined, parts };
  });
  return bindings => {
    const out = new Map<string, string | undefined>();
    for (const { name, at, through, parts } of variables) {
      if (through) {
        const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
        // What is not UTF-8 reached us with its bytes replaced: two values would share a key, and the program get neither.
        if (value?.includes("\ufffd") === true) {
          const { problems, place } = site("env");
          const hint = "set it to UTF-8 text for this call";
          problems.add("not-utf8", `the value of the variable ${code(name)} is not UTF-8 text`, place, {
            hint,
          });
        }
        out.set(name, value);
      } else if (parts !== undefined) {
        const text = bindWord(parts, bindings, at);
        if (text !== undefined) out.set(name, text);
      }
    }
    return out;
  };
}

function compileFiles(
  step: StepSpec,
  site: Sites,
  reads: Reads,
  files: ProjectFiles,
): (role: string, bindings: Bindings) => FileSource | undefined {
  const read = reads("in the path of an input");
  const paths = new Map<string, { readonly compiled: Compiled | undefined; readonly site: Site }>();
  for (const input of filesOf(step)) {
    const at = input.role === START ? site("start") : site("inputs", input.role);
    const compiled = compileValue(input.path, at, read);
    paths.set(input.role, { compiled, site: at });
    // Looked for at once, so that it is missed even where the step has no instances to show.
    if (compiled !== undefined && isFixed(compiled)) fileAt(compiled.fixed, at, files);
  }
  return (role, bindings) => {
    const path = paths.get(role);
    const value = path?.compiled && bindValue(path.compiled, bindings);
    return path === undefined || value === undefined ? undefined : fileAt(value, path.site, files);
  };
}

/** Inputs that are files of the user's, and what a chain starts with if that is one. */
function filesOf({ inputs, start }: StepSpec): readonly (InputRef & { readonly type: "file" })[] {
  const all = start === undefined ? inputs : [...inputs, start];
  return all.filter(input => input.type === "file");
}

function fileAt(value: Written, { problems, place }: Site, files: ProjectFiles): FileSource | undefined {
  const text = textOf(value);
  if (text !== undefined && /^\.?\//.test(text)) return files.find(text, place);
  const hint =
    "an expression gives the path of a file, `./...` or `/...`; a step is named as it is: `step.output`";
  problems.add("missing-file", `${show(plainOf(value))} is no path`, place, { hint });
  return undefined;
}
