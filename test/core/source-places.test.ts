import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "@jest/globals";
import { inSource } from "../../runner/core/self/source-places.js";

const folder = mkdtempSync(join(tmpdir(), "vistas-places-"));
const compiled = pathToFileURL(join(folder, "kind.js")).href;
/** Line 1, column 1 of kind.js comes from line 3, column 5 of kind.ts. */
const MAP = { version: 3, file: "kind.js", sources: ["src/kind.ts"], names: [], mappings: "AAEI" };

describe("the places of a stack", () => {
  it("are those of the source, where a map lies beside the compiled file", () => {
    writeFileSync(join(folder, "kind.js.map"), JSON.stringify(MAP));
    expect(inSource(`Error: no\n    at run (${compiled}:1:1)\n    at node:internal:7:8`)).toBe(
      `Error: no\n    at run (${new URL("src/kind.ts", compiled).href}:3:5)\n    at node:internal:7:8`,
    );
  });

  it.each([
    ["without a map", undefined],
    ["with a map that is none", "<html>"],
    ["with a map of nothing", JSON.stringify({ ...MAP, mappings: "" })],
  ])("stay as they are %s", (what, map) => {
    const name = `${what.replaceAll(" ", "-")}.js`;
    if (map !== undefined) writeFileSync(join(folder, `${name}.map`), map);
    const stack = `Error: no\n    at ${new URL(name, compiled).href}:4:2`;
    expect(inSource(stack)).toBe(stack);
  });
});
