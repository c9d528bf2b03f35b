import { readdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { UserFacingError } from "../../core/diagnostic.js";
import type { Mask } from "../../core/secrets/mask.js";
import { SHORTEST_SECRET } from "../../core/secrets/secret-forms.js";
import type { GraphNode } from "../../pipeline/graph/graph.js";
import { BadOutput } from "./outputs.js";

/** The values of a step's secrets, by name, from the environment of the call. Throws a `MissingSecret`. */
export function secretsOf(node: GraphNode, env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of node.secrets ?? []) {
    const fault = secretFault(name, env);
    if (fault !== undefined) throw new MissingSecret(fault);
    found[name] = env[name] ?? "";
  }
  return found;
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
