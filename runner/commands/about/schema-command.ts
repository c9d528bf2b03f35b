import { DONE } from "../call/exit.js";
import { pipelineSchema } from "../../pipeline/schema/pipeline-schema.js";
import { openTarget } from "../call/open-target.js";
import { printJson, type Session } from "../call/session.js";

/** `vistas schema`: the JSON Schema of pipeline files, with each kind's options, for editors. */
export async function schemaCommand(session: Session, args: string[]): Promise<number> {
  const { kinds } = args.length === 0 ? session.tools : (await openTarget(session, args, {})).host;
  printJson(session, await pipelineSchema(kinds));
  return DONE;
}
