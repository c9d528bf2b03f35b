import { NoEnvironment, programOn } from "../environments/recipe.js";
import type { Host } from "../host.js";

/** What keeps a step to what it declares: bubblewrap beforehand, or strace, which finds it out afterwards. */
export interface Means {
  readonly name: "bubblewrap" | "strace";
  readonly path: string;
}

/** The first that works here; both may be there and not be allowed to. */
export function sandboxMeans(host: Pick<Host, "env">): Promise<Means | undefined> {
  let found = sandboxes.get(host);
  if (found === undefined) sandboxes.set(host, (found = look(host)));
  return found;
}

/** strace, where it may trace; undefined where it is not there or may not. */
export async function straceOf({ env }: Pick<Host, "env">): Promise<string | undefined> {
  const path = programOn(env["PATH"], "strace");
  return path !== undefined && (await works(path, ["-o", "/dev/null", "true"], env)) ? path : undefined;
}

export function noStrace(): NoEnvironment {
  return new NoEnvironment(
    "missing-tool",
    "`--trace` needs strace, which is not there, or may not trace (in a container without SYS_PTRACE)",
    "install it, such as `apt-get install strace`",
  );
}

export function noSandbox(): NoEnvironment {
  return new NoEnvironment(
    "missing-tool",
    "`sandbox: true` needs bubblewrap or strace, and neither works here",
    "install one: `apt-get install bubblewrap` (it needs unprivileged user namespaces), or `apt-get install strace`",
  );
}

const sandboxes = new WeakMap<Pick<Host, "env">, Promise<Means | undefined>>();

async function look(host: Pick<Host, "env">): Promise<Means | undefined> {
  const bwrap = programOn(host.env["PATH"], "bwrap");
  const trial = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--unshare-net", "true"];
  if (bwrap !== undefined && (await works(bwrap, trial, host.env)))
    return { name: "bubblewrap", path: bwrap };
  const strace = await straceOf(host);
  return strace === undefined ? undefined : { name: "strace", path: strace };
}

async function works(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<boolean> {
  const { execa } = await import("execa");
  const tried = await execa(program, args, {
    ...{ env, extendEnv: false, reject: false, stdin: "ignore", timeout: 10_000 },
  });
  return tried.exitCode === 0;
}
