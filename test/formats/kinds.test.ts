import { describe, expect, it } from "@jest/globals";
import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { kindOf } from "../../runner/pipeline/kinds/kind-of.js";
import { builtinKinds, isBuiltinKind, kindModule, loadKind } from "../../steps/index.js";
import { isJsonObject } from "../../steps/formats/json.js";

/** Every module that importing `file` brings in at once, and the packages among them. */
function eager(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, target = ""] of readFileSync(file, "utf8").matchAll(
    /^(?:import|export)\s[^;]*?from\s+"([^"]+)";/gms,
  )) {
    if (target.startsWith(".")) eager(resolve(dirname(file), target), seen);
    else seen.add(target);
  }
  return seen;
}

describe.each([...builtinKinds])("the built-in kind %s", name => {
  it("is a module of that kind, and cheap to declare", async () => {
    expect(existsSync(kindModule(name))).toBe(true);
    expect((await loadKind(name)).kind).toBe(name);
    const heavy = [...eager(kindModule(name))].filter(
      module => !module.startsWith("/") && !module.startsWith("node:"),
    );
    expect(heavy).toEqual([]);
  });

  it("says what each output is and what each input accepts", async () => {
    const { inputs, outputs } = kindOf(await loadKind(name), kindModule(name), false);
    const silent = [
      ...Object.keys(inputs).filter(role => inputs[role]?.accepts.length === 0),
      ...Object.keys(outputs).filter(output => outputs[output]?.type === undefined),
    ];
    expect(silent).toEqual([]);
  });

  it("describes every option and refuses unknown ones", async () => {
    const schema = (await loadKind(name)).with;
    expect(schema["additionalProperties"]).toBe(false);
    const properties = schema["properties"];
    for (const [option, value] of Object.entries(isJsonObject(properties) ? properties : {}))
      expect([option, isJsonObject(value) && typeof value["description"]]).toEqual([option, "string"]);
  });
});

it("every type that an input accepts is made by some kind", async () => {
  const kinds = await Promise.all(builtinKinds.map(async kind => kindOf(await loadKind(kind), "", false)));
  const made = new Set(kinds.flatMap(({ outputs }) => Object.values(outputs).map(({ type }) => type)));
  const accepted = new Set(
    kinds.flatMap(({ inputs }) => Object.values(inputs).flatMap(({ accepts }) => accepts)),
  );
  expect([...accepted].filter(type => !made.has(type))).toEqual([]);
});

it("no other name is built in", () => {
  expect(isBuiltinKind("fetch-dataset")).toBe(true);
  expect(isBuiltinKind("constructor")).toBe(false);
});
