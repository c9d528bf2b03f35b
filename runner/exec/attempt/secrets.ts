import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UserFacingError } from "../../core/diagnostic.js";
import type { Mask } from "../../core/secrets/mask.js";
import { SHORTEST_SECRET } from "../../core/secrets/secret-forms.js";
import { parseDotenv, type Dotenv } from "../../core/secrets/dotenv.js";
import type { Graph, GraphNode } from "../../pipeline/graph/graph.js";
import type { Host } from "../host.js";
import { BadOutput } from "./outputs.js";

/** The values of a step's secrets, by name. Throws a `MissingSecret`. */
export function secretsOf(
  node: GraphNode,
  host: Pick<Host, "env">,
  graph: Pick<Graph, "project" | "file">,
): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  if (node.secrets === undefined) return found;
  const env = secretEnvironment(host.env, graph);
  for (const name of node.secrets ?? []) {
    const fault = secretFault(name, env);
    if (fault !== undefined) throw new MissingSecret(fault);
    found[name] = env[name] ?? "";
  }
  return found;
}

/** The environment of the call and, for what is not set there, the `.env` files of the project and beside the pipeline. */
export function secretEnvironment(
  env: NodeJS.ProcessEnv,
  graph: Pick<Graph, "project" | "file">,
): NodeJS.ProcessEnv {
  const files = dotenvFiles(graph).flatMap(({ values }) => [...values]);
  const set = Object.entries(env).filter(([, value]) => value !== undefined && value !== "");
  return { ...Object.fromEntries(files), ...Object.fromEntries(set) };
}

/** Those that are there; what lies nearer to the pipeline comes later. */
export function dotenvFiles({
  project,
  file,
}: Pick<Graph, "project" | "file">): readonly (Dotenv & { readonly path: string })[] {
  const paths = [...new Set([project, dirname(file)])].map(folder => join(folder, ".env"));
  return paths.flatMap(path =>
    statSync(path, { throwIfNoEntry: false })?.isFile() === true
      ? [{ path, ...parseDotenv(readFileSync(path, "utf8")) }]
      : [],
  );
}

/** Why a secret cannot be given to a step; nothing where it can. */
export function secretFault(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const value = env[name] ?? "";
  if (value === "") return `the secret \`${name}\` is not set`;
  return value.length < SHORTEST_SECRET
    ? `the secret \`${name}\` has fewer than ${SHORTEST_SECRET} characters, too few to be kept out of logs`
    : undefined;
}

export class MissingSecret extends UserFacingError {
  override readonly name = "MissingSecret";
}

/**
 * What is kept may be shared: a file that holds a secret, or is named after one, is not taken. `what` begins the
 * message of a `BadOutput`, in which the secret does not stand. `within`: where the path lies in the output.
 */
export async function refuseSecrets(what: string, path: string, mask: Mask, within = ""): Promise<void> {
  const entries = readdirSync(join(path, ".."), { withFileTypes: true });
  const own = entries.find(entry => join(entry.parentPath, entry.name) === path);
  if (own?.isDirectory() === true) {
    for (const name of readdirSync(path)) {
      const below = join(within, name);
      // A secret with a slash names folders and a file.
      if (mask.text(below) !== below)
        throw new BadOutput(`${what} holds a file that is named after a secret`);
      await refuseSecrets(what, join(path, name), mask, below);
    }
  } else if (own?.isFile() === true && (await holdsSecret(path, mask)))
    throw new BadOutput(
      `${what} holds a secret of the step; what is kept may be shared, so it was not taken`,
    );
}

/** Removes from a folder what holds a secret or is named after one. Gives where each lay, masked. */
export async function removeSecrets(folder: string, mask: Mask, within = ""): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const below = join(within, entry.name);
    const named = mask.text(below) !== below;
    if (named || (entry.isFile() && (await holdsSecret(path, mask)))) {
      rmSync(path, { recursive: true, force: true });
      removed.push(mask.text(below));
    } else if (entry.isDirectory()) removed.push(...(await removeSecrets(path, mask, below)));
  }
  return removed;
}

async function holdsSecret(path: string, mask: Mask): Promise<boolean> {
  const file = await open(path, "r");
  try {
    const found = mask.finder();
    const buffer = Buffer.allocUnsafe(1 << 20);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return false;
      if (found(buffer.subarray(0, bytesRead))) return true;
    }
  } finally {
    await file.close();
  }
}
