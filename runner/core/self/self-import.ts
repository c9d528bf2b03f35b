import { readFileSync } from "node:fs";
import { register } from "node:module";
import { runnerFile } from "./here.js";
import { isObject, type Json } from "../json.js";

/**
 * Lets a plug-in write `import { defineStep } from "vistas"`, or name another door, wherever it lies: a project that has
 * vistas in its own node_modules gets that one, any other the vistas that is running. To be called before a plug-in is
 * imported.
 */
export function provideSelf(): void {
  if (provided) return;
  provided = true;
  const hooks = `const doors = ${JSON.stringify(doorsOf(ROOT))};
  export async function resolve(name, context, next) {
    if (!Object.hasOwn(doors, name)) return next(name, context);
    try { return await next(name, context); } catch { return { url: doors[name], shortCircuit: true }; }
  }`;
  register(`data:text/javascript,${encodeURIComponent(hooks)}`);
}

let provided = false;

/** The folder of the vistas that is running. */
export const ROOT = runnerFile("../../").href;

/** The public modules of the vistas in a folder, as URLs, by the names under which they are imported. */
export function doorsOf(folder: string): Readonly<Record<string, string>> {
  const { exports } = JSON.parse(readFileSync(new URL("package.json", folder), "utf8")) as {
    readonly exports?: Json;
  };
  const doors: Record<string, string> = {};
  for (const [name, target] of isObject(exports) ? Object.entries(exports) : []) {
    const file = isObject(target) ? target["default"] : undefined;
    if (typeof file === "string") doors[`vistas${name.slice(1)}`] = new URL(file, folder).href;
  }
  return doors;
}
