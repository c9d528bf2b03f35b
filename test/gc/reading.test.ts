import { existsSync, readdirSync, readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "@jest/globals";
import { reading } from "../../runner/commands/reading.js";
import { gc } from "../../runner/store/gc.js";
import { Laboratory } from "../faults/laboratory.js";

const lab = new Laboratory();
afterAll(() => lab.remove());

const NOTHING = { keepLast: 0, keep: new Set<string>(), locked: new Set<string>() };

describe("a gc beside a checkout", () => {
  it("leaves what is being read, and takes the rest", async () => {
    lab.restore();
    const run = await lab.run(lab.store());
    lab.tick();
    const store = lab.store();
    const read = run.steps.find(({ step }) => step === "first");
    const ref = store.records.of(read?.key ?? "", read?.result)?.outputs["o"];
    if (read === undefined || ref === undefined) throw new Error("nothing to read");
    await reading(store, [read.key], async () => {
      await gc(lab.store(), NOTHING);
      expect(readFileSync(store.objects.path(ref), "utf8")).toBe("one\n");
      const other = run.steps.find(({ step }) => step === "last");
      expect(lab.store().records.get(other?.key ?? "")).toBeUndefined();
    });
    expect(readdirSync(`${lab.root}/work`)).toEqual([]);
    await gc(lab.store(), NOTHING);
    expect(existsSync(store.objects.path(ref))).toBe(false);
  });
});
