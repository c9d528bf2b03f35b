import { register } from "node:module";
import { runnerFile } from "./here.js";

/**
 * Lets a plug-in write `import { defineStep } from "vistas"` wherever it lies: a project that has vistas in its own
 * node_modules gets that one, any other the vistas that is running. To be called before a plug-in is imported.
 */
export function provideSelf(): void {
  if (provided) return;
  provided = true;
  const self = runnerFile("index.js").href;
  const hooks = `export async function resolve(name, context, next) {
    if (name !== "vistas") return next(name, context);
    try { return await next(name, context); } catch { return { url: ${JSON.stringify(self)}, shortCircuit: true }; }
  }`;
  register(`data:text/javascript,${encodeURIComponent(hooks)}`);
}

let provided = false;
