/**
 * Every engine of this machine, held against plain JavaScript in processes of their own. Those that the machine lacks
 * are skipped, with the reason; one that is there and computes wrongly fails.
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { execa } from "execa";
import { tryBackend, type ProbeResult } from "../../steps/engine/try-backend.js";
import { BACKENDS, type Backend } from "../../steps/engine/types.js";
import { SELF_CHECKS } from "../rig/reporter.js";
import { describeOrSkip, testOrSkip } from "../rig/skip.js";
import { useSoftwareVulkan } from "../rig/vulkan.js";
import { MARK, type Agreement } from "./agreement.js";
import { lacking } from "./lacking.js";
import { cases } from "./ops/index.js";

useSoftwareVulkan();
const results = new Map<Backend, ProbeResult>();
for (const backend of BACKENDS) results.set(backend, await tryBackend(backend));

describe(SELF_CHECKS, () => {
  for (const [backend, result] of results) {
    const what = result.ok
      ? `${backend} (${result.version}; ${result.device}; ${result.determinism})`
      : backend;
    testOrSkip(what, lacking(backend, result), () => {
      expect(result).toMatchObject({ ok: true });
    });
  }
});

/**
 * Relative to the largest number of each result. Vulkan lets a GPU's sines and their like be off by 2^-11
 * (Vulkan specification, "Precision of GLSL.std.450 instructions").
 */
const TOLERANCE = 2e-5;
const GPU_TOLERANCES: Readonly<Record<string, number>> = {
  sin: 1e-3,
  cos: 1e-3,
  tan: 1e-3,
  acos: 1e-3,
  asin: 1e-3,
};

/** What onnx runs operation by operation, saying which operation and where; all else it compiles. */
const REFUSED = new Set(["topk"]);

for (const backend of ["tensorflow", "onnx", "webgpu"] as const)
  describeOrSkip(
    `${backend} computes what cpu computes, value and gradients`,
    lacking(backend, results.get(backend)),
    () => {
      let agreement: Agreement = {};
      beforeAll(async () => {
        const program = fileURLToPath(new URL("./agreement.js", import.meta.url));
        const { stdout } = await execa(process.execPath, [program, backend]);
        const line = stdout.split("\n").find(text => text.startsWith(MARK)) ?? "";
        agreement = JSON.parse(line.slice(MARK.length)) as Agreement;
        // A GPU made of software takes its time on a busy machine.
      }, 240_000);

      it.each(cases.map(({ name }) => name))("%s", name => {
        if (backend === "onnx" && REFUSED.has(name)) {
          expect(agreement[name]).toMatch(
            /^eager: \w+ has no compiled form \(called at .*structure\.js:\d+:\d+\)$/,
          );
          return;
        }
        const tolerance = backend === "webgpu" ? (GPU_TOLERANCES[name] ?? TOLERANCE) : TOLERANCE;
        expect(agreement[name]).toBeLessThan(tolerance);
      });
    },
  );
