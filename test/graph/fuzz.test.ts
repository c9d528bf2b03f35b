/** Whatever the text: a graph, or mistakes with positions inside the text. Never another exception, never long. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { UsageError, type Range } from "../../runner/core/diagnostic.js";
import { formatDiagnostics } from "../../runner/pipeline/mistakes/code-frame.js";
import { load } from "../spec/support.js";

const PIPELINE = `name: fuzz
description: What the tests cut up.
params:
  count: 10
  rate: 0.1
  seeds: [0, 1, 2]
  transform: { kind: gaussian, sigma: 0.3 }
  derived: "run \${{ params.count }}"
x-notes: &notes [a, b]
x-more: *notes
steps:
  data:
    uses: make-data
    with: { count: "\${{ params.count }}", kind: train }
  model:
    uses: train-model
    inputs: { data: data.images }
    with: { seed: "\${{ matrix.seed }}", rate: "\${{ params.rate }}", transform: "\${{ params.transform }}" }
    matrix: { seed: "\${{ params.seeds }}" }
    resources: { cpus: 2, memory: 4GB }
    timeout: 1h30m
    retries: 1
  table:
    run: |
      # \${{ params.derived }}
      echo "\${{ params.derived }}" "$(cat \${{ inputs.model }})" > \${{ outputs.table }}
    inputs: { model: model }
    outputs: { table: out/table.csv }
    env: { LANG: C, SEED: "\${{ matrix.seed }}" }
  all:
    run: [cat, "\${{ inputs.tables }}", "\${{ params.seeds }}", "\${{ outputs.all }}"]
    over: [seed]
    inputs: { tables: table }
    outputs: { all: all.csv }
    env: [LANG]
expect:
  - { metric: table.rows, value: 1, tolerance: 0.1, over: [seed] }
  - { claim: more is more, that: "table.rows > 0" }
`;

/** Loads a text; fails on anything but a graph or mistakes with places that exist. */
async function judge(text: string, sets: readonly string[] = []): Promise<"graph" | "mistakes"> {
  try {
    const loaded = await load(text, { sets, env: { LANG: "C" } });
    await loaded.warnings();
    expect(loaded.graph.nodes.length).toBeGreaterThan(0);
    return "graph";
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    expect(error.diagnostics.length).toBeGreaterThan(0);
    const lines = text.split("\n");
    const astray = error.diagnostics.filter(({ range, file, related = [] }) => {
      // Mistakes of the call stand in no file.
      if (range === undefined) return file !== "";
      return ![range, ...related.map(r => r.range)].every(r => r === undefined || isInside(r, text, lines));
    });
    expect(astray).toEqual([]);
    expect(formatDiagnostics(error.diagnostics, error.texts, { color: true })).not.toBe("");
    return "mistakes";
  }
}

function isInside({ start, end }: Range, text: string, lines: readonly string[]): boolean {
  const line = lines[start.line - 1];
  return (
    start.offset <= end.offset &&
    end.offset <= text.length &&
    line !== undefined &&
    start.column <= line.length + 1
  );
}

const RUNS = Number(process.env["VISTAS_FUZZ"] ?? 150);

async function judged(text: string): Promise<void> {
  await judge(text);
}

describe("any text", () => {
  it("the pipeline itself is a graph", async () => {
    expect(await judge(PIPELINE)).toBe("graph");
  });

  it("of any characters is judged", async () => {
    const text = fc.string({ unit: "binary", maxLength: 200 });
    await fc.assert(fc.asyncProperty(text, judged), { numRuns: RUNS });
  });

  it("of pieces of YAML is judged", async () => {
    const piece = fc.constantFrom(
      ...[
        "a",
        "b",
        "steps",
        "run",
        "uses",
        "params",
        "__proto__",
        "constructor",
        "x-a",
        "<<",
        "null",
        "1",
        "-0",
        "1e400",
      ],
      ...[
        ":",
        ": ",
        "- ",
        "? ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "'",
        '"',
        "|",
        ">",
        "&a ",
        "*a",
        "!t ",
        "#",
        "%",
        "---\n",
        "...\n",
      ],
      ...[
        "\n",
        "\n  ",
        "\n    ",
        " ",
        "\t",
        "${{",
        "}}",
        "${{ params.a }}",
        "$${{",
        "\\",
        "é",
        "𝄞",
        "\ufeff",
        "\r\n",
      ],
    );
    const text = fc.array(piece, { maxLength: 40 }).map(pieces => pieces.join(""));
    await fc.assert(fc.asyncProperty(text, judged), { numRuns: RUNS });
  });

  it("that a pipeline becomes by cuts and pastes is judged", async () => {
    const at = fc.nat({ max: PIPELINE.length });
    const junk = fc.oneof(
      fc.string({ maxLength: 5 }),
      fc.constantFrom(
        "${{",
        "}}",
        "params.",
        "\n",
        "  ",
        ": ",
        "- ",
        "null",
        "[]",
        "{}",
        '"',
        "'",
        "seed",
        "model",
        "./",
      ),
    );
    const edit = fc.oneof(
      fc.tuple(at, fc.nat({ max: 40 }), junk).map(
        ([from, length, put]) =>
          (t: string) =>
            t.slice(0, from) + put + t.slice(from + length),
      ),
      fc.tuple(at, at, at).map(
        ([from, to, put]) =>
          (t: string) =>
            t.slice(0, put) + t.slice(Math.min(from, to), Math.max(from, to)) + t.slice(put),
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async edits => {
        await judge(edits.reduce((text, change) => change(text), PIPELINE));
      }),
      { numRuns: RUNS },
    );
  });

  it("that is a pipeline of any values is judged", async () => {
    const leaf = fc.oneof(
      fc.jsonValue({ maxDepth: 1 }),
      fc.constantFrom(
        "${{ params.a }}",
        "${{ matrix.s }}",
        "${{ inputs.i }}",
        "x ${{ params.a }}",
        "a",
        "a.o",
        "./x",
        "make-data",
      ),
    );
    const keys = [
      "run",
      "uses",
      "with",
      "inputs",
      "outputs",
      "matrix",
      "over",
      "env",
      "resources",
      "timeout",
      "retries",
    ];
    const { value } = fc.letrec<{ value: unknown }>(tie => ({
      value: fc.oneof(
        { maxDepth: 3, withCrossShrink: true },
        leaf,
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(
          fc.constantFrom("a", "s", "i", "o", "cpus", "count", "__proto__", "constructor"),
          tie("value"),
          { maxKeys: 3 },
        ),
      ),
    }));
    const step = fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 4 });
    const pipeline = fc.record(
      {
        params: fc.dictionary(fc.constantFrom("a", "b", "toString"), value),
        steps: fc.dictionary(fc.constantFrom("a", "b", "c", "constructor", "valueOf"), step, { minKeys: 1 }),
        expect: value,
        plugins: value,
        name: value,
      },
      { requiredKeys: ["steps"] },
    );
    const sets = fc.array(
      fc.tuple(fc.constantFrom("a", "a.b", "b[0]", "toString"), fc.json({ maxDepth: 1 })),
      { maxLength: 2 },
    );
    await fc.assert(
      fc.asyncProperty(pipeline, sets, async (value, overrides) => {
        await judge(
          JSON.stringify(value, null, 1),
          overrides.map(([name, json]) => `${name}=${json}`),
        );
      }),
      { numRuns: RUNS * 2 },
    );
  });
});
