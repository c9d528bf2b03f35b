import { parse, type Node } from "acorn";
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
      const found = importOf(value);
      if (found === COMPUTED)
        fault = "it imports a module whose name is computed, so what code runs cannot be known";
      else if (found !== undefined) imports.add(found);
    }
    return value;
  });
  return fault ?? { digest: sha256(shape), imports: [...imports].sort() };
}

const COMPUTED = Symbol("computed");

/** The module that a syntax node brings in, if it is of a kind that does. */
function importOf(node: SyntaxNode): string | typeof COMPUTED | undefined {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportAllDeclaration":
    case "ExportNamedDeclaration":
      return literal(node.source);
    case "ImportExpression":
      return literal(node.source) ?? COMPUTED;
    case "CallExpression":
      return named(node.callee, "require") ? (literal(node.arguments?.[0]) ?? COMPUTED) : undefined;
    case "NewExpression": {
      const [path, base] = node.arguments ?? [];
      return named(node.callee, "URL") && isMeta(base) ? literal(path) : undefined;
    }
    default:
      return undefined;
  }
}

interface SyntaxNode {
  readonly type: string;
  readonly source?: unknown;
  readonly callee?: unknown;
  readonly arguments?: readonly unknown[];
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

function literal(node: unknown): string | undefined {
  return isNode(node) && node.type === "Literal" && "value" in node && typeof node.value === "string"
    ? node.value
    : undefined;
}

function named(node: unknown, name: string): boolean {
  return isNode(node) && node.type === "Identifier" && "name" in node && node.name === name;
}

/** `import.meta.url` */
function isMeta(node: unknown): boolean {
  return (
    isNode(node) &&
    node.type === "MemberExpression" &&
    "object" in node &&
    isNode(node.object) &&
    node.object.type === "MetaProperty"
  );
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
