/** What a finished step made is not judged by what stands beside it: tidying up, what it left running, odd numbers. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { afterEach, describe, expect, it } from "@jest/globals";
import { execa } from "execa";
import fc from "fast-check";
import type { Curve, StepRecord } from "../../runner/core/record.js";
import type { Json, JsonObject } from "../../runner/core/json.js";
import { metricsFrom } from "../../runner/exec/attempt/outputs.js";
import { removeScratch } from "../../runner/store/scratch.js";
import { documentOf, recordIn } from "../../runner/store/records/step-document.js";
import { Gate } from "../rig/gate.js";
import { Project } from "../rig/project.js";
import { testOrSkip } from "../rig/skip.js";
import { tempFolder } from "../rig/temp.js";

const gates: Gate[] = [];
afterEach(() => {
  for (const gate of gates.splice(0)) gate.release();
});
async function gate(p: Project, name: string): Promise<Gate> {
  const made = await Gate.at(p.path(name));
  gates.push(made);
  return made;
}

const step = (run: string, outputs = "{ o: o.txt }"): string =>
  `steps:\n  s:\n    run: |\n      ${run.replaceAll("\n", "\n      ")}\n    outputs: ${outputs}\n`;

describe("a work folder", () => {
  it("goes, whatever a step left in it", async () => {
    const folder = tempFolder();
    const scratch = join(folder, "0");
    mkdirSync(join(scratch, "shut"), { recursive: true });
    writeFileSync(join(scratch, "shut", "file"), "");
    writeFileSync(Buffer.concat([Buffer.from(`${scratch}/caf`), Buffer.from([0xe9])]), "");
    // Deeper than a path can be: each level is built below the one before.
    for (let level = 0; level < 60; level++) {
      mkdirSync(join(folder, "above", "x".repeat(200)), { recursive: true });
      if (level > 0) renameSync(join(folder, "deep"), join(folder, "above", "x".repeat(200), "d"));
      renameSync(join(folder, "above"), join(folder, "deep"));
    }
    renameSync(join(folder, "deep"), join(scratch, "deep"));
    await execa("chmod", ["000", join(scratch, "shut")]);
    expect(await removeScratch(scratch)).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
    expect(await removeScratch(scratch)).toBeUndefined();
  });

  testOrSkip(
    "that cannot be removed costs a notice, and gc tries again",
    process.getuid?.() === 0 && process.platform === "linux"
      ? undefined
      : "only root may make a file immutable",
    async () => {
      const p = new Project({
        "p.yaml": step("echo > stays; chattr +i stays || true; echo $PWD > ${{ outputs.o }}"),
        "q.yaml": step("echo other > ${{ outputs.o }}"),
      });
      const { outcomes, stderr } = await p.runEvents();
      expect(outcomes).toEqual({ s: "ran" });
      const worked = (await p.output("s", "o")).trim();
      const stays = join(worked.replace(/\/0\.[^/]+/, "/0"), "stays");
      try {
        // Not every disk can make a file immutable.
        const held = existsSync(stays);
        expect(stderr.includes("cannot be removed")).toBe(held);
        const other = await p.vistas(["run", "q.yaml"]);
        expect([other.code, other.stderr.includes("cannot be removed")]).toEqual([0, false]);
        const gc = await p.vistas(["gc", "p.yaml"]);
        expect([gc.code, gc.stderr.includes(stays)]).toEqual([0, held]);
        expect((await p.vistas(["runs", "p.yaml"])).stdout).toContain("p.yaml");
      } finally {
        await execa("chattr", ["-i", stays], { reject: false });
      }
      expect((await p.vistas(["gc", "p.yaml"])).code).toBe(0);
      expect(readdirSync(p.path("artifacts", "work"))).toEqual([]);
    },
  );
});

describe("what a program leaves running", () => {
  const slow = "echo rest > ARRIVE; read x < GO; echo rest";
  it.each([
    ["has the output open", `(echo first; ${slow}) > \${{ outputs.o }} &`],
    ["opens it later", `(echo first > \${{ outputs.o }}; ${slow} >> \${{ outputs.o }}) &`],
    [
      "is told where by its environment",
      `export OUT=\${{ outputs.o }}; setsid sh -c 'echo first > "$OUT"; ${slow} >> "$OUT"' &`,
    ],
    [
      "took off its marks",
      `(echo first; exec env -i PATH="$PATH" setsid sh -c '${slow}') > \${{ outputs.o }} &`,
    ],
  ])("is waited for: it %s", async (_, run) => {
    const p = new Project();
    const [arrive, go] = [await gate(p, "arrive"), await gate(p, "go")];
    p.write("p.yaml", step(run.replaceAll("ARRIVE", arrive.path).replaceAll("GO", go.path)));
    const running = p.run();
    await arrive.arrived();
    await go.open();
    expect(await running).toEqual({ s: "ran" });
    expect(await p.output("s", "o")).toBe("first\nrest\n");
  });

  it("and cannot write its outputs is ended, with a notice", async () => {
    const p = new Project({ "p.yaml": step("sleep 1000 &\necho whole > ${{ outputs.o }}") });
    const { outcomes, stderr } = await p.runEvents();
    expect(outcomes).toEqual({ s: "ran" });
    expect(stderr).toMatch(
      /s: its program ended and left running, until it was ended too: sleep 1000 \(pid \d+\)/,
    );
  });

  it("is not waited for past a time-out", async () => {
    const text = step("sleep 1000 > ${{ outputs.o }} &\nexit 0");
    const p = new Project({ "p.yaml": `${text}    timeout: 300ms\n` });
    const { ends } = await p.runEvents([], { code: 1 });
    expect(ends[0]?.error).toMatch(/timed out/);
  });
});

it("TMPDIR is short enough for a socket, and its files lie in the work folder", async () => {
  const p = new Project({
    "p.yaml": step('echo "$TMPDIR" > ${{ outputs.o }}; cd "$TMPDIR"; pwd -P >> ${{ outputs.o }}'),
  });
  await p.run();
  const [tmp = "", real = ""] = (await p.output("s", "o")).split("\n");
  expect(tmp.length).toBeLessThanOrEqual(40);
  expect(real.startsWith(p.path("artifacts", "work"))).toBe(true);
  expect(existsSync(tmp)).toBe(false);
  expect(() => readFileSync(tmp)).toThrow("ENOENT");
});

/** As Python's `json.dump` writes it. */
function python(value: unknown): string {
  if (typeof value === "number") return Object.is(value, -0) ? "-0.0" : String(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, inner]) => `${JSON.stringify(name)}: ${python(inner)}`)
    .join(", ")}}`;
}

const quantity = fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, -Infinity));
const name = fc.oneof(fc.constantFrom("NaN", "Infinity", "__proto__", '"NaN"', "\\"), fc.string());
/** Names without dots, so that no two have one dotted name. */
const table = fc
  .array(fc.tuple(name, quantity))
  .map(pairs => Object.fromEntries(pairs.map(([key, value]) => [key.replaceAll(".", "_"), value])));

describe("metrics", () => {
  const folder = tempFolder();
  const read = async (text: string) => {
    writeFileSync(join(folder, "metrics.json"), text);
    return (await metricsFrom({ metrics: join(folder, "metrics.json") })).metrics;
  };

  it("are the numbers of the file, NaN and the infinities too", async () => {
    await fc.assert(
      fc.asyncProperty(table, async numbers => {
        expect(await read(python(numbers))).toEqual(numbers);
        expect(await read(`\uFEFF${python({ text: "NaN, not Infinity", ...numbers })}`)).toMatchObject(
          numbers,
        );
      }),
    );
  });

  it("are the same after they went through a record", () => {
    const point = fc.tuple(quantity, quantity);
    const curves = fc.dictionary(fc.string(), fc.array(point));
    fc.assert(
      fc.property(table, curves, (metrics, lines: Record<string, Curve>) => {
        const record = { metrics, curves: lines } as unknown as StepRecord;
        const document = JSON.parse(JSON.stringify(documentOf(record))) as Json;
        // JSON has no negative zero.
        const plain = JSON.parse(JSON.stringify(document)) as JsonObject;
        expect(documentOf(recordIn(plain))).toEqual(document);
        for (const [metric, value] of Object.entries(metrics))
          expect(recordIn(plain).metrics[metric]).toBe(value === 0 ? 0 : value);
      }),
    );
  });

  it("of a file that cannot be read are none, and the run says so each time; the outputs are kept", async () => {
    const p = new Project({
      "p.yaml": `${step("echo weights > ${{ outputs.model }}; echo '{\"loss\": 1,' > ${{ outputs.metrics }}", "{ metrics: m.json, model: model.bin }")}
expect: [{ metric: s.loss, value: 1, tolerance: 1 }]
`,
    });
    for (const outcome of ["ran", "cached"]) {
      const { outcomes, stderr } = await p.runEvents();
      expect(outcomes).toEqual({ s: outcome });
      expect(stderr).toMatch(/s: the output metrics was kept, but it is not JSON/);
    }
    expect(await p.output("s", "model")).toBe("weights\n");
    expect((await p.vistas(["show", "p.yaml", "s"])).stdout).toContain("it is not JSON");
    const { code, stdout } = await p.vistas(["reproduce", "p.yaml"]);
    expect([code, stdout.includes("s has no metric loss: the output metrics was kept")]).toEqual([3, true]);
  });

  it("that are not finite meet no expectation, and every form of a result shows them", async () => {
    const p = new Project({
      "p.yaml": `${step('echo \'{"loss": NaN, "up": Infinity, "acc": 0.${{ matrix.seed }}}\' > ${{ outputs.metrics }}', "{ metrics: m.json }")}    matrix: { seed: [1, 2] }
expect:
  - { metric: s.loss, value: 1, tolerance: 1, over: [seed] }
  - { claim: infinite, that: "mean(s.up, seed) > 0" }
  - { claim: not, that: "not (mean(s.loss, seed) > 0)" }
  - { claim: or, that: "mean(s.acc, seed) > 0 or mean(s.loss, seed) > 0" }
  - { claim: fine, that: "mean(s.acc, seed) > 0" }
`,
    });
    const { ends } = await p.runEvents(["--jobs", "1"]);
    expect(ends.map(({ metrics }) => metrics)).toEqual([
      { loss: "NaN", up: "Infinity", acc: 0.1 },
      { loss: "NaN", up: "Infinity", acc: 0.2 },
    ]);
    const call = await p.vistas(["reproduce", "p.yaml", "--json", "--markdown", "m.md", "--junit", "j.xml"]);
    expect(call.code).toBe(3);
    const { checks } = JSON.parse(call.stdout) as {
      checks: { ok: boolean; actual: unknown; n: number; note: string }[];
    };
    expect(checks.map(({ ok }) => ok)).toEqual([false, false, false, false, true]);
    expect(checks[0]).toMatchObject({ actual: "NaN", n: 2 });
    for (const { note } of checks.slice(0, 4)) expect(note).toMatch(/but it is (NaN|Infinity)/);
    expect(p.read("m.md")).toContain("| NaN |");
    expect((await p.vistas(["run", "p.yaml"])).stdout).toMatch(/s +2 +NaN +Infinity +0\.15/);
    const report = await p.vistas(["report", "p.yaml"]);
    const html = readFileSync(report.stdout.trim(), "utf8");
    expect([report.code, html.includes("NaN"), /="[^"]*NaN%/.test(html)]).toEqual([0, true, false]);
    // An update is refused where an expectation is not met.
    p.write("p.yaml", p.read("p.yaml").replace(/^expect:[^]*/m, ""));
    expect((await p.vistas(["reproduce", "p.yaml", "--update"])).code).toBe(0);
    expect(p.read("p.lock.json")).toContain('"loss":"NaN"');
    const { lock } = JSON.parse((await p.vistas(["reproduce", "p.yaml", "--json"])).stdout) as {
      lock: { ok: boolean };
    };
    expect(lock.ok).toBe(true);
  });

  it("of a plug-in may be NaN too; a chart says where its curve leaves the numbers", async () => {
    const p = new Project({
      "kind.mjs": `import { defineStep } from "vistas";
import { writeFileSync } from "node:fs";
export default defineStep({ kind: "diverges", summary: "Diverges", with: { type: "object" }, outputs: ["o"],
  async run(ctx) {
    for (let at = 0; at < 5; at++) ctx.metric("loss", at < 3 ? 1 / (at + 1) : NaN, at);
    writeFileSync(ctx.outputs.o, "weights");
  },
});`,
      "p.yaml": "plugins: [./kind.mjs]\nsteps: { s: { uses: diverges } }\n",
    });
    const { ends } = await p.runEvents();
    expect(ends[0]).toMatchObject({ outcome: "ran", metrics: { loss: "NaN" } });
    const report = await p.vistas(["report", "p.yaml"]);
    expect(readFileSync(report.stdout.trim(), "utf8")).toContain("0.3333 at 2, NaN at 3");
  });
});
