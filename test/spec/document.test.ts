import { describe, expect, it } from "@jest/globals";
import type { Json } from "../../runner/core/json.js";
import { loadDocument } from "../../runner/pipeline/document/document.js";
import { decodeText } from "../../runner/pipeline/document/file-text.js";
import { load, mistakes } from "./support.js";

const value = async (text: string) => (await loadDocument(text, "p.yaml")).value;

describe("a document", () => {
  it("is YAML 1.2, core schema", async () => {
    expect(
      await value("a: 0o17\nb: 0x1F\nc: 1_000\nd: yes\ne: ~\nf: 1e-3\ng: -0\nh: 012\ni: true\n"),
    ).toEqual({
      ...{ a: 15, b: 31, c: "1_000", d: "yes", e: null, f: 0.001, g: 0, h: 12, i: true },
    });
  });

  it("may be JSON, have a byte order mark, and end its lines as it likes", async () => {
    expect(await value('\ufeff{"a": [1, "x"],\r\n "b": {}}\r\n')).toEqual({ a: [1, "x"], b: {} });
    expect(decodeText(new Uint8Array([0xef, 0xbb, 0xbf, 0x61, 0x3a]), "p.yaml")).toBe("a:");
  });

  it("follows aliases", async () => {
    expect(await value("a: &x { b: [1] }\nc: *x\nd: [*x, &y 2, *y]\n")).toEqual({
      ...{ a: { b: [1] }, c: { b: [1] }, d: [{ b: [1] }, 2, 2] },
    });
  });

  it("keeps names that every object has harmless", async () => {
    const text = "constructor: 1\ntoString: 2\nhasOwnProperty: 3\n";
    expect(await value(text)).toEqual({ constructor: 1, toString: 2, hasOwnProperty: 3 });
    const [steps] = [
      await load(
        "steps: { constructor: { run: [x], inputs: { valueOf: toString.o } }, toString: { run: [x], outputs: { o: o } } }",
      ),
    ];
    expect(steps.graph.nodes.map(node => node.id)).toEqual(["toString", "constructor"]);
    await mistakes("steps: { a: { run: [x], inputs: { i: hasOwnProperty } } }");
    expect(({} as Record<string, unknown>)["a"]).toBeUndefined();
  });

  it("of a megabyte is read", async () => {
    const notes = Array.from({ length: 20_000 }, (_, i) => `  - note ${i}: "${"x".repeat(40)}"\n`).join("");
    const text = `steps:\n  a:\n    run: [x]\nx-notes:\n${notes}`;
    expect(text.length).toBeGreaterThan(2 ** 20);
    expect((await load(text)).graph.nodes).toHaveLength(1);
  });

  it("points at keys, values and expressions, through aliases, blocks and quotes", async () => {
    const text = [
      "a: &x { k: v }", // 1
      "b: *x",
      "c: |",
      "  one ${{ params.p }}",
      "  two ${{ params.q }}", // 5
      "d: 'it''s ${{ params.r }}'",
      "e:",
      "f: [1, [2, 3]]",
    ].join("\n");
    const locate = await (await loadDocument(text, "p.yaml")).locator();
    const at = (...place: Parameters<typeof locate>) => {
      const { start, end } = locate(...place);
      return text.slice(start.offset, end.offset);
    };
    expect(at({ path: ["b", "k"], part: "key" })).toBe("k");
    expect(at({ path: ["b", "k"] })).toBe("v");
    expect(at({ path: ["b"] })).toBe("*x");
    expect(at({ path: ["c"], span: { index: 1, start: 4, end: 12 } })).toBe("params.q");
    expect(at({ path: ["d"], span: { index: 0, start: 0, end: 15 } })).toBe("${{ params.r }}");
    expect(at({ path: ["e"] })).toBe("e");
    expect(at({ path: ["f", 1, 0] })).toBe("2");
    expect(at({ path: ["f", 7] })).toBe("[1, [2, 3]]");
    expect(at({ path: ["nowhere"] })).toBe("a: &x { k: v }");
  });
});

describe("the cache of documents", () => {
  const text =
    "steps:\n  a:\n    run: [x]\n    inputs: { i: b }\n  b:\n    run: [x]\n    outputs: { o: o }\n";

  function spy() {
    const kept = new Map<string, Json>();
    const asked: string[] = [];
    const cache = {
      get: (hash: string) => {
        asked.push(hash);
        return kept.get(hash);
      },
      put: (hash: string, value: Json) => void kept.set(hash, JSON.parse(JSON.stringify(value)) as Json),
    };
    return { kept, asked, cache };
  }

  it("gives the same graph as the text", async () => {
    const { kept, cache } = spy();
    const first = await load(text, { cache });
    expect(kept.size).toBe(1);
    const second = await load(text, { cache });
    expect({ ...second.graph, ignored: null }).toEqual({ ...first.graph, ignored: null });
  });

  it("is asked by the whole text", async () => {
    const { asked, cache } = spy();
    await load(text, { cache });
    await load(`${text}# a comment\n`, { cache });
    expect(new Set(asked).size).toBe(2);
  });

  it("never holds a file whose form is wrong", async () => {
    const { kept, cache } = spy();
    await mistakes(`${text}nmae: x\n`, { cache });
    await mistakes(`${text}name: a\nname: b\n`, { cache });
    expect(kept.size).toBe(0);
  });

  it("still shows mistakes of another sort at their places", async () => {
    const wrong = text.replace("i: b", "i: c");
    const { kept, cache } = spy();
    const first = await mistakes(wrong, { cache });
    expect(kept.size).toBe(1);
    expect(await mistakes(wrong, { cache })).toEqual(first);
    expect(first[0]?.range?.start).toMatchObject({ line: 4, column: 18 });
  });

  it("is passed over when it holds nonsense", async () => {
    const cache = { get: () => "nonsense", put: () => undefined };
    expect((await load(text, { cache })).graph.nodes).toHaveLength(2);
  });
});
