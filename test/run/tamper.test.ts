/** What was tampered with since the lock was made is named as the cause: the engine, a kind's code, the generator. */
import { beforeAll, describe, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { sha256 } from "../../steps/formats/digest.js";
import { writeGenerator } from "../../steps/artifacts/generator.js";
import { mlpCard, mlpModel, randomWeights } from "../rig/generator.js";
import { Project } from "../rig/project.js";

/** The mean size of the encoder's numbers: it moves with every bit of them. */
const KIND = `import { defineStep } from "vistas";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export default defineStep({
  kind: "weigh",
  summary: "weighs an encoder",
  with: { type: "object", properties: {} },
  inputs: ["encoder"],
  outputs: ["note"],
  async run(ctx) {
    const { writeFileSync } = await import("node:fs");
    const file = readFileSync(join(ctx.inputs.encoder, "model.safetensors"));
    const from = 8 + Number(file.readBigUInt64LE(0));
    let sum = 0;
    for (let at = from; at < file.length; at += 4) sum += Math.abs(file.readFloatLE(at));
    ctx.metric("size", (4 * sum) / (file.length - from));
    writeFileSync(ctx.outputs.note, "weighed");
  },
});
`;

/** `sums`: the checksums of the generator's files; `value`: what is expected of the last step. */
const pipeline = (sums: string, value: number, tolerance: number): string => `name: demo
plugins: [./weigh.js]
steps:
  generator:
    uses: fetch-generator
    with: { source: ./generator, sha256: { ${sums} } }
  views:
    uses: sample-views
    inputs: { generator: generator.model }
    with: { anchors: 16 }
  encoder:
    uses: train-contrastive
    inputs: { views: views }
    with: { encoder: { kind: mlp, hidden: [8] }, head: [4], updates: 3, batch: 8, noise: 0.1 }
  weight:
    uses: weigh
    inputs: { encoder: encoder }
expect:
  - { metric: weight.size, value: ${value}, tolerance: ${tolerance} }
`;

interface Verdict {
  readonly ok: boolean;
  readonly lock: {
    readonly ok: boolean;
    readonly bytes: { readonly id: string; readonly because: readonly string[] } | null;
    readonly metrics: { readonly id: string; readonly metric: string } | null;
    readonly faults: readonly string[];
    readonly notes: readonly string[];
  };
}

describe("what was changed behind a lock's back", () => {
  const p = new Project({ "weigh.js": KIND });
  const makeGenerator = (seed: number): Promise<unknown> =>
    writeGenerator(p.path("generator"), mlpCard(), randomWeights(mlpModel, [4], seed));
  const sums = (): string =>
    ["model.safetensors", "model.json"]
      .map(name => `${name}: ${sha256(readFileSync(p.path("generator", name)))}`)
      .join(", ");
  let text = "";

  const call = (...args: string[]) => p.vistas(["reproduce", "p.yaml", "--backend", "wasm", ...args]);
  /** The verdict for programs and for people, with the exit code. */
  const reproduce = async (...args: string[]): Promise<{ verdict: Verdict; told: string; code: number }> => {
    const { stdout, code, stderr } = await call("--json", ...args);
    if (stdout === "") throw new Error(stderr);
    const { stdout: told } = await call("--no-color", ...args);
    return { verdict: JSON.parse(stdout) as Verdict, told, code };
  };

  beforeAll(async () => {
    await makeGenerator(0);
    // The first run tells what is to be expected.
    p.write("p.yaml", pipeline(sums(), 0, 9));
    const first = await call("--json");
    const { checks } = JSON.parse(first.stdout) as { checks: readonly { readonly actual: number | null }[] };
    const actual = checks[0]?.actual ?? null;
    if (actual === null) throw new Error(first.stderr);
    text = pipeline(sums(), actual, 0.0001);
    p.write("p.yaml", text);
    expect(await call("--update")).toMatchObject({ code: 0 });
    expect((await reproduce()).verdict.lock).toMatchObject({ ok: true, bytes: null, faults: [] });
  }, 120_000);

  it("another engine: other bytes are noted, metrics are held to their tolerance", async () => {
    const { verdict, told, code } = await reproduce("--backend", "cpu");
    const because = /engine numeric class: .*wasm.* -> .*cpu/;
    expect([code, verdict.ok, verdict.lock.bytes?.id]).toEqual([0, true, "encoder"]);
    expect(verdict.lock.bytes?.because.join()).toMatch(because);
    expect(verdict.lock.notes.join("\n")).toMatch(because);
    expect(told).toMatch(because);
    // A tolerance that no rounding meets.
    p.write("p.yaml", text.replace("tolerance: 0.0001", "tolerance: 1e-17"));
    const strict = await reproduce("--backend", "cpu");
    p.write("p.yaml", text);
    expect([strict.code, strict.verdict.lock.metrics?.id]).toEqual([3, "weight"]);
    expect(strict.told).toMatch(/departs first at encoder .*engine numeric class/);
  }, 120_000);

  it("an altered kind: its module is named, and the metric that it changed", async () => {
    p.write("weigh.js", KIND.replace("4 * sum", "4.4 * sum"));
    const { verdict, told, code } = await reproduce();
    p.write("weigh.js", KIND);
    expect([code, verdict.lock.metrics]).toMatchObject([3, { id: "weight", metric: "size" }]);
    for (const text of [verdict.lock.faults.join("\n"), told]) expect(text).toMatch(/code weigh\.js changed/);
  }, 120_000);

  it("an altered kind that gives the same bytes is no departure", async () => {
    p.write("weigh.js", KIND.replace("let sum = 0;", "let sum = 0 + 0;"));
    const { verdict, code } = await reproduce();
    p.write("weigh.js", KIND);
    expect([code, verdict.lock]).toMatchObject([0, { ok: true, bytes: null }]);
  }, 120_000);

  it("an altered generator: refused under its old checksum, and named under a new one", async () => {
    const was = sums();
    await makeGenerator(1);
    const refused = await call("--fresh");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/generator.*failed[^]*model\.safetensors[^]*sha256/i);
    p.write("p.yaml", text.replace(was, sums()));
    const { verdict, told, code } = await reproduce();
    await makeGenerator(0);
    p.write("p.yaml", text);
    expect([code, verdict.lock.bytes?.id]).toEqual([3, "generator"]);
    for (const text of [verdict.lock.faults.join("\n"), told])
      expect(text).toMatch(/parameter with\.sha256\.model\.safetensors: /);
  }, 120_000);
});
