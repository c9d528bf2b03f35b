import { describe, expect, it } from "@jest/globals";
import { readModule } from "../../runner/cache/module-facts.js";

const digest = (text: string): string => {
  const facts = readModule(text);
  if (typeof facts === "string") throw new Error(facts);
  return facts.digest;
};

const source = `import { x } from "./x.js";
// a comment
export function f(a) {
  return a + 1; /* more */
}
`;

describe("a module's digest", () => {
  it.each([
    ["a comment", source.replace("a comment", "another comment")],
    ["layout", source.replace("  return a + 1;", "\treturn a\n+ 1;")],
    ["quote marks", source.replaceAll('"', "'")],
    ["a source map", `${source}//# sourceMappingURL=x.js.map`],
  ])("is the same after a change of %s", (_, changed) => {
    expect(digest(changed)).toBe(digest(source));
  });

  it.each([
    ["a number", source.replace("1", "2")],
    ["a name", source.replace("f(a)", "g(a)")],
    ["an import", source.replace("./x.js", "./y.js")],
    ["a text that holds what looks like a comment", source.replace("a + 1", '"/* */"')],
    // A line end after `return` ends the statement: same tokens, other meaning.
    ["a line end that ends a statement", source.replace("return a + 1", "return\na + 1")],
  ])("differs after a change of %s", (_, changed) => {
    expect(digest(changed)).not.toBe(digest(source));
  });

  it("tells numbers apart that JSON would not", () => {
    expect(digest("export default 1e400;")).not.toBe(digest("export default null;"));
    expect(digest("export default 10n;")).not.toBe(digest("export default 11n;"));
    expect(digest("export default /a/g;")).not.toBe(digest("export default /a/i;"));
  });
});

describe("a module's imports", () => {
  it("are found in every form", () => {
    const facts = readModule(`
      import a from "./a.js"; export * from "./b.js"; export { c } from "./c.js";
      const d = await import("./d.js"); const e = require("./e.cjs"); const f = new URL("./f.json", import.meta.url);
      const not = "./g.js"; // import "./h.js"
    `);
    expect(facts).toMatchObject({ imports: ["./a.js", "./b.js", "./c.js", "./d.js", "./e.cjs", "./f.json"] });
  });

  it("that are computed make the code unknowable", () => {
    expect(readModule("const n = 'x'; await import(n);")).toMatch(/computed/);
    expect(readModule("require(process.argv[2])")).toMatch(/computed/);
  });

  it("of a module that does not parse are a fault, not a guess", () => {
    expect(typeof readModule("export default {")).toBe("string");
  });
});
