import { existsSync, readdirSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { afterAll, describe, expect, it } from "@jest/globals";
import { reading } from "../../runner/commands/call/reading.js";
import { gc } from "../../runner/store/gc/gc.js";
import { Laboratory } from "../faults/laboratory.js";

const lab = new Laboratory();
afterAll(() => lab.remove());

const NOTHING = { keepLast: 0, keep: new Set<string>(), locked: new Set<string>() };
const QUIET = { stderr: { write: () => true }, signal: new AbortController().signal };

describe("a gc beside a checkout", () => {
  it("removes nothing until all is read", async () => {
    lab.restore();
    const run = await lab.run(lab.store());
    const store = lab.store();
    const read = run.steps.find(({ step }) => step === "first");
    const ref = store.records.of(read?.key ?? "", read?.result)?.outputs["o"];
    if (read === undefined || ref === undefined) throw new Error("nothing to read");
    let looks = 0;
    let isRead = false;
    const waited: string[] = [];
    const collected: Promise<unknown>[] = [];
    await reading(QUIET, store, async () => {
      const wait = async (): Promise<void> => {
        looks++;
        await setImmediate();
      };
      collected.push(
        gc(lab.store(), NOTHING, { wait, waits: other => void waited.push(other.run) }).then(() =>
          expect(isRead).toBe(true),
        ),
      );
      while (looks < 5) await setImmediate();
      expect(existsSync(store.objects.path(ref))).toBe(true);
      isRead = true;
    });
    await Promise.all(collected);
    expect(waited).toEqual([expect.stringMatching(/^reading-\d+$/)]);
    expect(readdirSync(`${lab.root}/work`)).toEqual([]);
    expect(existsSync(store.objects.path(ref))).toBe(false);
  });
});
