import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { nearest } from "../../core/nearest.js";
import type { GraphNode } from "../../pipeline/graph/graph.js";
import type { Host } from "../host.js";
import { invocationsOf, ProgramFinder, type Found } from "./find.js";

/** A program that a step cannot start. */
export interface MissingProgram {
  /** As it is written. */
  readonly word: string;
  readonly message: string;
  readonly hint: string;
  /** The step would certainly try, and fail. */
  readonly certain: boolean;
}

/** Looks for the programs of steps before anything runs, instead of finding out at their turn. */
export class MissingPrograms {
  readonly #found = new Map<string, string | undefined>();
  /** By PATH. */
  readonly #names = new Map<string, readonly string[]>();

  constructor(
    private readonly host: Host,
    private readonly project: string,
  ) {}

  of(node: GraphNode): readonly MissingProgram[] {
    if (node.work.type !== "command") return [];
    const { form } = node.work;
    const finder = new ProgramFinder(this.host, node, () => undefined, this.#found);
    const isFirst = !node.inputs.some(({ source }) => source.type !== "file");
    return invocationsOf(this.host, node).flatMap(invocation => {
      const { program, sure, variables } = invocation;
      if (sure === "possible") return [];
      const why = this.#fault(finder.find(invocation), program, variables.get("PATH"), node);
      if (why === undefined) return [];
      // What a line makes itself, or steps before this one, may be there by then.
      if (why.isMade && form === "shell") return [];
      const certain =
        sure === "certain" &&
        !(why.isMade && !isFirst) &&
        !(program.startsWith("/") && (form === "shell" || !isFirst));
      return [{ word: wordOf(program), message: why.message, hint: why.hint, certain }];
    });
  }

  #fault(
    found: Found,
    program: string,
    path: string | undefined,
    { inputs }: GraphNode,
  ): { message: string; hint: string; isMade?: boolean } | undefined {
    const word = `\`${wordOf(program)}\``;
    switch (found.state) {
      case "missing": {
        if (program.includes("/"))
          return { message: `${word} is not there`, hint: "name a program that is there" };
        const near = nearest(program, this.#namesOn(path ?? ""));
        const hint =
          near === undefined
            ? "install it, or name its folder in the step's `PATH` under `env`"
            : `did you mean \`${near}\`?`;
        return { message: `there is no program ${word} on the PATH that the step gets`, hint };
      }
      case "unfit":
        return {
          message: `${word} may not be executed`,
          hint: "`chmod +x` it, or name what runs it before it: [sh, ...]",
        };
      case "undeclared": {
        const name = program.replace(/^\.\//, "");
        const isThere = existsSync(join(this.project, name));
        const known = inputs.length === 0 ? "" : ` (there are: ${inputs.map(({ role }) => role).join(", ")})`;
        const hint = isThere
          ? `declare it under inputs: \`inputs: { tool: ./${name} }\``
          : `a step works in an empty folder: declare what it starts under inputs${known}`;
        return { message: `${word} is not among the step's inputs`, hint, isMade: true };
      }
      case "file":
      case "unknown":
        return undefined;
    }
  }

  #namesOn(path: string): readonly string[] {
    let names = this.#names.get(path);
    if (names === undefined) {
      names = path.split(":").flatMap(folder => (folder.startsWith("/") ? namesIn(folder) : []));
      this.#names.set(path, names);
    }
    return names;
  }
}

/** Inputs as people write them. */
function wordOf(program: string): string {
  return program.replace(
    /\0([io]):([^\0]*)\0/g,
    (_, kind, name) => `\${{ ${kind === "i" ? "inputs" : "outputs"}.${name} }}`,
  );
}

/** For suggestions only: of a folder that cannot be read there is nothing to suggest. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
