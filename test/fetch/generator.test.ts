import { describe, expect, it } from "@jest/globals";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "../../runner/step-api.js";
import kind from "../../steps/kinds/fetch-generator/index.js";
import { sha256 } from "../../steps/formats/digest.js";
import { readGenerator } from "../../steps/artifacts/generator.js";
import { type KindRun, runKind } from "../rig/context.js";
import { writeRandomGenerator } from "../rig/generator.js";
import { tempFolder } from "../rig/temp.js";

const sumsOf = (folder: string): Record<string, string> =>
  Object.fromEntries(readdirSync(folder).map(name => [name, sha256(readFileSync(join(folder, name)))]));

function fetch(source: string, change: JsonObject = {}): Promise<KindRun<unknown>> {
  return runKind(kind, { with: { source, sha256: sumsOf(source), ...change } });
}

/** A generator's folder with a file changed. */
async function changed(file: string, change: (text: string) => string): Promise<string> {
  const folder = await writeRandomGenerator();
  const edit = (name: string, how: (text: string) => string): void => {
    const path = join(folder, name);
    writeFileSync(path, how(readFileSync(path, "latin1")), "latin1");
  };
  // The card states the weights' digest: taken out, so that the checks behind that one are reached.
  edit("model.json", text => text.replace(/"sha256": "\w+"/, '"was": ""'));
  edit(file, change);
  return folder;
}

describe("fetch-generator", () => {
  it("brings both files as they are, and counts", async () => {
    const folder = await writeRandomGenerator();
    const run = await fetch(folder);
    const model = run.outputs["model"] ?? "";
    expect(sumsOf(model)).toEqual(sumsOf(folder));
    expect((await readGenerator(model)).card.family).toBe("vae");
    expect(run.metrics).toEqual({
      bytes: readFileSync(join(folder, "model.safetensors")).length,
      parameters: 4 * 16 + 16 + 16 * 30 + 30,
    });
  });

  it("takes files of other names, and writes them under the artifact's", async () => {
    const folder = await writeRandomGenerator();
    const other = tempFolder();
    for (const ending of ["safetensors", "json"])
      writeFileSync(join(other, `vae.${ending}`), readFileSync(join(folder, `model.${ending}`)));
    const { outputs } = await fetch(other);
    expect(readdirSync(outputs["model"] ?? "").sort()).toEqual(["model.json", "model.safetensors"]);
  });

  it.each<[string, string, (text: string) => string, RegExp]>([
    [
      "an unknown layer",
      "model.json",
      t => t.replace('"type": "reshape"', '"type": "capsule"'),
      /layers\[2\]: unknown layer "capsule"/,
    ],
    [
      "another number of units",
      "model.json",
      t => t.replace('"units": 16', '"units": 17'),
      /'layers.0.kernel' is \[4, 16\], the layer list asks for \[4, 17\]/,
    ],
    [
      "a wrong rank",
      "model.safetensors",
      t => t.replace('"shape":[4,16]', '"shape":[64]  '),
      /'layers.0.kernel' is \[64\], the layer list asks for \[4, 16\]/,
    ],
    [
      "another image",
      "model.json",
      t => t.replace(/"shape": \[\s+6,\s+5,\s+1\s+\],\s+"type"/, '"shape": [5, 6, 1], "type"'),
      /put out \[5, 6, 1\], the card's image is \[6, 5, 1\]/,
    ],
    ["weights cut short", "model.safetensors", t => t.slice(0, -4), /cut short/],
  ])("refuses %s by name", async (_, file, change, message) => {
    await expect(fetch(await changed(file, change))).rejects.toThrow(message);
  });

  it("takes a header whose length begins as a Python pickle does", async () => {
    const folder = await changed("model.safetensors", text => {
      const length = text.charCodeAt(0) + 256 * text.charCodeAt(1);
      expect(length).toBeLessThan(640);
      return `\x80\x02\0\0\0\0\0\0${text.slice(8, 8 + length).padEnd(640)}${text.slice(8 + length)}`;
    });
    expect((await fetch(folder)).metrics["parameters"]).toBeGreaterThan(0);
  });

  it("says which files make up a model", async () => {
    const folder = await writeRandomGenerator();
    const { "model.json": card = "" } = sumsOf(folder);
    await expect(fetch(folder, { sha256: { "model.json": card } })).rejects.toThrow(
      "no model is made up of model.json",
    );
  });

  it("needs the checksum of both files", async () => {
    const folder = await writeRandomGenerator();
    await expect(fetch(folder, { sha256: { ...sumsOf(folder), "model.json": sha256("x") } })).rejects.toThrow(
      "model.json has sha256",
    );
  });
});
