import { parse, type Node } from "acorn";
import { importsOf, isNode, UNKNOWABLE } from "./module-imports.js";
import { sha256 } from "./hash.js";

export interface ModuleFacts {
  /** Of the syntax tree: comments, layout and quote marks do not count; where a line may end a statement does. */
  readonly digest: string;
  /** What it imports, requires, or names by `new URL("...", import.meta.url)`; sorted, once each. */
  readonly imports: readonly string[];
}

/** Parses one JavaScript module. Text instead of facts: why its code cannot be known. */
export function readModule(text: string): ModuleFacts | string {
  const tree = parseEither(text);
  if (typeof tree === "string") return tree;
  const imports = new Set<string>();
  let fault: string | undefined;
  const shape = JSON.stringify(tree, function (this: unknown, key, value: unknown) {
    // Positions and the spelling of text are layout; the spelling of a number is kept, since 1e400 has no JSON form.
    if (key === "start" || key === "end") return undefined;
    if (key === "raw" && typeof (this as { value?: unknown }).value === "string") return undefined;
    if (typeof value === "bigint") return value.toString();
    if (isNode(value)) {
      const found = importsOf(value);
      if (typeof found !== "string") fault ??= UNKNOWABLE[found.fault];
      else if (found !== "") imports.add(found);
    }
    return value;
  });
  return fault ?? { digest: sha256(shape), imports: [...imports].sort() };
}

function parseEither(text: string): Node | string {
  const options = { ecmaVersion: "latest", allowHashBang: true } as const;
  try {
    return parse(text, { ...options, sourceType: "module" });
  } catch (error) {
    try {
      return parse(text, { ...options, sourceType: "script" });
    } catch {
      return error instanceof Error ? error.message : String(error);
    }
  }
}
