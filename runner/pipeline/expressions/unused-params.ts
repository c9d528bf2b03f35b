import { isObject, type Json, type JsonObject, type JsonPath } from "../../core/json.js";
import { pathText } from "./overrides.js";
import { keyAt } from "../document/place.js";
import type { Problems } from "../document/problems.js";
import { code } from "../mistakes/wording.js";

/** Warns of every param (or entry of one) that no expression read: often one half of a renaming. */
export function warnUnused(params: JsonObject, reads: readonly JsonPath[], problems: Problems): void {
  const read: Node = { whole: false, below: new Map() };
  for (const path of reads) {
    let node = read;
    for (const segment of path) {
      let next = node.below.get(segment);
      if (next === undefined) node.below.set(segment, (next = { whole: false, below: new Map() }));
      node = next;
    }
    node.whole = true;
  }
  const look = (value: Json, node: Node | undefined, path: JsonPath): void => {
    if (node?.whole === true) return;
    if (node === undefined) {
      const message = `nothing reads the param ${code(pathText(path))}`;
      problems.add("unused-param", message, keyAt("params", ...path), { severity: "warning" });
    } else if (isObject(value)) {
      for (const [name, item] of Object.entries(value)) look(item, node.below.get(name), [...path, name]);
    }
  };
  look(params, read, []);
}

/** A tree of the paths that were read. */
interface Node {
  whole: boolean;
  readonly below: Map<string | number, Node>;
}
