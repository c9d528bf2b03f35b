import process from "node:process";
import type { EnvEntry, Environment } from "../../pipeline/graph/graph.js";
import { NoEnvironment, programOn, withoutPython, type Recipe } from "./recipe.js";

type Container = Extract<Environment, { type: "container" }>;

/** An image counts by its digest; nothing of this machine's programs is seen in it. */
export function containerRecipe({ name, digest }: Container): Recipe {
  return { prints: [{ name: "container", digest, in: name }], isOwn: () => true };
}

/** A program that starts containers. */
export interface Runtime {
  readonly name: "apptainer" | "podman" | "docker";
  readonly path: string;
}

/** The first that is there and works. Throws a `NoEnvironment` that says what to do. */
export async function findRuntime(
  { name }: Pick<Container, "name">,
  env: NodeJS.ProcessEnv,
): Promise<Runtime> {
  for (const runtime of ["apptainer", "podman", "docker"] as const) {
    const path = programOn(env["PATH"], runtime);
    if (path === undefined) continue;
    if (runtime !== "docker" || (await answers(path, env))) return { name: runtime, path };
    throw new NoEnvironment(
      "missing-tool",
      `a step runs in ${name}, and docker is here, but its daemon does not answer`,
      "start it (`systemctl start docker`, or Docker Desktop), or install podman or apptainer",
    );
  }
  throw new NoEnvironment(
    "missing-tool",
    `a step runs in ${name}, and neither apptainer, podman nor docker is on the PATH`,
    "install one of them, such as podman: https://podman.io/docs/installation",
  );
}

async function answers(docker: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const { execa } = await import("execa");
  const asked = await execa(docker, ["version", "--format", "{{.Server.Version}}"], {
    ...{ env, extendEnv: false, reject: false, stdin: "ignore", timeout: 20_000 },
  });
  return asked.exitCode === 0;
}

/** A command that is to run in a container. */
export interface Contained {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** The step's own folder, with all that it may write; it lies at the same place inside. */
  readonly folder: string;
  /** Files and folders of the user's that it may read, at the same places. */
  readonly readable: readonly string[];
  readonly tmp: string;
  /** What the step declares. */
  readonly variables: readonly EnvEntry[];
  /** Names of further variables, whose values stand in no command line. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly gpus: readonly (number | string)[];
  /** False: without a network. Undefined: as the runtime has it. */
  readonly network: boolean | undefined;
  /** A name of its own. */
  readonly name: string;
  /** Somebody sits at a terminal. */
  readonly interactive: boolean;
}

/** The command line that starts it, the variables that the runtime itself needs, and what ends the container. */
export function contained(
  { name: runtime, path }: Runtime,
  { name: image }: Container,
  command: Contained,
  env: NodeJS.ProcessEnv,
): {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** For what a killed client leaves running. */
  readonly end: readonly string[] | undefined;
} {
  const { argv, cwd, folder, readable, tmp, variables, secrets, gpus, network } = command;
  const own: Record<string, string> = { HOME: tmp, TMPDIR: tmp };
  for (const { name, value } of variables) if (value !== undefined) own[name] = value;
  const base = Object.fromEntries(
    Object.entries(withoutPython(env)).flatMap(([name, value]) =>
      RUNTIME.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  );
  if (runtime === "apptainer") {
    const inside = Object.entries({ ...own, ...secrets }).map(([name, value]) => [
      `APPTAINERENV_${name}`,
      value,
    ]);
    return {
      argv: [
        ...[path, "exec", "--containall", "--no-home", "--pwd", cwd, "--bind", `${folder}:${folder}`],
        ...readable.flatMap(file => ["--bind", `${file}:${file}:ro`]),
        ...(gpus.length > 0 ? ["--nv"] : []),
        ...(network === false ? ["--net", "--network", "none"] : []),
        ...[`docker://${image}`, ...argv],
      ],
      env: { ...base, ...(Object.fromEntries(inside) as Record<string, string>) },
      end: undefined,
    };
  }
  const [user = 0, group = 0] = [process.getuid?.(), process.getgid?.()];
  const isPodman = runtime === "podman";
  return {
    argv: [
      ...[path, "run", "--rm", "--init", "--name", command.name],
      ...(command.interactive ? ["--interactive", "--tty"] : []),
      ...(isPodman
        ? ["--security-opt", "label=disable", ...(user === 0 ? [] : ["--userns", "keep-id"])]
        : []),
      ...["--user", `${user}:${group}`, "--workdir", cwd, "--mount", mount(folder, false)],
      ...readable.flatMap(file => ["--mount", mount(file, true)]),
      ...Object.entries(own).flatMap(([name, value]) => ["--env", `${name}=${value}`]),
      ...Object.keys(secrets).flatMap(name => ["--env", name]),
      ...(network === false ? ["--network", "none"] : []),
      ...gpuOptions(isPodman, gpus),
      ...["--entrypoint", argv[0] ?? "", image, ...argv.slice(1)],
    ],
    env: { ...base, ...secrets },
    end: [path, "rm", "--force", command.name],
  };
}

/** What runtimes find their images, daemons and settings by. */
const RUNTIME =
  /^(?:PATH|HOME|USER|XDG_.*|DOCKER_.*|CONTAINERS?_.*|PODMAN_.*|APPTAINER_.*|(?:https?|no)_proxy)$/i;

function gpuOptions(isPodman: boolean, gpus: Contained["gpus"]): string[] {
  if (gpus.length === 0) return [];
  return isPodman
    ? gpus.flatMap(gpu => ["--device", `nvidia.com/gpu=${gpu}`])
    : ["--gpus", `"device=${gpus.join(",")}"`];
}

/** In the CSV that `--mount` reads. */
function mount(path: string, readOnly: boolean): string {
  const field = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return [
    "type=bind",
    field(`source=${path}`),
    field(`target=${path}`),
    ...(readOnly ? ["readonly"] : []),
  ].join(",");
}
