import { describe, expect, it } from "@jest/globals";
import type { Diagnostic } from "../../runner/core/diagnostic.js";
import { formatDiagnostic, formatDiagnostics } from "../../runner/pipeline/mistakes/code-frame.js";
import { LineIndex, rangeAt } from "../../runner/pipeline/document/file-text.js";

const text = `steps:\n  a:\n    inptus: { x: y }\n\t\tz: 1\nlong: ${"x".repeat(300)}END\n`;
const at = (part: string, more: Partial<Diagnostic> = {}): Diagnostic => {
  const start = text.indexOf(part);
  const range = rangeAt(new LineIndex(text), start, start + part.length);
  return { code: "unknown-key", severity: "error", message: "no such key", file: "p.yaml", range, ...more };
};
const plain = (d: Diagnostic, source: string | undefined = text) =>
  formatDiagnostic(d, source, { color: false }).split("\n");

describe("a frame", () => {
  it("shows the line with what is pointed at, and what to do", () => {
    const related = [{ message: "the other one", file: "p.yaml", range: at("a:").range as never }];
    expect(plain(at("inptus", { hint: "did you mean `inputs`?", related }))).toEqual([
      "p.yaml:3:5: error[unknown-key]: no such key",
      "  |",
      "3 |     inptus: { x: y }",
      "  |     ^^^^^^",
      "help: did you mean `inputs`?",
      "note: p.yaml:2:3: the other one",
    ]);
  });

  it("keeps the underline right behind tabs", () => {
    expect(plain(at("z: 1"))[3]).toBe("  | \t\t^^^^");
  });

  it("cuts long lines around the place", () => {
    const [, , line, underline] = plain(at("END"));
    expect(line?.length).toBeLessThan(120);
    expect(line?.slice(underline?.indexOf("^"))).toMatch(/^END/);
    expect(underline?.trimEnd()).toMatch(/\^\^\^$/);
    expect(plain(at("long"))[2]).toMatch(/^5 \| long: x+\.\.\.$/);
  });

  it("marks a place between characters, and the end of the file", () => {
    const end = rangeAt(new LineIndex(text), text.length, text.length);
    expect(plain({ ...at("z"), range: end })[3]).toBe("  | ^");
    expect(plain({ ...at("z"), range: rangeAt(new LineIndex(""), 0, 0) }, "")[3]).toBe("  | ^");
  });

  it("shows only the first of several lines", () => {
    const start = text.indexOf("inptus");
    expect(plain({ ...at("z"), range: rangeAt(new LineIndex(text), start, text.length) })[3]).toBe(
      `  |     ${"^".repeat(16)}`,
    );
  });

  it("does without a place, a text or a file", () => {
    const { range, ...bare } = at("z");
    expect(range).toBeDefined();
    expect(plain(bare)).toEqual(["p.yaml: error[unknown-key]: no such key"]);
    expect(plain({ ...bare, file: "" })).toEqual(["error[unknown-key]: no such key"]);
    expect(formatDiagnostic(at("z"), undefined, { color: false })).toBe(
      "p.yaml:4:3: error[unknown-key]: no such key",
    );
  });

  it("colours when asked, and leaves an empty line between several", () => {
    const two = [at("a:"), at("z", { severity: "warning" })];
    expect(formatDiagnostic(at("a:"), text, { color: true })).toContain("\u001b[");
    const shown = formatDiagnostics(two, new Map([["p.yaml", text]]), { color: false });
    expect(shown.split("\n\n")).toHaveLength(2);
    expect(shown).toContain("warning[unknown-key]");
  });
});
