import process from "node:process";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, it } from "@jest/globals";
import { execa } from "execa";
import { tryBackend } from "../../steps/engine/try-backend.js";
import { describeOrSkip } from "../rig/skip.js";
import { useSoftwareVulkan } from "../rig/vulkan.js";
import type { DeviceMemory } from "./device-memory.js";
import { lacking } from "./lacking.js";

useSoftwareVulkan();
const reason = lacking("webgpu", await tryBackend("webgpu"));

describeOrSkip("the memory of a WebGPU device", reason, () => {
  let memory: DeviceMemory = { lent: [], used: [NaN, NaN], error: "" };
  beforeAll(async () => {
    const program = fileURLToPath(new URL("./device-memory.js", import.meta.url));
    const { stdout } = await execa(process.execPath, [program, "webgpu"]);
    memory = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as DeviceMemory;
    // A GPU made of software takes its time on a busy machine.
  }, 240_000);

  it("does not grow from update to update", () => {
    const settled = memory.lent.slice(8);
    expect(settled.length).toBe(16);
    // Readings that come later than usual take one more small buffer.
    expect(Math.max(...settled)).toBeLessThan(1.25 * (settled[0] ?? NaN));
  });

  it("is given back at dispose, but for what the engine itself keeps", () => {
    expect(memory.used[1] - memory.used[0]).toBeLessThan(4096);
  });

  it("is not silently exceeded: Dawn gives zeros, the engine an error", () => {
    expect(memory.error).toMatch(/^OutOfMemory: Out of memory: a step on 1 rows takes some 1\d GB/);
  });
});
