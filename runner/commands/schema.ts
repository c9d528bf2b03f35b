import { DONE } from "./exit.js";
import { pipelineSchema } from "../spec/schema.js";
import { printJson, type Session } from "./session.js";

/** `vistas schema`: the JSON Schema of pipeline files, with each kind's options, for editors. */
export async function schemaCommand(session: Session): Promise<number> {
  printJson(session, await pipelineSchema(session.tools.kinds));
  return DONE;
}
