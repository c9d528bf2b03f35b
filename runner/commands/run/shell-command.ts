import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../../core/diagnostic.js";
import type { StepRecord } from "../../core/record.js";
import { keepWork, keptFolder, keptName } from "../../exec/attempt/kept-work.js";
import { secretsOf } from "../../exec/attempt/secrets.js";
import { stage } from "../../exec/attempt/staging.js";
import { surroundings, type Starting, type Surroundings } from "../../exec/attempt/start.js";
import { endStaleRun } from "../../exec/attempt/stale-runs.js";
import { neverFits, Leases, type Lease } from "../../exec/leases.js";
import { plan } from "../../exec/plan.js";
import { inForeground } from "../../exec/process/foreground.js";
import { endShortTmp, shortTmp } from "../../exec/process/short-tmp.js";
import type { GraphNode } from "../../pipeline/graph/graph.js";
import { matches, producersOf, withAncestors } from "../../pipeline/graph/select.js";
import { alternatives } from "../../pipeline/mistakes/wording.js";
import { shellWord } from "../../pipeline/shell/shell.js";
import { removeScratch } from "../../store/scratch.js";
import { enterShared, SHELL, turnText } from "../../store/locks/turns.js";
import { withKnownLists } from "../../workflow/known-lists.js";
import type { OpenPipeline } from "../../workflow/open-pipeline.js";
import { refuseEnvironments } from "../../workflow/checks.js";
import { openTarget, type LoadOptions } from "../call/open-target.js";
import { isPipeline, pipelineOf, type Session } from "../call/session.js";

interface Options extends LoadOptions {
  readonly failed?: boolean;
  readonly keep?: boolean;
}

/** `vistas shell STEP [-- CMD...]`: a shell, or one command, in a folder laid out as the step sees it. Records nothing. */
export async function shellCommand(session: Session, args: string[], options: Options): Promise<number> {
  // What follows the step is the command, whatever it looks like.
  const named = args[0] !== undefined && isPipeline(args[0]) ? 2 : 1;
  const command = args.slice(named);
  const { pipeline, steps } = pipelineOf(session, args.slice(0, named));
  const [word] = steps;
  if (word === undefined)
    throw UsageError.ofCall("missing-step", "`shell` needs a step", "For example: vistas shell probe");
  // What is to be said of the pipeline a run says.
  const opened = await withKnownLists(await openTarget({ ...session, quiet: true }, [pipeline], options));
  const node = oneInstance(opened, word);
  await refuseEnvironments({ ...opened, nodes: [node] }, "run");
  for (const dead of opened.host.store.live.left()) await endStaleRun(opened.host.store, dead);
  const open = options.failed === true ? inKept : inFresh;
  return open({ ...{ session, opened, node, pipeline, command }, keep: options.keep === true });
}

interface Call {
  readonly session: Session;
  readonly opened: OpenPipeline;
  readonly node: GraphNode;
  readonly pipeline: string;
  readonly command: readonly string[];
  readonly keep: boolean;
}

function oneInstance({ graph }: OpenPipeline, word: string): GraphNode {
  const [node, ...more] = matches(graph, word.replace(/\+$/, ""));
  if (node !== undefined && more.length === 0) return node;
  const ids = [...(node === undefined ? [] : [node]), ...more].map(({ id }) => id);
  throw UsageError.ofCall(
    "bad-selection",
    `\`shell\` opens one instance, and ${word} has ${ids.length}`,
    `Name one of ${alternatives(ids, "or")}.`,
  );
}

/** A folder made for the shell, which goes with it. */
async function inFresh({ session, opened, node, pipeline, command, keep }: Call): Promise<number> {
  const { host, graph } = opened;
  const { store } = host;
  const results = await resultsFor(opened, node, pipeline);
  const lease = leaseOf(opened, node);
  const secrets = secretsOf(node, host, graph);
  store.prepare(`vistas ${host.version}`);
  const run = `${SHELL}${host.clock.token(4)}`;
  const entered = await enterShared(store, run, {
    waits: other => void session.stderr.write(`waits for ${turnText(other)} to be done\n`),
    signal: session.signal,
  });
  const folder = join(entered.folder, "0");
  try {
    entered.beatApart();
    const resultOf = (id: string): StepRecord | undefined => results.get(id);
    const staged = await stage(host, graph, node, resultOf, folder, lease, session.signal);
    store.stats.save();
    const tag = `${run}/0`;
    const around = await surroundings(
      { ...startingOf(session, opened, node, lease, tag), resultOf, interactive: command.length === 0 },
      staged,
      secrets,
    );
    if (command.length === 0) {
      const argv = staged.program.type === "command" ? staged.program.argv : undefined;
      const text = argv?.map(shellWord).join(" ");
      introduce(session, node, staged.cwd, text, keep ? "stays" : "goes when the shell ends");
    }
    return await started(session, command, staged.cwd, around, tag);
  } finally {
    if (keep) {
      const kept = await keepWork(store, folder, `shell-${keptName(store, graph, node)}`, true);
      if (kept !== undefined) session.stderr.write(`note: the folder stays, until \`vistas gc\`: ${kept}\n`);
    }
    const stays = await removeScratch(folder);
    if (stays !== undefined) session.stderr.write(`note: ${folder} cannot be removed: ${stays}\n`);
    entered.leave();
  }
}

/** The folder that the newest failed attempt left. */
async function inKept({ session, opened, node, pipeline, command }: Call): Promise<number> {
  const { host, graph } = opened;
  const folder = keptFolder(host.store, keptName(host.store, graph, node));
  if (folder === undefined)
    throw UsageError.ofCall(
      "nothing-kept",
      `no failed attempt of ${node.id} has left anything`,
      `Without --failed the shell opens in a fresh folder: vistas shell ${shellWord(pipeline)} ${shellWord(node.id)}`,
    );
  const tmp = join(folder, "tmp");
  mkdirSync(tmp, { recursive: true });
  const tag = `${SHELL}${host.clock.token(4)}/0`;
  const lease = leaseOf(opened, node);
  const cwd = join(folder, "work");
  const starting = { ...startingOf(session, opened, node, lease, tag), interactive: command.length === 0 };
  const around = await surroundings(starting, { cwd, tmp }, secretsOf(node, host, graph));
  if (command.length === 0) introduce(session, node, cwd, lastCommand(opened, folder), "stays");
  return started(session, command, existsSync(cwd) ? cwd : folder, around, tag);
}

function startingOf(
  { stderr, signal }: Session,
  { host, graph }: OpenPipeline,
  node: GraphNode,
  lease: Lease,
  tag: string,
): Starting {
  const notice = (message: string): void => void stderr.write(`${message}\n`);
  return { host, graph, node, lease, tag, signal, notice, resultOf: () => undefined };
}

/** The results that the step takes, each of which must be there. */
async function resultsFor(
  { host, graph }: OpenPipeline,
  node: GraphNode,
  pipeline: string,
): Promise<ReadonlyMap<string, StepRecord>> {
  const upstream = withAncestors(graph, [node]).filter(one => one !== node);
  const planned = await plan(host, graph, upstream);
  const results = new Map(planned.flatMap(one => (one.record ? [[one.node.id, one.record] as const] : [])));
  const missing = producersOf(node).filter(id => !results.has(id));
  if (missing.length === 0) return results;
  const words = missing.slice(0, 5).map(shellWord).join(" ");
  throw UsageError.ofCall(
    "no-result",
    `${node.id} takes what is not made yet: ${missing.slice(0, 5).join(", ")}${missing.length > 5 ? ` and ${missing.length - 5} more` : ""}`,
    `Make it first: vistas run ${shellWord(pipeline)} ${missing.length > 5 ? shellWord(node.id) : words}`,
  );
}

function leaseOf({ host }: OpenPipeline, node: GraphNode): Lease {
  const lease = new Leases(host.capacity, 1).tryTake(node.resources);
  if (lease !== undefined) return lease;
  const why = neverFits(node.resources, host.capacity) ?? "it wants more than this machine has";
  throw UsageError.ofCall("impossible-resources", `${node.id} cannot start here: ${why}`);
}

/** What ran in a kept folder, as the newest run that says so has it. */
function lastCommand({ host: { store } }: OpenPipeline, folder: string): string | undefined {
  for (const id of store.runs.ids()) {
    const step = store.runs.get(id)?.steps.find(({ work }) => work === folder);
    if (step !== undefined) return step.command;
  }
  return undefined;
}

function introduce(
  { stderr, quiet }: Session,
  { id }: GraphNode,
  cwd: string,
  command: string | undefined,
  ending: string,
): void {
  if (quiet) return;
  stderr.write(`${id} in ${cwd}, which ${ending}\n`);
  if (command !== undefined) stderr.write(`its command: ${command}\n`);
}

/** The command, else the user's shell, which gets to know the terminal besides. */
async function started(
  { env: own, signal }: Session,
  command: readonly string[],
  cwd: string,
  { env, command: inside, shell: itsShell }: Surroundings,
  tag: string,
): Promise<number> {
  const { SHELL: shell = "/bin/sh" } = own;
  const names = command.length > 0 ? [] : TERMINAL;
  const terminal = names.flatMap(name => (own[name] === undefined ? [] : [[name, own[name]] as const]));
  const tmp = env["TMPDIR"] ?? "";
  const variables = { ...Object.fromEntries(terminal), ...env, TMPDIR: shortTmp(tmp) };
  const argv = inside(command.length > 0 ? command : [itsShell ?? shell]);
  try {
    return await inForeground({ argv, cwd, env: variables, tag, signal });
  } finally {
    endShortTmp(tmp);
  }
}

const TERMINAL = ["TERM", "COLORTERM", "SHELL"];
