import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { chooseEngine } from "../../steps/engine/choose.js";
import { ProbeMemo } from "../../steps/engine/memo.js";
import { tryBackend, type ProbeResult } from "../../steps/engine/try-backend.js";
import { BACKENDS, type Backend } from "../../steps/engine/types.js";
import type { EngineChoice } from "../../runner/step-api.js";

describe("the choice of an engine", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "vistas-engine-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("takes what is asked for, with a class that does not speak of threads", async () => {
    const choice = await chooseEngine("wasm", folder);
    expect(choice.backend).toBe("wasm");
    expect(choice.numericClass).toMatch(/^wasm tfjs-backend-wasm \d+\.\d+\.\d+ float32 \w+$/);
    expect(choice.why).toContain("--backend wasm");
  });

  it("remembers the outcome, as long as the backend's files stay as they are", async () => {
    const file = join(folder, "engine-probe.json");
    const memo = JSON.parse(readFileSync(file, "utf8")) as { wasm: { stamp: string; result: object } };
    const told = {
      ok: true,
      version: "v",
      device: "d",
      numericClass: "remembered",
      gpu: false,
      deterministic: true,
    };
    writeFileSync(file, JSON.stringify({ wasm: { ...memo.wasm, result: told } }));
    expect((await chooseEngine("wasm", folder)).numericClass).toBe("remembered");
    writeFileSync(file, JSON.stringify({ wasm: { stamp: `${memo.wasm.stamp}!`, result: told } }));
    expect(new ProbeMemo(folder).get("wasm")).toBeUndefined();
    writeFileSync(file, "{ damaged");
    expect(new ProbeMemo(folder).get("wasm")).toBeUndefined();
  });

  describe("auto", () => {
    const works = (device: string, gpu = false): ProbeResult => ({
      ...{
        ok: true,
        version: "v",
        device,
        numericClass: `class of ${device}`,
        gpu,
        determinism: gpu ? "none" : "bitwise",
      },
    });
    const choose = async (outcomes: Partial<Record<Backend, ProbeResult>>): Promise<EngineChoice> => {
      const memo = new ProbeMemo(folder);
      for (const backend of BACKENDS)
        memo.set(backend, outcomes[backend] ?? { ok: false, why: "not installed" });
      return chooseEngine("auto", folder);
    };

    it("passes over what does not work, and says so", async () => {
      const tensorflow = { ok: false, why: "it computes wrongly" } as const;
      const choice = await choose({ tensorflow, wasm: works("w"), cpu: works("c") });
      expect(choice).toMatchObject({ backend: "wasm", numericClass: "class of w", deterministic: true });
      expect(choice.why).toContain("it computes wrongly");
    });

    it("takes any GPU before any processor", async () => {
      const webgpu = works("a GPU", true);
      const choice = await choose({ tensorflow: works("t"), webgpu, wasm: works("w") });
      expect(choice).toMatchObject({ backend: "webgpu", deterministic: false });
      expect(choice.why).toContain("tensorflow on t trains more slowly");
    });

    it("never takes a GPU made of software, which can still be asked for", async () => {
      expect((await choose({ webgpu: works("llvmpipe"), wasm: works("w") })).backend).toBe("wasm");
      expect((await chooseEngine("webgpu", folder)).numericClass).toBe("class of llvmpipe");
      await expect(choose({ webgpu: works("llvmpipe") })).rejects.toThrow(/No tensor engine works/);
    });
  });

  it("a backend that is asked for but does not work is an error that tells the remedy", async () => {
    new ProbeMemo(folder).set("tensorflow", { ok: false, why: "not installed" });
    await expect(chooseEngine("tensorflow", folder)).rejects.toThrow(/not installed.*doctor --install/s);
    await expect(chooseEngine("abacus", folder)).rejects.toThrow(/"abacus".*wasm/);
  });

  it("a trial tells the speed when asked", async () => {
    const result = await tryBackend("cpu", { speed: true });
    expect(result).toMatchObject({ ok: true, device: "JavaScript" });
    expect(result.ok && (result.gflops ?? 0) > 0).toBe(true);
  });
});
