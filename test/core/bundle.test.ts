import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "@jest/globals";
import { CODE, loadBundle } from "../../runner/core/self/bundle.js";
import { tempFolder } from "../rig/temp.js";

describe("the bundle of the command line", () => {
  const folder = tempFolder();
  const file = join(folder, "main.cjs");
  const load = () => loadBundle(pathToFileURL(file));
  const write = (word: string): void =>
    writeFileSync(
      file,
      `//["./shared.mjs"]\nexports.text = () => require("./shared.mjs").text + "${word}" + require("node:path").sep;\n`,
    );
  writeFileSync(join(folder, "shared.mjs"), `export const text = "shared ";`);

  const text = async (): Promise<string> => ((await load()).exports["text"] as () => string)();

  it("shares modules, and runs from kept code, unless that or the bundle is another than it was", async () => {
    write("one");
    expect(await text()).toBe("shared one/");
    writeFileSync(join(folder, CODE), (await load()).code());
    expect(await text()).toBe("shared one/");

    const kept = readFileSync(join(folder, CODE));
    for (let at = 0; at < kept.length; at += Math.ceil(kept.length / 20)) {
      const damaged = Buffer.from(kept);
      damaged[at] = (damaged[at] ?? 0) ^ 0xff;
      writeFileSync(join(folder, CODE), damaged);
      expect(await text()).toBe("shared one/");
    }
    writeFileSync(join(folder, CODE), kept.subarray(0, 40));
    expect(await text()).toBe("shared one/");

    // V8 compares lengths alone.
    writeFileSync(join(folder, CODE), kept);
    write("two");
    expect(await text()).toBe("shared two/");
  });
});
