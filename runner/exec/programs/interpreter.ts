import { isList, type JsonObject } from "../../core/json.js";
import type { Contents } from "./folders.js";

/** How an interpreter is asked, and what its answer says. */
export interface Interpreter {
  args(program: string): readonly string[];
  /** Files and folders that decide its answer. */
  guards(answer: JsonObject, around: Surroundings): readonly string[];
  /** The file that runs in the end; `""`: the one that was asked. */
  executable(answer: JsonObject): string;
  version(answer: JsonObject): string;
  /** More that tells one build from another, wherever it lies. */
  build(answer: JsonObject): string;
  /** Files and folders that it reads by itself, all of which the key covers. */
  places(answer: JsonObject): readonly string[];
  packages(answer: JsonObject, around: Surroundings): Promise<string>;
}

/** Where an interpreter is started. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string>>;
  /** The deepest folder above that of the step which is there already. */
  readonly cwd: string;
  readonly contents: Contents;
  /** The script that it runs, where that lies in a place of its own. */
  readonly script?: string;
}

export function textIn(answer: JsonObject, name: string): string {
  const value = answer[name];
  return typeof value === "string" ? value : "";
}

export function textsIn(answer: JsonObject, name: string): string[] {
  const value = answer[name];
  return isList(value) ? value.filter(one => typeof one === "string") : [];
}
