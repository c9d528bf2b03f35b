import { readdirSync } from "node:fs";
import { join } from "node:path";

/** The file in which a store keeps a run. */
export function runFile(root: string, id: string): string {
  const folder = join(root, "runs");
  const name = readdirSync(folder).find(file => file.endsWith(`.${id}.json`));
  if (name === undefined) throw new Error(`${folder} has no run ${id}`);
  return join(folder, name);
}
