import { describe, expect, it } from "@jest/globals";
import { isObject, type Json, type JsonObject } from "../../runner/core/json.js";
import { compileSchema } from "../../runner/pipeline/schema/ajv.js";
import { baseSchema, pipelineSchema } from "../../runner/pipeline/schema/pipeline-schema.js";
import { kinds } from "./support.js";

const schema = await pipelineSchema(kinds);
const validate = compileSchema(schema, false);
const valid = (step: Json): boolean => validate({ steps: { a: step } });

describe("the schema for editors", () => {
  it("knows the options, inputs and outputs of each kind", () => {
    expect(valid({ uses: "make-data", with: { count: 3 } })).toBe(true);
    expect(valid({ uses: "make-data", with: { cuont: 3 } })).toBe(false);
    expect(valid({ uses: "make-data", with: { kind: "tset" } })).toBe(false);
    expect(valid({ uses: "train-model", with: { rate: 1 } })).toBe(false);
    expect(valid({ uses: "train-model", inputs: { data: "d" } })).toBe(false);
    expect(valid({ uses: "train-model", inputs: { data: "d" }, with: { rate: 1 } })).toBe(true);
    expect(JSON.stringify(schema)).toContain("`labels`: Labels.");
  });

  it("lets an expression stand for any option", () => {
    const inputs = { data: "d" };
    expect(valid({ uses: "make-data", with: { count: "${{ params.n }}" } })).toBe(true);
    expect(valid({ uses: "make-data", with: { count: "many" } })).toBe(false);
    expect(
      valid({ uses: "train-model", inputs, with: { rate: "${{ params.r }}", transform: "${{ params.t }}" } }),
    ).toBe(true);
    expect(
      valid({ uses: "train-model", inputs, with: { rate: 1, transform: { sigma: "${{ params.s }}" } } }),
    ).toBe(true);
  });

  it("does not ask of a step, or of a template, for what it may take from a template", () => {
    const partial = { inputs: { data: "d" }, with: { seed: 1 } };
    expect(valid({ extends: "t", ...partial })).toBe(true);
    expect(valid({ extends: "t", inptus: {} })).toBe(false);
    expect(validate({ templates: { t: partial }, steps: { a: { extends: "t" } } })).toBe(true);
  });

  it("lets kinds of plug-ins pass", () => {
    expect(valid({ uses: "mine", with: { anything: 1 }, inputs: { any: "x" } })).toBe(true);
  });

  it("describes every key, for whoever hovers over it", () => {
    const bare: string[] = [];
    const look = (properties: Json | undefined, path: string): void => {
      for (const [key, value] of Object.entries(isObject(properties) ? properties : {})) {
        if (isObject(value) && typeof value["description"] !== "string") bare.push(`${path}${key}`);
      }
    };
    const base = baseSchema();
    const step = at(base, "properties", "steps", "additionalProperties");
    look(base["properties"], "");
    look(step["properties"], "steps.");
    look(at(step, "properties", "resources")["properties"], "resources.");
    const entry = at(base, "properties", "expect", "items");
    look(at(entry, "then")["properties"], "claim.");
    look(at(entry, "else")["properties"], "metric.");
    expect(bare).toEqual([]);
  });

  it("has examples that are valid", () => {
    const step = at(baseSchema(), "properties", "steps", "additionalProperties");
    for (const [key, property] of Object.entries(step["properties"] as JsonObject)) {
      const { examples = [] } = property as { examples?: readonly Json[] };
      const check = compileSchema(property as JsonObject, false);
      for (const example of examples) expect([key, check(example)]).toEqual([key, true]);
    }
  });
});

function at(schema: JsonObject, ...path: readonly string[]): JsonObject {
  return path.reduce((holder, key) => holder[key] as JsonObject, schema);
}
