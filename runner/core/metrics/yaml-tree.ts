import { isAlias, isMap, isScalar, isSeq, parseDocument, type Document } from "yaml";
import { quantityOf } from "../numbers/quantity.js";
import { utf8 } from "./json-tree.js";
import { BadMetrics, DEEPEST, type NumberTree } from "./number-tree.js";

/** The numbers of a YAML file. Throws a `BadMetrics` where it is none. Keys may stand twice: who reads the tree refuses them. */
export function yamlTree(bytes: Uint8Array): NumberTree | undefined {
  if (bytes.length > MOST_BYTES) throw new BadMetrics("it has more than 16 MiB: write `.json` or `.jsonl`");
  const document = parseDocument(textOf(bytes), { uniqueKeys: false });
  const [error] = document.errors;
  if (error !== undefined) throw new BadMetrics(`it is not YAML: ${error.message.split("\n")[0] ?? ""}`);
  return new Walk(document).tree(document.contents, 0);
}

const MOST_BYTES = 2 ** 24;

function textOf(bytes: Uint8Array): string {
  try {
    return utf8(bytes);
  } catch {
    throw new BadMetrics("it is not YAML: it is not UTF-8");
  }
}

class Walk {
  #nodes = 0;
  /** Looking an alias up goes through the whole document. */
  readonly #resolved = new Map<unknown, unknown>();

  constructor(private readonly document: Document) {}

  tree(node: unknown, depth: number): NumberTree | undefined {
    if (depth > DEEPEST) throw new BadMetrics(`it is nested deeper than ${DEEPEST} levels`);
    if (++this.#nodes > MOST_NODES) throw new BadMetrics("its aliases unfold to too much");
    if (isAlias(node)) {
      if (!this.#resolved.has(node)) this.#resolved.set(node, node.resolve(this.document));
      return this.tree(this.#resolved.get(node), depth + 1);
    }
    if (isSeq(node)) return { type: "list", items: node.items.map(item => this.tree(item, depth + 1)) };
    if (isMap(node)) {
      const entries = node.items.map(
        ({ key, value }) => [String(isScalar(key) ? key.value : key), this.tree(value, depth + 1)] as const,
      );
      return { type: "map", entries };
    }
    if (!isScalar(node)) return undefined;
    const { value, source } = node;
    if (typeof value === "number")
      return { type: "number", value, ...(source !== undefined && Number.isFinite(value) ? { source } : {}) };
    const quantity = typeof value === "string" ? quantityOf(value) : undefined;
    return quantity === undefined ? undefined : { type: "number", value: quantity };
  }
}

const MOST_NODES = 200_000;
