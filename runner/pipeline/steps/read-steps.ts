import { byCodeUnit, isList, isObject, type Json, type JsonObject } from "../../core/json.js";
import {
  isMapping,
  isSequence,
  plainMapping,
  type Written,
  type WrittenObject,
  wordOf,
} from "../../core/spelled.js";
import { type Matrix, readMatrix } from "./matrix.js";
import { isName, isPath } from "../schema/names.js";
import { readOutputs } from "../expressions/output-names.js";
import type { Kind } from "../schema/kinds.js";
import type { Params } from "../expressions/params.js";
import type { ProjectFiles } from "../files/user-files.js";
import type { BlockScope } from "./block-scopes.js";
import { readConditions } from "./conditions.js";
import { type Grid, join } from "./grid.js";
import { keyAt, valueAt } from "../document/place.js";
import type { Problems } from "../document/problems.js";
import { START, type CommandStep, type EnvRef, type InputRef, type KindStep, type StepSpec } from "./spec.js";
import { alternatives, code } from "../mistakes/wording.js";

/** What steps are read against. */
export interface StepContext {
  readonly params: Params;
  readonly problems: Problems;
  readonly files: ProjectFiles;
  /** The innermost block that a step is in. */
  readonly blockOf: (step: string) => BlockScope | undefined;
  /** The kinds that the pipeline names and that exist. */
  readonly kinds: ReadonlyMap<string, Kind>;
  /** Names of all kinds there are, for suggestions. */
  readonly kindNames: readonly string[];
  /** False after a plug-in that could not be loaded: what it declares is not known. */
  readonly kindsKnown: boolean;
}

/**
 * `steps:` -> specs, each step by itself. The form has been checked by the schema; what it found wrong is passed over
 * here, so that every mistake of the file is found at once and none twice.
 */
export function readSteps(steps: Written | undefined, context: StepContext): ReadonlyMap<string, StepSpec> {
  const out = new Map<string, StepSpec>();
  for (const [name, step] of Object.entries(isMapping(steps) ? steps : {})) {
    out.set(name, readStep(name, isMapping(step) ? step : {}, context));
  }
  return out;
}

/** `written` has the spelling of words, labels and options; of all else the value counts. */
function readStep(name: string, written: WrittenObject, context: StepContext): StepSpec {
  const { problems } = context;
  const step = plainMapping(written);
  const work = readWork(name, step, written, context);
  const inputs = readInputs(objectOf(step["inputs"]));
  if (work?.type === "kind" && work.kind !== undefined) checkRoles(name, step, inputs, work.kind, problems);
  const block = context.blockOf(name);
  const axes = readMatrix(written["matrix"], name, context);
  const matrix = withAxesOf(block, axes, name, problems);
  const env = readEnv(name, written["env"], problems);
  const over = isList(step["over"]) ? step["over"].filter(axis => typeof axis === "string") : NO_AXES;
  for (const [i, axis] of over.entries()) {
    const own = axes?.grid.axes.has(axis) === true || axes?.lists.some(list => list.axis === axis) === true;
    if (!own) continue;
    const message = `${code(name)} cannot gather the axis ${code(axis)} and have it in its own matrix`;
    problems.add("axis-conflict", message, valueAt("steps", name, "over", i));
  }
  return {
    name,
    at: ["steps", name],
    ...(block && { block: { project: block.project, axes: [...(block.grid?.axes.keys() ?? [])] } }),
    work,
    inputs,
    ...readScan(name, step, inputs, problems),
    matrix,
    lists: axes?.lists ?? [],
    when: [...(block?.when ?? []), ...readConditions(step["when"], ["steps", name, "when"], problems)],
    repeats: step["repeats"] === true,
    over,
    env,
    secrets: readSecrets(name, step, env, problems),
    sandbox: step["sandbox"] === true,
    network: typeof step["network"] === "boolean" ? step["network"] : undefined,
    pass: readPass(name, step, env, problems),
    environment: work?.type === "command" ? readEnvironment(name, written) : undefined,
    resources: objectOf(step["resources"]),
    timeout: step["timeout"],
    retries: step["retries"],
    deterministic: step["deterministic"] === true,
  };
}

/** A step of a block has the block's axes besides its own. */
function withAxesOf(
  block: BlockScope | undefined,
  own: Matrix | undefined,
  name: string,
  problems: Problems,
): Grid | undefined {
  if (block === undefined || own === undefined) return own?.grid;
  if (block.grid === undefined) return undefined;
  for (const axis of [...own.grid.axes.keys(), ...own.lists.map(list => list.axis)]) {
    if (!block.grid.axes.has(axis)) continue;
    const message = `${code(name)} has the axis ${code(axis)}, which ${code(block.block.name)} has too`;
    problems.add("axis-conflict", message, keyAt("steps", name, "matrix", axis), {
      hint: "give one of them another name",
    });
    return undefined;
  }
  return join(block.grid, own.grid);
}

function readWork(
  name: string,
  step: JsonObject,
  written: WrittenObject,
  context: StepContext,
): KindStep | CommandStep | undefined {
  const { uses } = step;
  const { run } = written;
  if (typeof uses === "string") {
    const kind = context.kinds.get(uses);
    if (kind === undefined && uses !== "") {
      const near = context.problems.suggest(uses, context.kindNames);
      const hint = near ?? `there are ${alternatives(context.kindNames, "and")}`;
      const message = `there is no step kind ${code(uses)}`;
      if (near !== undefined || context.kindsKnown)
        context.problems.add("unknown-kind", message, valueAt("steps", name, "uses"), { hint });
    }
    const options = isMapping(written["with"]) ? written["with"] : NOTHING;
    const temporary = readTemporary(name, objectOf(step["outputs"]), kind, context.problems);
    return { type: "kind", name: uses, kind, with: options, temporary };
  }
  const command = typeof run === "string" ? run : readWords(name, run, context.problems);
  if (command === undefined) return undefined;
  const given = objectOf(step["outputs"]);
  const outputs = readOutputs(given, name, context.problems);
  const temporary = Object.keys(outputs).filter(output => objectOf(given[output])["temporary"] === true);
  for (const [output, value] of Object.entries(given)) {
    if (!isObject(value) || "path" in value) continue;
    const message = `the output ${code(output)} has no \`path\``;
    context.problems.add("missing-key", message, keyAt("steps", name, "outputs", output));
  }
  const { files } = written;
  return { type: "command", run: command, outputs, temporary, files: isMapping(files) ? files : NOTHING };
}

/** `outputs:` of a kind, which names its outputs itself: those that are temporary. */
function readTemporary(
  name: string,
  outputs: JsonObject,
  kind: Kind | undefined,
  problems: Problems,
): readonly string[] {
  const found: string[] = [];
  for (const [output, value] of Object.entries(outputs)) {
    if (!isObject(value) || "path" in value) {
      const hint = "what is temporary is said so: `{ temporary: true }`";
      const message = `a kind names the files of its outputs itself`;
      problems.add("misplaced-key", message, keyAt("steps", name, "outputs"), { hint });
    } else if (kind !== undefined && !Object.hasOwn(kind.outputs, output)) {
      const known = Object.keys(kind.outputs);
      const hint = problems.suggest(output, known) ?? `its outputs are ${alternatives(known, "and")}`;
      const message = `${code(kind.kind)} has no output ${code(output)}`;
      problems.add("unknown-output", message, keyAt("steps", name, "outputs", output), { hint });
    } else if (value["temporary"] === true) found.push(output);
  }
  return found;
}

/** Words as they are spelled: `1.10` is no `1.1` to a program. */
function readWords(
  name: string,
  run: Written | undefined,
  problems: Problems,
): readonly string[] | undefined {
  if (!isSequence(run) || run.length === 0) return undefined;
  const words = run.map((item, i) => {
    const word = wordOf(item);
    if (item === null) {
      const hint = 'write `""` for an empty word';
      problems.add("not-text", "a word of `run` is missing here", valueAt("steps", name, "run", i), { hint });
    }
    return word;
  });
  return words.includes(undefined) ? undefined : (words as string[]);
}

function readInputs(inputs: JsonObject): readonly InputRef[] {
  const out: InputRef[] = [];
  for (const [role, text] of Object.entries(inputs)) {
    if (typeof text !== "string" || text === "") continue;
    if (isPath(text)) {
      out.push({ role, type: "file", path: text });
      continue;
    }
    const dot = text.indexOf(".");
    const step = dot === -1 ? text : text.slice(0, dot);
    out.push({ role, type: "step", step, output: dot === -1 ? undefined : text.slice(dot + 1) });
  }
  return out.sort((a, b) => byCodeUnit(a.role, b.role));
}

/** A chain needs an input from the step itself, and something to begin with. */
function readScan(
  name: string,
  { scan, start }: JsonObject,
  inputs: readonly InputRef[],
  problems: Problems,
): Pick<StepSpec, "scan" | "start"> {
  if (typeof scan !== "string") return { scan: undefined, start: undefined };
  if (!inputs.some(input => input.type === "step" && input.step === name)) {
    const message = `no input of ${code(name)} comes from ${code(name)} itself, so nothing is handed on`;
    const hint = `write such as ${code(`inputs: { previous: ${name}.output }`)}`;
    problems.add("missing-input", message, valueAt("steps", name, "scan"), { hint });
  }
  const [first] = typeof start === "string" ? readInputs({ [START]: start }) : [];
  return { scan, start: first };
}

function checkRoles(
  name: string,
  step: JsonObject,
  inputs: readonly InputRef[],
  kind: Kind,
  problems: Problems,
): void {
  const roles = Object.keys(kind.inputs);
  const given = objectOf(step["inputs"]);
  for (const { role } of inputs) {
    if (Object.hasOwn(kind.inputs, role)) continue;
    const free = roles.filter(r => !Object.hasOwn(given, r));
    const known = roles.length === 0 ? "it takes no inputs" : `its inputs are ${alternatives(roles, "and")}`;
    const hint = problems.suggest(role, free) ?? known;
    problems.add(
      "unknown-role",
      `${code(kind.kind)} has no input ${code(role)}`,
      keyAt("steps", name, "inputs", role),
      { hint },
    );
  }
  const missing = roles.filter(role => kind.inputs[role]?.optional !== true && !Object.hasOwn(given, role));
  if (missing.length === 0) return;
  const place = step["inputs"] === undefined ? keyAt("steps", name) : keyAt("steps", name, "inputs");
  const hint = missing.map(role => `${role}: ${kind.inputs[role]?.doc ?? ""}`).join("; ");
  problems.add("missing-input", `${code(kind.kind)} needs ${alternatives(missing, "and")}`, place, { hint });
}

function readEnv(step: string, env: Written | undefined, problems: Problems): readonly EnvRef[] {
  if (env === undefined) return NO_ENV;
  if (isSequence(env)) {
    const names = env.filter(name => typeof name === "string" && isName(name)) as string[];
    return names.sort(byCodeUnit).map(name => ({ name, value: undefined }));
  }
  const refs: EnvRef[] = [];
  for (const [name, value] of Object.entries(isMapping(env) ? env : {})) {
    if (!isName(name)) continue;
    const text = wordOf(value);
    if (text !== undefined) refs.push({ name, value: text });
    else if (value === null) {
      const hint = `write \`""\` for an empty value; \`env: [${name}]\` passes the variable through`;
      problems.add("not-text", `${code(name)} has no value`, valueAt("steps", step, "env", name), { hint });
    }
  }
  return refs.sort((a, b) => byCodeUnit(a.name, b.name));
}

/** A step's own comes in place of the pipeline's; `none` is the PATH of the call. */
function readEnvironment(name: string, { environment: own }: WrittenObject): StepSpec["environment"] {
  if (own === undefined) return "shared";
  return own === "none" ? undefined : { value: own, at: ["steps", name, "environment"] };
}

/** A variable is one or the other: as one of `env` its value would be told. */
function readSecrets(
  name: string,
  step: JsonObject,
  env: readonly EnvRef[],
  problems: Problems,
): readonly string[] {
  for (const { name: variable, value } of env) {
    if (value !== undefined || !LOOKS_SECRET.test(variable)) continue;
    const message = `${code(variable)} looks like a secret, and variables of \`env\` stand in logs, records and reports`;
    const hint = `list it under \`secrets:\` instead`;
    problems.add("secret-in-env", message, valueAt("steps", name, "env"), { hint, severity: "warning" });
  }
  const given = step["secrets"];
  if (!isList(given)) return NO_AXES;
  const secrets = given.filter(secret => typeof secret === "string");
  for (const [i, secret] of secrets.entries()) {
    if (!env.some(variable => variable.name === secret)) continue;
    const message = `${code(secret)} is both a secret and a variable of \`env\``;
    problems.add("wrong-value", message, valueAt("steps", name, "secrets", i));
  }
  return secrets.sort(byCodeUnit);
}

/** What decides which programs and modules a step finds is no matter of how it reaches the network. */
function readPass(
  name: string,
  step: JsonObject,
  env: readonly EnvRef[],
  problems: Problems,
): readonly string[] {
  const given = step["pass"];
  if (!isList(given)) return NO_AXES;
  const secrets = isList(step["secrets"]) ? step["secrets"] : [];
  const passed = given.filter(one => typeof one === "string");
  for (const [i, variable] of passed.entries()) {
    const where = env.some(one => one.name === variable)
      ? "env"
      : secrets.includes(variable)
        ? "secrets"
        : "";
    const place = valueAt("steps", name, "pass", i);
    if (where !== "")
      problems.add("wrong-value", `${code(variable)} is listed under both \`pass\` and \`${where}\``, place);
    else if (DECIDES.test(variable)) {
      const message = `${code(variable)} may change what a program is or finds, and so its result`;
      const hint = "list it under `env:`, by which it is part of the key";
      problems.add("wrong-value", message, place, { hint });
    }
  }
  return passed.sort(byCodeUnit);
}

/** Variables by which programs, libraries and packages are found. */
const DECIDES =
  /PATH$|^(?:LD|DYLD)_|^(?:HOME|USER|TMPDIR|VIRTUAL_ENV|CUDA_VISIBLE_DEVICES)$|^(?:PYTHON|NODE_|R_|CONDA_|PYENV_|VISTAS_)/;

const LOOKS_SECRET =
  /(^|_)(SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|PRIVATE_KEY|API_?KEY|ACCESS_KEY)(_|$)/i;

// Shared by the many steps that do not say.
const NOTHING: JsonObject = {};
const NO_ENV: readonly EnvRef[] = [];
const NO_AXES: readonly string[] = [];

function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : NOTHING;
}
