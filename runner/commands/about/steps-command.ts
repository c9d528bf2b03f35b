import { UsageError } from "../../core/diagnostic.js";
import { isList, isObject, type Json, type JsonObject } from "../../core/json.js";
import { nearest } from "../../core/nearest.js";
import { DONE } from "../call/exit.js";
import type { Kind } from "../../pipeline/schema/kinds.js";
import { table } from "../../ui/table.js";
import { print, printJson, type Session } from "../call/session.js";

/** `vistas steps [KIND]`: the step kinds; of one, its options, inputs and outputs. */
export async function stepsCommand(
  session: Session,
  args: string[],
  options: { json?: boolean },
): Promise<number> {
  const { kinds } = session.tools;
  const [name] = args;
  if (name === "run" || name === "run:") {
    print(session, RUN);
    return DONE;
  }
  const wanted = name === undefined ? kinds.names : [name];
  const found: Kind[] = [];
  for (const each of wanted) {
    const kind = await kinds.get(each);
    if (kind === undefined) {
      const near = nearest(each, kinds.names);
      throw UsageError.ofCall(
        "unknown-kind",
        `there is no step kind ${each}`,
        near === undefined ? `There are: ${kinds.names.join(", ")}.` : `Did you mean ${near}?`,
      );
    }
    found.push(kind);
  }
  if (options.json === true) printJson(session, found.map(publicPart));
  else if (name === undefined)
    print(
      session,
      table(
        ["kind", "does"],
        [
          ...found.map(kind => [kind.kind, kind.summary]),
          ["run:", "any program of yours, as a list of words or a shell line"],
        ],
      ),
    );
  else print(session, found.map(describe).join("\n\n"));
  return DONE;
}

/** Shown instead of a kind's description for a `run:` step. */
const RUN = `run: any program of yours, as a list of words or a line for the shell

  run: [python3, "\${{ inputs.script }}", --out, "\${{ outputs.table }}"]
  inputs: { script: ./analyse.py }
  outputs: { table: table.csv }

inputs:   any role: the output of a step, or a file or folder of yours (./ or /)
outputs:  name: file or folder; \${{ outputs.NAME }} is the path to write it at
env:      variables that the program sees; all else is not there`;

function publicPart({ kind, summary, with: schema, inputs, outputs, numeric }: Kind): object {
  return { kind, summary, with: schema, inputs, outputs, numeric };
}

function describe(kind: Kind): string {
  const section = (title: string, rows: string[][]): string[] =>
    rows.length === 0
      ? []
      : ["", `${title}:`, table(["", "", ""], rows, { indent: 2 }).split("\n").slice(1).join("\n")];
  return [
    `${kind.kind}: ${kind.summary}`,
    ...section(
      "inputs",
      Object.entries(kind.inputs).map(([role, { doc, optional, accepts }]) => [
        role,
        `${accepts.length === 0 ? "anything" : accepts.join(" | ")}, ${optional ? "optional" : "required"}`,
        doc,
      ]),
    ),
    ...section(
      "outputs",
      Object.entries(kind.outputs).map(([name, { doc, type = "" }]) => [name, type, doc]),
    ),
    ...section("with", optionRows(kind.with, "")),
  ].join("\n");
}

/** One row an option, nested ones by dotted name. */
function optionRows(schema: JsonObject, prefix: string): string[][] {
  const properties = schema["properties"];
  if (!isObject(properties)) return [];
  const required = isList(schema["required"]) ? schema["required"] : [];
  return Object.entries(properties).flatMap(([name, value]) => {
    if (!isObject(value)) return [];
    const doc = typeof value["description"] === "string" ? value["description"] : "";
    const initial =
      "default" in value
        ? `default ${JSON.stringify(value["default"])}`
        : required.includes(name)
          ? "required"
          : "optional";
    return [
      [prefix + name, `${typeText(value)}, ${initial}`, doc],
      ...optionRows(value, `${prefix}${name}.`),
    ];
  });
}

function typeText(schema: JsonObject): string {
  const { type, enum: choices, const: only } = schema as Record<string, Json | undefined>;
  if (isList(choices)) return choices.map(String).join(" | ");
  if (only !== undefined) return JSON.stringify(only);
  if (isList(type)) return type.map(String).join(" | ");
  return typeof type === "string" ? type : "value";
}
