import { relative } from "node:path";
import { UsageError, type Diagnostic } from "../core/diagnostic.js";
import { neverFits } from "../exec/leases.js";
import { withoutPrograms } from "../exec/programs/find.js";
import { isMade } from "../exec/environments/activate.js";
import { dotenvFiles, secretEnvironment, secretFault } from "../exec/attempt/secrets.js";
import type { JsonPath } from "../core/json.js";
import type { Graph } from "../pipeline/graph/graph.js";
import type { Mistake } from "../pipeline/load-pipeline.js";
import type { EngineChoice } from "../step-api.js";
import { isCode } from "../store/disk.js";
import { faultText } from "../store/fault.js";
import type { Store } from "../store/store.js";
import type { OpenPipeline } from "./open-pipeline.js";

/** What a pipeline that may run was found to have. */
export interface Checked {
  /** Where a numeric step is selected. */
  readonly engine: EngineChoice | undefined;
  readonly warnings: readonly Diagnostic[];
}

/**
 * What the machine lacks is reported before anything runs, not after an hour of other steps. Throws a `UsageError`, or the
 * engine's own error where none works.
 */
export async function checkBeforeRun(pipeline: OpenPipeline): Promise<Checked> {
  refuseImpossible(pipeline);
  const engine = await engineOf(pipeline);
  await refuseUnrepeatable(pipeline);
  await refuseEnvironments(pipeline, "run");
  await refuseSandboxes(pipeline);
  const warnings = await checkPrograms(pipeline);
  await refuseMissingSecrets(pipeline);
  refuseUnwritable(pipeline.host.store);
  return { engine, warnings };
}

/** The same as far as a run that is only planned needs it: neither the engine nor secrets nor a store. */
export async function checkBeforePlan(pipeline: OpenPipeline): Promise<readonly Diagnostic[]> {
  refuseImpossible(pipeline);
  await refuseUnrepeatable(pipeline);
  await refuseEnvironments(pipeline, "plan");
  return checkPrograms(pipeline);
}

/** Throws for programs that are certainly missing; returns warnings of others. */
export async function checkPrograms({
  nodes,
  host,
  graph,
  refuse,
  advise,
}: OpenPipeline): Promise<readonly Diagnostic[]> {
  const suspect = withoutPrograms(
    host,
    nodes.filter(({ open }) => open === undefined),
  );
  if (suspect.length === 0) return [];
  const { MissingPrograms } = await import("../exec/programs/missing.js");
  const missing = new MissingPrograms(host, graph.project);
  const [certain, doubtful]: [Mistake[], Mistake[]] = [[], []];
  for (const node of suspect) {
    for (const { word, message, hint, certain: isCertain } of missing.of(node)) {
      const mistake: Mistake = { code: "missing-program", message, hint, word, path: [...node.at, "run"] };
      (isCertain ? certain : doubtful).push(mistake);
    }
  }
  if (certain.length > 0) await refuse(certain);
  return doubtful.length === 0 ? [] : advise(doubtful);
}

/** Sandboxes where nothing works that could make one. */
async function refuseSandboxes({ nodes, host, refuse }: OpenPipeline): Promise<void> {
  const steps = new Map<string, JsonPath>();
  for (const { step, at, sandbox, environment } of nodes)
    if (sandbox === true && environment?.type !== "container") steps.set(step, [...at, "sandbox"]);
  if (steps.size === 0) return;
  const { noSandbox, sandboxMeans } = await import("../exec/sandbox/means.js");
  if ((await sandboxMeans(host)) !== undefined) return;
  const { code, what: message, hint } = noSandbox();
  await refuse([...steps.values()].map(path => ({ code, message, hint, path })));
}

/** Environments that cannot be had: their lock cannot be read, or what builds them or starts containers is not here. */
export async function refuseEnvironments(
  { nodes, host, graph, refuse }: Pick<OpenPipeline, "nodes" | "host" | "graph" | "refuse">,
  to: "run" | "plan",
): Promise<void> {
  const made = new Set(nodes.flatMap(({ environment }) => (isMade(environment) ? [environment] : [])));
  if (made.size === 0) return;
  const { Environments } = await import("../exec/environments/index.js");
  const environments = new Environments(host, graph);
  const mistakes: Mistake[] = [];
  for (const environment of made) {
    const fault = await environments.fault(environment, to);
    const path = [...environment.at, environment.type];
    if (fault !== undefined) mistakes.push({ code: fault.code, message: fault.what, hint: fault.hint, path });
  }
  if (mistakes.length > 0) await refuse(mistakes);
}

function refuseImpossible({ nodes, host }: OpenPipeline): void {
  const steps = new Map<string, string>();
  for (const { step, resources } of nodes) {
    const why = neverFits(resources, host.capacity);
    if (why !== undefined) steps.set(step, why);
  }
  if (steps.size === 0) return;
  throw new UsageError(
    [...steps].map(([step, why]) => ({
      ...{ code: "impossible-resources", severity: "error", file: "" },
      message: `the step ${step} can never start here: ${why}`,
      hint: "lower its `resources`, or run it where there are enough (`vistas doctor` lists what is here)",
    })),
  );
}

/** Of the selected numeric steps; undefined where there are none. */
async function engineOf({ nodes, host }: OpenPipeline): Promise<EngineChoice | undefined> {
  const kinds = new Set(nodes.flatMap(({ work }) => (work.type === "kind" ? [work.kind] : [])));
  for (const kind of kinds) if ((await host.kinds.get(kind))?.numeric === true) return host.engine();
  return undefined;
}

/** `deterministic: true` of a numeric step, and an engine that does not give the same bytes every time. */
export async function refuseUnrepeatable({
  nodes,
  host,
  refuse,
}: Pick<OpenPipeline, "nodes" | "host" | "refuse">): Promise<void> {
  const asking = new Map<string, readonly (string | number)[]>();
  for (const { step, work, deterministic, at } of nodes) {
    if (deterministic !== true || work.type !== "kind" || asking.has(step)) continue;
    const kind = await host.kinds.get(work.kind);
    if (kind?.numeric === true) asking.set(step, at);
  }
  if (asking.size === 0) return;
  const { backend, deterministic, why } = await host.engine();
  if (deterministic) return;
  await refuse(
    [...asking].map(([step, at]) => ({
      code: "not-deterministic",
      message: `\`${step}\` must be deterministic, and the engine ${backend} (${why}) does not promise the same bits every time`,
      hint: "name an engine that does, such as `--backend wasm` (`vistas doctor` lists what each promises), or leave `deterministic` out",
      path: [...at, "deterministic"],
    })),
  );
}

async function refuseMissingSecrets({ nodes, host, graph, refuse }: OpenPipeline): Promise<void> {
  if (!nodes.some(({ secrets }) => secrets !== undefined)) return;
  refuseDotenv(graph);
  const env = secretEnvironment(host.env, graph);
  const mistakes = new Map<string, Mistake>();
  for (const { step, at, secrets = [] } of nodes) {
    const faults = secrets.flatMap(name => secretFault(name, env) ?? []);
    if (faults.length === 0) continue;
    mistakes.set(step, {
      ...{ code: "missing-secret", message: faults.join(", and ") },
      hint: `set it in the environment of this call (${secrets.join("=... ")}=... vistas run), or in a file \`.env\` beside the pipeline`,
      path: [...at, "secrets"],
    });
  }
  await refuse([...mistakes.values()]);
}

/** Lines of a `.env` that cannot be read. None of its text is shown: it holds secrets. */
function refuseDotenv(graph: Pick<Graph, "project" | "file">): void {
  const diagnostics = dotenvFiles(graph).flatMap(({ path, faults }) =>
    faults.map(({ line, message }): Diagnostic => {
      const place = { line, column: 1, offset: 0 };
      const file = relative(graph.project, path);
      return { code: "bad-env-file", severity: "error", message, file, range: { start: place, end: place } };
    }),
  );
  if (diagnostics.length > 0) throw new UsageError(diagnostics);
}

/** A store that cannot be made. A full disk is another matter: it may be so at any time. */
function refuseUnwritable({ root, disk }: Store): void {
  try {
    disk.makeFolder(root);
  } catch (error) {
    if (!isCode(error, "EACCES", "EPERM", "EROFS", "ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG")) throw error;
    const message = `the store cannot be made: ${faultText(error) ?? String(error)}`;
    throw UsageError.ofCall("bad-root", message, "name another folder: --root DIR");
  }
}
