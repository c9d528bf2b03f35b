import type { JsonObject } from "../../core/json.js";
import type { ProgramPrint } from "../../core/record.js";
import type { Ignored } from "../../pipeline/files/file-source.js";
import type { Host } from "../host.js";

/** What recipes are made with. */
export interface Around {
  readonly host: Host;
  /** What does not count in folders. */
  readonly ignored: Ignored;
  /** A TOML file, parsed once a content. Throws a `NoEnvironment` in the name of the environment. */
  readonly toml: (file: string, name: string) => Promise<JsonObject>;
  /** An interpreter that is there, by its path. */
  readonly interpreter: (language: "python" | "node", path: string) => Promise<ProgramPrint>;
  /** The Python that uv chooses for a project. */
  readonly uvPython: (uv: string, folder: string) => Promise<string | undefined>;
}
