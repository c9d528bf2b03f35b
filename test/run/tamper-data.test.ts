/** A dataset that is another than the lock's is named as the cause, down to the file. */
import { describe, expect, it } from "@jest/globals";
import { writeFileSync } from "node:fs";
import { sha256 } from "../../steps/formats/digest.js";
import { encodeIdx } from "../../steps/formats/idx.js";
import { Project } from "../rig/project.js";

const KIND = `import { defineStep } from "vistas";
import { readFileSync, writeFileSync } from "node:fs";

export default defineStep({
  kind: "brightness",
  summary: "adds up pixels",
  with: { type: "object", properties: {} },
  inputs: ["images"],
  outputs: ["note"],
  run(ctx) {
    const bytes = readFileSync(ctx.inputs.images + "/images.npy");
    ctx.metric("sum", bytes.reduce((sum, byte) => sum + byte, 0));
    writeFileSync(ctx.outputs.note, "added up");
  },
});
`;
const NAMES = ["train-images", "train-labels", "t10k-images", "t10k-labels"].map(
  (name, i) => `${name}-idx${i % 2 === 0 ? 3 : 1}-ubyte`,
);

/** Four files of 8 images of 2 x 2 pixels; in train, each pixel has this value. */
function files(pixel: number): Map<string, Uint8Array> {
  const images = (value: number) => encodeIdx(new Uint8Array(32).fill(value), [8, 2, 2]);
  const labels = encodeIdx(
    Uint8Array.from({ length: 8 }, (_, i) => i % 2),
    [8],
  );
  const contents = [images(pixel), labels, images(1), labels];
  return new Map(NAMES.map((name, i) => [name, contents[i] ?? labels]));
}

describe("a dataset that was swapped since the lock was made", () => {
  const p = new Project({ "brightness.js": KIND, "data/.keep": "" });
  const put = (data: ReadonlyMap<string, Uint8Array>): void => {
    for (const [name, bytes] of data) writeFileSync(p.path("data", name), bytes);
  };
  const pipeline = (data: ReadonlyMap<string, Uint8Array>): string => `name: demo
plugins: [./brightness.js]
steps:
  real:
    uses: fetch-dataset
    with:
      dataset: fashion-mnist
      licence: MIT
      classes: [a, b]
      source: ./data
      sha256: { ${[...data].map(([name, bytes]) => `${name}: ${sha256(bytes)}`).join(", ")} }
  brightness: { uses: brightness, inputs: { images: real.train } }
`;

  it("is refused under its old checksum, and named under a new one", async () => {
    const [ours, other] = [files(3), files(4)];
    put(ours);
    p.write("p.yaml", pipeline(ours));
    expect(await p.vistas(["reproduce", "p.yaml", "--update"])).toMatchObject({ code: 0 });

    put(other);
    const refused = await p.vistas(["reproduce", "p.yaml", "--fresh"]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/real[^]*failed[^]*train-images-idx3-ubyte[^]*sha256/i);

    p.write("p.yaml", pipeline(other));
    const { code, stdout } = await p.vistas(["reproduce", "p.yaml", "--json"]);
    const { lock } = JSON.parse(stdout) as {
      lock: { bytes: { id: string }; metrics: { id: string; metric: string }; faults: string[] };
    };
    expect([code, lock.bytes.id]).toEqual([3, "real"]);
    expect(lock.metrics).toMatchObject({ id: "brightness", metric: "sum" });
    expect(lock.faults.join("\n")).toMatch(/parameter with\.sha256\.train-images-idx3-ubyte: /);
  });
});
