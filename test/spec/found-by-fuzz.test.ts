/** Texts that `npm run test:faults -- pipelines` found to be judged wrongly, once: each stays refused at its place. */
import { describe, expect, it } from "@jest/globals";
import { UsageError } from "../../runner/core/diagnostic.js";
import { brief, mistakes } from "./support.js";
import { checkText, decodeText, MAX_BYTES } from "../../runner/pipeline/document/file-text.js";

describe("a path that no system takes", () => {
  it("is a file that is not there, of a plugin too (seed 0, text 3669: ENAMETOOLONG)", async () => {
    const long = `./kinds/count.${"- ".repeat(2500)}`;
    const text = `plugins: [${JSON.stringify(long)}]\nsteps:\n  a: { run: [x], inputs: { i: ${JSON.stringify(long)} } }\n`;
    expect((await mistakes(text)).map(brief)).toEqual(["missing-plugin 1:11", "missing-file 3:31"]);
  });
});

describe("a mistake that is about the whole file", () => {
  const found: readonly (readonly [string, () => string, string])[] = [
    ["UTF-16", () => decodeText(Buffer.from([0xff, 0xfe, 0x61, 0]), "p.yaml"), "not-utf8"],
    ["too many bytes", () => decodeText(new Uint8Array(MAX_BYTES + 1), "p.yaml"), "too-large"],
    ["too many characters", () => checkText(" ".repeat(MAX_BYTES + 1), "p.yaml"), "too-large"],
  ];
  it.each(found)("(%s) stands at its beginning", (_, read, code) => {
    let told: unknown;
    try {
      read();
    } catch (error) {
      told = error;
    }
    expect(told).toBeInstanceOf(UsageError);
    const [first] = (told as UsageError).diagnostics;
    expect([first?.code, first?.file, first?.range?.start]).toEqual([
      code,
      "p.yaml",
      { line: 1, column: 1, offset: 0 },
    ]);
  });
});
