import { stat } from "node:fs/promises";
import { join } from "node:path";
import { readJson } from "../formats/json.js";

/**
 * One number of an evaluation's report: a folder that holds report.json, or such a file itself. Throws where it has no
 * number of that name, and says which it has; `name` is what the report is called in the message.
 */
export async function readMetric(path: string, metric: string, name: string): Promise<number> {
  const folder = (await stat(path)).isDirectory();
  const report = await readJson(folder ? join(path, "report.json") : path);
  const value = report[metric];
  if (typeof value === "number") return value;
  const numbers = Object.keys(report).filter(key => typeof report[key] === "number");
  throw new Error(`${name}: its report has no number '${metric}' (it has: ${numbers.join(", ")})`);
}
