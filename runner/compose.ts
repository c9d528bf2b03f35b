/**
 * Joins the runner and the step kinds. With cli.ts and worker.ts the only place that knows both; everything else
 * is handed what it needs.
 */
import { readFileSync } from "node:fs";
import { systemClock } from "./core/clock.js";
import { runnerFile } from "./core/self/here.js";
import type { Tools } from "./workflow/tools.js";
import { discoverCapacity } from "./exec/devices.js";
import { localExecutor } from "./exec/process/local.js";
import { kindOf } from "./pipeline/kinds/kind-of.js";
import { statedMetrics } from "../steps/stated-metrics.js";
import { builtinKinds, isBuiltinKind, kindModule, loadKind } from "../steps/index.js";

export function composeTools(): Tools {
  return {
    version: packageVersion(),
    clock: systemClock,
    kinds: {
      names: builtinKinds,
      get: async name =>
        isBuiltinKind(name) ? kindOf(await loadKind(name), kindModule(name), false) : undefined,
    },
    statedMetrics,
    executor: localExecutor,
    capacity: discoverCapacity,
    chooseEngine: async (request, memo) =>
      (await import("../steps/engine/choose.js")).chooseEngine(request, memo),
    listEngines: async () => (await import("../steps/engine/engine-report.js")).listEngines(),
    installEngine: async (name, watcher, signal) =>
      (await import("../steps/engine/install/index.js")).installEngine(name, watcher, signal),
  };
}

function packageVersion(): string {
  const text = readFileSync(runnerFile("../../package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
