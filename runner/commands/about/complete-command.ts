import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command, Option } from "commander";
import { flattened } from "../../core/json.js";
import { openPipeline } from "../../workflow/open-pipeline.js";
import { openStore } from "../../workflow/open-store.js";
import { DONE } from "../call/exit.js";
import { pastRuns } from "../call/named-runs.js";
import { isPipeline, print, splitTarget, type Session } from "../call/session.js";

/** `vistas complete -- WORD...`: what the last word may become, a line each. Nothing: the shell completes files. */
export async function completeCommand(session: Session, words: string[], program: Command): Promise<number> {
  const [current = "", ...before] = [...words].reverse();
  const found = await candidates(session, before.reverse(), current, program);
  const fitting = [...new Set(found)].filter(candidate => candidate.startsWith(current));
  if (fitting.length > 0) print(session, fitting.join("\n"));
  return DONE;
}

async function candidates(
  session: Session,
  before: readonly string[],
  current: string,
  program: Command,
): Promise<readonly string[]> {
  const verbs = new Map(program.commands.map(command => [command.name(), command]));
  const at = before.findIndex(word => verbs.has(word));
  const verb = verbs.get(before[at] ?? "");
  if (verb === undefined) {
    if (current.startsWith("-")) return flags(program.options);
    return [...verbs.keys()].filter(name => name !== "complete");
  }
  const given = before.slice(at + 1);
  const options = [...verb.options, ...program.options];
  const last = given.at(-1) ?? "";
  const open = options.find(
    ({ short, long, required, optional }) => [short, long].includes(last) && (required || optional),
  );
  if (open !== undefined) return valuesOf(open, session, given);
  if (current.startsWith("-")) return flags(options);
  if (verb.name() === "completion") return ["bash", "zsh", "fish"];
  if (verb.name() === "steps") return session.tools.kinds.names;
  if (!takesPipeline(verb)) return [];
  const named = given.some(isPipeline);
  const takesSteps = verb.registeredArguments.some(({ variadic }) => variadic);
  return [...(named ? [] : pipelines(session.cwd)), ...(takesSteps ? await steps(session, given) : [])];
}

function takesPipeline(verb: Command): boolean {
  return verb.registeredArguments.some(argument => argument.description.includes("pipeline"));
}

function flags(options: readonly Option[]): readonly string[] {
  return options.flatMap(({ long }) => long ?? []);
}

async function valuesOf(
  option: Option,
  session: Session,
  given: readonly string[],
): Promise<readonly string[]> {
  if (option.argChoices !== undefined) return option.argChoices;
  const found = VALUES[option.long ?? ""];
  return found === undefined ? [] : found(session, given);
}

type Values = (session: Session, given: readonly string[]) => Promise<readonly string[]>;

const VALUES: Readonly<Record<string, Values>> = {
  "--run": runs,
  "--keep": runs,
  "--set": params,
  "--force": steps,
  "--group": async (session, given) => ["repeats", ...(await axes(session, given))],
};

/** Those here, and in `pipelines/`. */
function pipelines(cwd: string): readonly string[] {
  return ["", "pipelines"].flatMap(folder => {
    if (!existsSync(resolve(cwd, folder))) return [];
    return readdirSync(resolve(cwd, folder))
      .filter(name => isPipeline(name) && !name.includes(".params."))
      .map(name => join(folder, name));
  });
}

/** Steps, and instances by their labels. */
async function steps(session: Session, given: readonly string[]): Promise<readonly string[]> {
  const graph = (await opened(session, given))?.graph;
  return [...(graph?.nodes ?? []).map(({ step }) => step), ...(graph?.nodes ?? []).map(({ id }) => id)];
}

async function axes(session: Session, given: readonly string[]): Promise<readonly string[]> {
  return ((await opened(session, given))?.graph.nodes ?? []).flatMap(({ labels }) => Object.keys(labels));
}

async function params(session: Session, given: readonly string[]): Promise<readonly string[]> {
  const graph = (await opened(session, given))?.graph;
  return flattened(graph?.params ?? {}).map(([name]) => `${name}=`);
}

function runs(session: Session, given: readonly string[]): Promise<readonly string[]> {
  const { pipeline } = splitTarget(session, given.filter(isPipeline));
  const store = openStore(session, pipeline);
  const found = [...pastRuns(session, store, pipeline)].flatMap(({ id, name }) =>
    name === undefined ? [id] : [name, id],
  );
  return Promise.resolve(["latest", ...found.slice(0, 50)]);
}

/** Undefined for a pipeline with mistakes, which `validate` reports. */
async function opened(session: Session, given: readonly string[]) {
  const { pipeline } = splitTarget(session, given.filter(isPipeline));
  try {
    return await openPipeline(session, pipeline, { sets: [], paramsFiles: [], steps: [] });
  } catch {
    return undefined;
  }
}
