import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { parse } from "yaml";
import { spelled, type Written, type WrittenObject } from "../../runner/core/spelled.js";
import { jsonText, tomlText, yamlText } from "../../runner/pipeline/expressions/config-text.js";
import { brief, folderOf, mistakes } from "./support.js";

const value = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Written>;

describe("a value as text", () => {
  it("is read back as the same value, by readers of JSON and of both YAMLs", () => {
    fc.assert(
      fc.property(value, given => {
        const plain = JSON.parse(JSON.stringify(given).replace(/-0(?![.\d])/g, "0")) as unknown;
        expect(JSON.parse(jsonText(given))).toEqual(plain);
        for (const version of ["1.1", "1.2"] as const)
          expect(parse(yamlText(given), { version, uniqueKeys: false })).toEqual(plain);
      }),
    );
  });

  it("does not depend on the order of keys, nor on a spelling but for the point of a float", () => {
    expect(jsonText({ b: 1, a: [spelled(1, "1.0"), spelled(1, "01"), spelled(31, "0x1F"), 1e-7] })).toBe(
      '{"a":[1.0,1,31,1.0e-7],"b":1}',
    );
  });

  it("has a table of TOML for each mapping", () => {
    const table: WrittenObject = { z: 1, a: { b: { c: "x\x7f" }, d: [{ e: true }, {}] }, "f g": {} };
    expect(tomlText(table)).toBe('z = 1\n[a]\nd = [{ e = true }, {}]\n[a.b]\nc = "x\\u007f"\n["f g"]\n');
  });
});

describe("`files:`", () => {
  const folder = folderOf({ "conf/a.py": "", "s.txt": "" });

  it("has its mistakes at their places", async () => {
    const text = `params: { model: { a: ~ }, list: [1] }
steps:
  a:
    run: [x, "\${{ outputs.o }}"]
    inputs: { c: ./conf, s: ./s.txt }
    outputs: { o: out.txt }
    files:
      ../up.txt: x
      out.txt/x: x
      A.yaml: 1
      a.YAML: 2
  b:
    run: [x]
    inputs: { c: ./conf }
    files:
      conf/x.txt: y
  c: { run: [x], files: { m.ini: "\${{ params.model }}" } }
  d: { run: [x], files: { m.toml: "\${{ params.model }}" } }
  e: { run: [x], files: { m.toml: "\${{ params.list }}" } }
  f: { run: [x], files: { m.yaml: { a: ["\${{ params.modl }}"] } } }
  g: { uses: make-data, files: { m.yaml: x } }
  h: { run: [x], files: [m.yaml] }
`;
    const found = await mistakes(text, { cwd: folder.path });
    expect(found.map(brief)).toEqual([
      "bad-file 8:7",
      "bad-file 9:7",
      "bad-file 11:7",
      "bad-file 16:7",
      "bad-file 17:34",
      "bad-file 18:35",
      "bad-file 19:35",
      "unknown-name 20:53",
      "misplaced-key 21:25",
      "wrong-type 22:25",
    ]);
    folder.remove();
  });
});
