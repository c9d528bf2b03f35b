/** The invariants that ARCHITECTURE.md states, held by reading the sources. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "@jest/globals";
import { callCodes, codes } from "../../runner/pipeline/mistakes/codes.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));

interface Source {
  readonly file: string;
  readonly text: string;
  /** Relative imports, as files of the repository; bare ones as written. */
  readonly imports: readonly string[];
}

function sourcesIn(folder: string): Source[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter(name => name.endsWith(".ts"))
    .map(name => {
      const file = `${folder}/${name}`;
      const text = readFileSync(join(root, file), "utf8");
      const found = text.matchAll(
        /(?:^|\n)\s*(?:import|export)\s[^;"]*?from\s+"([^"]+)"|import\("([^"]+)"\)|(?:^|\n)import\s+"([^"]+)"/g,
      );
      const imports = [...found]
        .map(([, a, b, c]) => a ?? b ?? c ?? "")
        .map(to => (to.startsWith(".") ? target(file, to) : to));
      return { file, text, imports };
    });
}

function target(from: string, to: string): string {
  return relative(root, resolve(root, dirname(from), to.replace(/\.js$/, ".ts")));
}

const sources = [...sourcesIn("runner"), ...sourcesIn("steps")];

/** From the top down: a file may import from its own room or from one below. */
const LAYERS = [
  "root",
  "commands",
  "report",
  "ui",
  "workflow",
  "dvc",
  "exec",
  "store",
  "lock",
  "cache",
  "pipeline",
  "step-api",
  "claims",
  "core",
];
/** The stages of a pipeline, in the same way: `load-pipeline.ts` goes through them from the last to the first. */
const STAGES = [
  "load-pipeline.ts",
  "graph",
  "steps",
  "files",
  "kinds",
  "expressions",
  "shell",
  "composition",
  "schema",
  "document",
  "mistakes",
];
/** The rooms of steps/, in the same way. What lies beside them names the kinds, for the runner. */
const ROOMS = [
  "doors",
  "kinds",
  "training",
  "evaluation",
  "artifacts",
  "foreign",
  "nn",
  "engine",
  "sources",
  "formats",
];

const ROOTS = new Set([
  "runner/cli.ts",
  "runner/main.ts",
  "runner/worker.ts",
  "runner/compose.ts",
  "runner/index.ts",
  "runner/library.ts",
  "runner/testing.ts",
]);

/** What kinds may import of the runner. */
const APIS = new Set(["runner/step-api.ts", "runner/figures-api.ts", "runner/statistics-api.ts"]);

function layerOf(file: string): string {
  if (ROOTS.has(file)) return "root";
  if (APIS.has(file)) return "step-api";
  const [, room = ""] = file.split("/");
  return room;
}

/** Code without its comments and texts, so that words in them are not taken for use. */
function bare(text: string): string {
  return text.replace(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|`(?:\\.|[^`\\])*`|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g,
    " ",
  );
}

/** Sets of files of which each reaches all others by imports (Tarjan 1972). */
function circlesOf(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const path: string[] = [];
  const circles: string[][] = [];
  const visit = (file: string): void => {
    order.set(file, order.size);
    lowest.set(file, order.get(file) ?? 0);
    path.push(file);
    for (const to of imports.get(file) ?? []) {
      if (!imports.has(to)) continue;
      if (!order.has(to)) visit(to);
      else if (!path.includes(to)) continue;
      lowest.set(file, Math.min(lowest.get(file) ?? 0, lowest.get(to) ?? 0));
    }
    if (lowest.get(file) !== order.get(file)) return;
    const circle = path.splice(path.indexOf(file));
    if (circle.length > 1) circles.push(circle.sort());
  };
  for (const file of imports.keys()) if (!order.has(file)) visit(file);
  return circles;
}

describe("layers", () => {
  it("names every room of the runner", () => {
    const rooms = new Set(sources.filter(s => s.file.startsWith("runner/")).map(s => layerOf(s.file)));
    expect([...rooms].filter(room => !LAYERS.includes(room))).toEqual([]);
  });

  it("are only ever imported downwards", () => {
    const upward = sources
      .filter(s => s.file.startsWith("runner/"))
      .flatMap(({ file, imports }) =>
        imports
          .filter(to => to.startsWith("runner/"))
          .filter(to => LAYERS.indexOf(layerOf(to)) < LAYERS.indexOf(layerOf(file)))
          .map(to => `${file} -> ${to}`),
      );
    expect(upward).toEqual([]);
  });

  it("are stages within the pipeline", () => {
    const stageOf = (file: string): number => STAGES.indexOf(file.split("/")[2] ?? "");
    const ofPipeline = sources.filter(s => s.file.startsWith("runner/pipeline/"));
    expect(ofPipeline.filter(s => stageOf(s.file) === -1).map(s => s.file)).toEqual([]);
    const upward = ofPipeline.flatMap(({ file, imports }) =>
      imports
        .filter(to => to.startsWith("runner/pipeline/") && stageOf(to) < stageOf(file))
        .map(to => `${file} -> ${to}`),
    );
    expect(upward).toEqual([]);
  });

  it("keep the runner ignorant of steps and tensors, but for the composition roots", () => {
    const knowing = sources
      .filter(s => s.file.startsWith("runner/") && !ROOTS.has(s.file))
      .flatMap(({ file, imports }) =>
        imports
          .filter(to => to.startsWith("steps/") || to.includes("tensorflow"))
          .map(to => `${file} -> ${to}`),
      );
    expect(knowing).toEqual([]);
  });

  it("keep the steps ignorant of the runner, but for step-api", () => {
    const knowing = sources
      .filter(s => s.file.startsWith("steps/"))
      .flatMap(({ file, imports }) =>
        imports.filter(to => to.startsWith("runner/") && !APIS.has(to)).map(to => `${file} -> ${to}`),
      );
    expect(knowing).toEqual([]);
  });

  it("order the rooms of the steps too", () => {
    const roomOf = (file: string): string => file.split("/")[1] ?? "";
    const steps = sources.filter(s => s.file.startsWith("steps/") && s.file.split("/").length > 2);
    expect([...new Set(steps.map(s => roomOf(s.file)))].filter(room => !ROOMS.includes(room))).toEqual([]);
    const upward = steps.flatMap(({ file, imports }) =>
      imports
        .filter(to => to.startsWith("steps/"))
        .filter(to => ROOMS.indexOf(roomOf(to)) < ROOMS.indexOf(roomOf(file)))
        .map(to => `${file} -> ${to}`),
    );
    expect(upward).toEqual([]);
  });

  it("keep one kind ignorant of another: what they share lies in the rooms below", () => {
    const kindOf = (file: string): string => file.split("/")[2] ?? "";
    const crossing = sources
      .filter(s => s.file.startsWith("steps/kinds/"))
      .flatMap(({ file, imports }) =>
        imports
          .filter(to => to.startsWith("steps/kinds/") && kindOf(to) !== kindOf(file))
          .map(to => `${file} -> ${to}`),
      );
    expect(crossing).toEqual([]);
  });

  it("have no circle: no file comes back to itself by what it imports", () => {
    const circles = circlesOf(new Map(sources.map(s => [s.file, s.imports])));
    expect(circles).toEqual([]);
  });
});

describe("what is absent", () => {
  const using = (pattern: RegExp, allowed: (file: string) => boolean): string[] =>
    sources.filter(({ file, text }) => !allowed(file) && pattern.test(bare(text))).map(({ file }) => file);

  it("no console: results and progress go through the session's streams", () => {
    expect(using(/\bconsole\./, () => false)).toEqual([]);
  });

  it("no clock and no real randomness outside runner/core/clock.ts", () => {
    expect(
      using(
        /\bnew Date\(\)|\bDate\.now\(|\bMath\.random\(|\brandomBytes\(|\brandomUUID\(/,
        file => file === "runner/core/clock.ts",
      ),
    ).toEqual([]);
  });

  it("no child process but through execa", () => {
    const direct = sources.filter(({ imports }) =>
      imports.some(to => to === "node:child_process" || to === "child_process"),
    );
    expect(direct.map(s => s.file)).toEqual([]);
  });

  it("no comparison by locale where bytes are hashed or ordered", () => {
    expect(using(/\.localeCompare\(|Intl\.Collator/, () => false)).toEqual([]);
  });

  it("no variable at the top of a module of the runner, but for counters and for facts that a process cannot change", () => {
    const kept = [
      "runner/main.ts", // how often a signal to end has come
      "runner/commands/call/reading.ts", // a counter, for names
      "runner/core/self/self-import.ts", // whether plug-ins can import vistas
      "runner/exec/attempt/environment.ts", // the processor's model
      "runner/pipeline/schema/structure.ts", // the compiled schema of the language
      "runner/store/files.ts", // a counter, for names
      "runner/store/locks/turns.ts", // a counter, for names
      "runner/store/locks/owner.ts", // this host and its process namespace
    ];
    const found = sources
      .filter(({ file, text }) => file.startsWith("runner/") && /^let /m.test(text))
      .map(({ file }) => file);
    expect(found.filter(file => !kept.includes(file))).toEqual([]);
  });

  it("no file of the runner's own but by `runnerFile`: in the bundle a module lies elsewhere", () => {
    const found = sources.filter(
      ({ file, text }) => file.startsWith("runner/") && /new URL\([^)]*, import\.meta\.url/.test(bare(text)),
    );
    expect(found.map(({ file }) => file).sort()).toEqual(["runner/cli.ts", "runner/core/self/here.ts"]);
  });

  it("no silenced checks", () => {
    const silenced = /@ts-(ignore|nocheck|expect-error)|eslint-disable|\bas any\b/;
    expect(sources.filter(({ text }) => silenced.test(text)).map(s => s.file)).toEqual([]);
  });
});

describe("codes", () => {
  it("of every diagnostic that the runner makes are listed, and every listed code of a call is in use", () => {
    const listed = new Set<string>([...Object.keys(codes), ...Object.keys(callCodes)]);
    const made = /(?:\bofCall|\.add)\(\s*"([a-z]+(?:-[a-z]+)*)"|\bcode: "([a-z]+(?:-[a-z]+)*)"/g;
    const used = new Set<string>();
    for (const { file, text } of sources)
      if (file.startsWith("runner/")) for (const [, a, b] of text.matchAll(made)) used.add(a ?? b ?? "");
    expect([...used].filter(code => !listed.has(code))).toEqual([]);
    expect(Object.keys(callCodes).filter(code => !used.has(code))).toEqual([]);
  });
});

describe("size", () => {
  it("no folder holds more than 15 files side by side", () => {
    const folders = new Map<string, number>();
    for (const { file } of sources) folders.set(dirname(file), (folders.get(dirname(file)) ?? 0) + 1);
    expect([...folders].filter(([, files]) => files > 15)).toEqual([]);
  });

  it.each(["runner", "steps"])(
    "no two files of %s/ have the same name, but for what every kind has",
    layer => {
      const names = sources.filter(s => s.file.startsWith(`${layer}/`)).map(s => basename(s.file));
      const own = names.filter(name => name !== "index.ts" && name !== "run.ts");
      expect(own.filter((name, i) => own.indexOf(name) !== i)).toEqual([]);
    },
  );

  it("no file over 500 lines: a longer one holds two ideas", () => {
    const long = sources.filter(({ text }) => text.split("\n").length > 500).map(({ file }) => file);
    expect(long).toEqual([]);
  });

  it("the committed part of artifacts/ stays small", () => {
    const sizes = readdirSync(join(root, "artifacts/published"), { recursive: true, encoding: "utf8" })
      .map(name => statSync(join(root, "artifacts/published", name)))
      .filter(stat => stat.isFile())
      .map(stat => stat.size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(20e6);
  });
});
