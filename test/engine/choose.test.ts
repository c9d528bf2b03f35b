import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { chooseEngine } from "../../steps/engine/choose.js";
import { ProbeMemo } from "../../steps/engine/memo.js";
import { tryBackend } from "../../steps/engine/try-backend.js";

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
    const told = { ok: true, version: "v", device: "d", numericClass: "remembered" };
    writeFileSync(file, JSON.stringify({ wasm: { ...memo.wasm, result: told } }));
    expect((await chooseEngine("wasm", folder)).numericClass).toBe("remembered");
    writeFileSync(file, JSON.stringify({ wasm: { stamp: `${memo.wasm.stamp}!`, result: told } }));
    expect(new ProbeMemo(folder).get("wasm")).toBeUndefined();
    writeFileSync(file, "{ damaged");
    expect(new ProbeMemo(folder).get("wasm")).toBeUndefined();
  });

  it("auto passes over what does not work, and says so", async () => {
    const memo = new ProbeMemo(folder);
    memo.set("tensorflow", { ok: false, why: "it computes wrongly" });
    memo.set("webgpu", { ok: false, why: "no adapter" });
    memo.set("wasm", { ok: true, version: "v", device: "the device", numericClass: "c" });
    const choice = await chooseEngine("auto", folder);
    expect(choice).toMatchObject({ backend: "wasm", numericClass: "c" });
    expect(choice.why).toContain("it computes wrongly");
  });

  it("auto passes over a GPU made of software, which can still be asked for", async () => {
    const memo = new ProbeMemo(folder);
    memo.set("tensorflow", { ok: false, why: "not installed" });
    memo.set("webgpu", { ok: true, version: "v", device: "google swiftshader", numericClass: "soft" });
    memo.set("wasm", { ok: true, version: "v", device: "the device", numericClass: "c" });
    expect((await chooseEngine("auto", folder)).backend).toBe("wasm");
    expect((await chooseEngine("webgpu", folder)).numericClass).toBe("soft");
  });

  it("a backend that is asked for but does not work is an error that tells the remedy", async () => {
    new ProbeMemo(folder).set("tensorflow", { ok: false, why: "not installed" });
    await expect(chooseEngine("tensorflow", folder)).rejects.toThrow(/not installed.*npm install/s);
    await expect(chooseEngine("abacus", folder)).rejects.toThrow(/"abacus".*wasm/);
  });

  it("a trial tells the speed when asked", async () => {
    const result = await tryBackend("cpu", true);
    expect(result).toMatchObject({ ok: true, device: "JavaScript" });
    expect(result.ok && (result.gflops ?? 0) > 0).toBe(true);
  });
});
