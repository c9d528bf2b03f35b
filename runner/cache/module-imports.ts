/**
 * What one node of a module's syntax tree brings in. Only forms whose meaning can be read off the text are
 * followed; forms that may bring in anything are told as such, because a guess could serve a stale result.
 * Does not: follow values through variables, other than a `require` that bears its own name.
 */
export interface SyntaxNode {
  readonly type: string;
  readonly name?: unknown;
  readonly source?: unknown;
  readonly callee?: unknown;
  readonly object?: unknown;
  readonly property?: unknown;
  readonly id?: unknown;
  readonly init?: unknown;
  readonly arguments?: readonly unknown[];
  readonly value?: unknown;
  readonly quasis?: readonly unknown[];
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

/** Why the code behind a form cannot be known. */
export const UNKNOWABLE = {
  computed: "it imports a module whose name is computed, so what code runs cannot be known",
  alias: "it gives `require` another name, so what code runs cannot be known: call it `require`",
  beside:
    'it works out paths from where it lies, so which files beside it matter cannot be known: name each as new URL("./name", import.meta.url)',
} as const;

type Found = string | { readonly fault: keyof typeof UNKNOWABLE };

/** The specifier that this node brings in, `""` for none. Asked of every node, it finds all of a module's imports. */
export function importsOf(node: SyntaxNode): Found {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportAllDeclaration":
    case "ExportNamedDeclaration":
      return literal(node.source) ?? "";
    case "ImportExpression":
      return literal(node.source) ?? { fault: "computed" };
    case "CallExpression":
      return called(node);
    case "NewExpression":
      return constructed(node);
    case "VariableDeclarator":
      if (makesRequire(node.init) && !named(node.id, "require")) return { fault: "alias" };
      return ownPlace(node.init) ? { fault: "beside" } : "";
    case "MemberExpression":
      return member(node, "meta") && member(node, "dirname", "filename") ? { fault: "beside" } : "";
    case "Identifier":
      return named(node, "__dirname") || named(node, "__filename") ? { fault: "beside" } : "";
    default:
      return "";
  }
}

function called({ callee, arguments: given = [] }: SyntaxNode): Found {
  const [first] = given;
  if (named(callee, "require")) return literal(first) ?? { fault: "computed" };
  // `createRequire(import.meta.url)("./x.cjs")`
  if (makesRequire(callee)) return literal(first) ?? { fault: "computed" };
  if (isNode(callee) && member(callee, "resolve") && named(callee.object, "require"))
    return literal(first) ?? { fault: "computed" };
  if (isNode(callee) && member(callee, "meta") && member(callee, "resolve"))
    return literal(first) ?? { fault: "computed" };
  const harmless = named(callee, "createRequire") || named(callee, "fileURLToPath");
  return !harmless && given.some(ownPlace) ? { fault: "beside" } : "";
}

function constructed({ callee, arguments: given = [] }: SyntaxNode): Found {
  const [path, base] = given;
  if (!named(callee, "URL") || !isNode(base) || !member(base, "meta")) return "";
  return literal(path) ?? { fault: "beside" };
}

/** `import.meta.url` or `fileURLToPath(import.meta.url)`: harmless in a comparison, but not as the start of a path. */
function ownPlace(node: unknown): boolean {
  if (!isNode(node)) return false;
  if (member(node, "meta")) return member(node, "url");
  return (
    node.type === "CallExpression" &&
    named(node.callee, "fileURLToPath") &&
    node.arguments?.some(ownPlace) === true
  );
}

/** `createRequire(...)` */
function makesRequire(node: unknown): boolean {
  if (!isNode(node) || node.type !== "CallExpression" || !isNode(node.callee)) return false;
  return named(node.callee, "createRequire") || member(node.callee, "createRequire");
}

/** A text whose value is written out, in quotes or in backticks without holes. */
function literal(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === "Literal") return typeof node.value === "string" ? node.value : undefined;
  const [only, more] = node.type === "TemplateLiteral" ? (node.quasis ?? []) : [];
  if (!isNode(only) || more !== undefined) return undefined;
  const { cooked } = only.value as { cooked?: unknown };
  return typeof cooked === "string" ? cooked : undefined;
}

function named(node: unknown, name: string): boolean {
  return isNode(node) && node.type === "Identifier" && node.name === name;
}

/** `something.name`; for "meta": `import.meta.something`. */
function member({ type, object, property }: SyntaxNode, ...names: string[]): boolean {
  if (type !== "MemberExpression") return false;
  if (names[0] === "meta") return isNode(object) && object.type === "MetaProperty";
  return names.some(name => named(property, name));
}
