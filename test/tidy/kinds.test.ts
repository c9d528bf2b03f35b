import { describe, expect, it } from "@jest/globals";
import { codeDigests } from "../../runner/cache/code.js";
import type { StepDefinition } from "../../runner/step-api.js";
import { systemClock } from "../../runner/core/clock.js";
import { codeHost } from "../../runner/exec/host.js";
import { Store } from "../../runner/store/store.js";
import { builtinKinds, kindModule } from "../../steps/index.js";
import { tempFolder } from "../rig/temp.js";

describe("the effort of every built-in kind", () => {
  it.each(builtinKinds)("is told by options that are numbers: %s", async kind => {
    const { default: definition } = (await import(kindModule(kind))) as { default: StepDefinition };
    const options = definition.with["properties"] as Readonly<Record<string, { readonly type?: string }>>;
    for (const name of definition.effort ?? []) expect(options[name]?.type).toBe("integer");
  });
});

describe("the code of every built-in kind", () => {
  it.each(builtinKinds)("can be told: %s", async kind => {
    const digests = await codeDigests(kindModule(kind), codeHost(new Store(tempFolder(), systemClock)));
    expect(Object.keys(digests)).toContain("run.js");
    // Places must not be in a key.
    expect(Object.keys(digests).filter(name => name.startsWith("/"))).toEqual([]);
    // What the runner is made of is no part of a kind, but for its interfaces.
    const runner = Object.keys(digests).filter(name => name.includes("runner/"));
    expect(runner.every(name => /runner\/([a-z]+-api|core\/)/.test(name))).toBe(true);
    // A plot's ticks are in the key of plots alone.
    expect(runner.some(name => name.endsWith("core/numbers/scale.js"))).toBe(kind === "plot");
  });
});
