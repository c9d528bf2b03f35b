import { existsSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { programFrame } from "../../cache/fingerprint.js";
import { UserFacingError } from "../../core/diagnostic.js";
import type { ProgramPrint } from "../../core/record.js";
import type { Graph, GraphNode } from "../../pipeline/graph/graph.js";
import { activationIn, activationOf, withActivation, type Activation } from "../environments/activate.js";
import type { Host } from "../host.js";
import { isStaged, type ResultOf } from "../keys/node-inputs.js";
import type { Lease } from "../leases.js";
import type { CommandProgram, KindProgram } from "../process/job.js";
import { TAG } from "../process/processes.js";
import type { Access } from "../sandbox/strace.js";
import { baseEnvironment } from "./environment.js";
import type { Stage } from "./staging.js";

/** A step instance that is about to be started. */
export interface Starting {
  readonly host: Host;
  readonly graph: Graph;
  readonly node: GraphNode;
  readonly lease: Lease;
  readonly tag: string;
  readonly signal: AbortSignal;
  /** Told when an environment is built, which may take minutes. */
  readonly notice: (message: string) => void;
  /** What the key holds of programs; undefined: there is no key to be held against. */
  readonly programs?: readonly ProgramPrint[] | undefined;
  readonly resultOf: ResultOf;
  /** Its accesses are noted. */
  readonly trace?: boolean;
  /** Somebody sits at a terminal: a shell in place of the program. */
  readonly interactive?: boolean;
}

/** How the program of a step is started in its environment. */
export interface Surroundings {
  /** The whole environment of the process that is started. */
  readonly env: Readonly<Record<string, string>>;
  /** A command as it is started: in a container, by what starts that. */
  readonly command: (argv: readonly string[]) => readonly string[];
  /** Of a container, which has not the user's own. */
  readonly shell?: string;
  /** Ends what a killed process may leave running elsewhere. */
  readonly end: () => Promise<void>;
  /** What the program did that the step does not declare; undefined: it was not watched. */
  readonly undeclared: (() => readonly Access[]) | undefined;
}

/** Builds the environment of a step where that is to be done. Throws a `UserFacingError` where it cannot be had. */
export async function surroundings(
  starting: Starting,
  { cwd, tmp }: Pick<Stage, "cwd" | "tmp">,
  secrets: Readonly<Record<string, string>>,
): Promise<Surroundings> {
  const { environment } = starting.node;
  if (environment?.type === "container") return inContainer(starting, { cwd, tmp }, secrets, environment);
  let activation = activationOf(environment);
  if (environment !== undefined && activation === undefined) {
    const folder = await built(starting);
    if (environment.type === "npm") linkPackages(folder, cwd);
    activation = activationIn(environment.type, folder);
  }
  const env = { ...stepEnvironment(starting, tmp, activation), ...secrets };
  const end = (): Promise<void> => Promise.resolve();
  const { node, trace = false, lease } = starting;
  if (node.work.type !== "command" || (node.sandbox !== true && !trace))
    return { env, command: argv => argv, end, undeclared: undefined };
  const { confine } = await import("../sandbox/confine.js");
  const gpus = lease.gpus.length > 0;
  const confined = await confine({ ...starting, trace, cwd, tmp, gpus, environment: folderOf(activation) });
  return { env, end, ...confined };
}

function folderOf(activation: Activation | undefined): string | undefined {
  return activation && dirname(activation.bin.replace(/\/node_modules\/\.bin$/, "/bin"));
}

/** The whole environment of a step's program on this machine, but for secrets. `tmp`: its folder of temporary files. */
function stepEnvironment(
  { host, graph, node, lease, tag }: Starting,
  tmp: string,
  activation: Activation | undefined,
): Record<string, string> {
  const base = {
    ...baseEnvironment(host.env, tmp),
    ...(node.work.type === "kind"
      ? { VISTAS_PROJECT: node.project ?? graph.project, ...enginesOf(host.env) }
      : {}),
    // A step sees the GPUs that it leased and no others, so that two steps never meet on one. Only a step that leases
    // none may be given other words of its own.
    CUDA_VISIBLE_DEVICES: lease.gpus.join(","),
  };
  return { ...withActivation(base, activation, node.env), ...passedTo(node, host.env), [TAG]: tag };
}

/** Variables of the call that reach a step and not its key. */
function passedTo({ pass = [] }: GraphNode, env: NodeJS.ProcessEnv): Record<string, string> {
  const set = pass.flatMap(name => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  return Object.fromEntries(set);
}

async function built({ host, graph, node, signal, notice, programs }: Starting): Promise<string> {
  const { Environments, ensureBuilt } = await import("../environments/index.js");
  const { environment } = node;
  const recipe = environment && (await new Environments(host, graph).recipe(environment));
  if (environment === undefined || recipe === undefined) throw new Error("an environment has no recipe");
  const known = new Set(programs?.map(programFrame));
  if (programs !== undefined && !recipe.prints.every(print => known.has(programFrame(print))))
    throw new UserFacingError(
      `${environment.name} changed while the step was about to start; nothing was recorded`,
    );
  const begins = (): void =>
    notice(`builds the environment ${environment.name}, once for all steps that use it`);
  const folder = await ensureBuilt(host, environment, recipe, { begins, signal });
  if (folder === undefined) throw new Error("an environment has no folder");
  return folder;
}

/** Node looks for packages beside the script and above it. */
function linkPackages(folder: string, cwd: string): void {
  const link = join(cwd, "node_modules");
  if (existsSync(link))
    throw new UserFacingError("`node_modules` is an input of the step, and its environment has one as well");
  symlinkSync(join(folder, "node_modules"), link);
}

async function inContainer(
  { host, node, lease, tag, interactive = false }: Starting,
  { cwd, tmp }: Pick<Stage, "cwd" | "tmp">,
  secrets: Readonly<Record<string, string>>,
  environment: Extract<GraphNode["environment"], { type: "container" }>,
): Promise<Surroundings> {
  const { contained, findRuntime } = await import("../environments/container.js");
  const runtime = await findRuntime(environment, host.env);
  const readable = node.inputs.flatMap(({ source }) =>
    source.type === "file" && !isStaged(source, node) ? [source.absolute] : [],
  );
  const make = (argv: readonly string[]) =>
    contained(
      runtime,
      environment,
      {
        ...{ argv, cwd, tmp, folder: dirname(cwd), readable: [...new Set(readable)] },
        ...{
          variables: node.env,
          secrets: { ...passedTo(node, host.env), ...secrets },
          gpus: lease.gpus,
          network: node.network ?? (node.sandbox === true ? false : undefined),
        },
        interactive,
        name: `vistas-${tag.replace(/[^\w.-]/g, "-")}`,
      },
      host.env,
    );
  const { env, end } = make([]);
  return {
    env: { ...env, [TAG]: tag },
    command: argv => make(argv).argv,
    shell: "/bin/sh",
    undeclared: undefined,
    end: async () => {
      const [program, ...args] = end ?? [];
      if (program === undefined) return;
      const { execa } = await import("execa");
      await execa(program, args, { env, extendEnv: false, reject: false, stdin: "ignore", timeout: 20_000 });
    },
  };
}

/** The program of a stage, as it is started. */
export function startedIn(
  { command }: Surroundings,
  program: CommandProgram | KindProgram,
): CommandProgram | KindProgram {
  return program.type === "command" ? { ...program, argv: command(program.argv) } : program;
}

/** What engines are found by; what the chosen one computes is told by its numeric class, not by its place. */
const ENGINE_VARIABLES = [
  "VISTAS_ENGINES",
  "VISTAS_ONNX_PROVIDER",
  "LD_LIBRARY_PATH",
  "VK_DRIVER_FILES",
  "VK_ICD_FILENAMES",
  "XDG_RUNTIME_DIR",
];

function enginesOf(env: NodeJS.ProcessEnv): Record<string, string> {
  const named = ENGINE_VARIABLES.flatMap(name =>
    env[name] === undefined ? [] : [[name, env[name]] as const],
  );
  return Object.fromEntries(named);
}
