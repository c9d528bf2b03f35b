import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { PNG } from "pngjs";
import { randomStream } from "../../runner/core/numbers/philox.js";
import { instanceId, type Labels } from "../../runner/core/labels.js";
import type {
  ArtifactRef,
  Curve,
  Outcome,
  RunRecord,
  RunStep,
  StepRecord,
  StepResult,
} from "../../runner/core/record.js";

/** What a test says of a step; the rest is made up, the same each time. */
interface Told {
  readonly kind: string;
  readonly seeds?: readonly number[];
  readonly axes?: readonly Labels[];
  readonly inputs?: Readonly<Record<string, readonly string[]>>;
  readonly with?: Readonly<Record<string, string | number>>;
  readonly outcome?: Outcome;
  readonly seconds?: number;
  readonly metrics?: (seed: number) => Record<string, number>;
  readonly curves?: (seed: number) => Record<string, Curve>;
  /** Output name -> content, or files of a folder by path. */
  readonly outputs?: Readonly<Record<string, Buffer | string | Readonly<Record<string, Buffer | string>>>>;
  readonly error?: string;
}

/** A run record with results, its outputs written below `folder`. */
export function makeRun(
  folder: string,
  steps: Readonly<Record<string, Told>>,
): { run: RunRecord; results: StepResult[] } {
  const results: StepResult[] = [];
  for (const [step, told] of Object.entries(steps)) {
    const points = told.axes ?? told.seeds?.map(seed => ({ seed })) ?? [{}];
    for (const labels of points) results.push(makeResult(folder, steps, step, told, labels));
  }
  const counts = { ran: 0, cached: 0, failed: 0, skipped: 0, cancelled: 0 };
  for (const { step } of results) counts[step.outcome]++;
  const run: RunRecord = {
    format: 1,
    id: "20261123-061019-3f9a",
    pipeline: "quickstart",
    project: "..",
    file: "pipelines/quickstart.yaml",
    started: "2026-11-23T06:10:19.000Z",
    finished: "2026-11-23T06:12:58.400Z",
    seconds: 159.4,
    outcome: counts.failed > 0 ? "failed" : "done",
    params: { anchors: 4096, sigma: 0.3, recipe: { updates: 500, batch: 128, temperature: 0.1 } },
    environment: { vistas: "0.1.0", node: "v20.20.2", platform: "linux x64", cpus: 2, backend: "wasm" },
    steps: results.map(({ step }) => step),
    counts,
  };
  return { run, results };
}

/** The quickstart as it might have gone: two arms, two baselines, three seeds. */
export function quickstart(folder: string): { run: RunRecord; results: StepResult[] } {
  const seeds = [0, 1, 2];
  const probe = (base: number, spread: number, salt: string) => (seed: number) => {
    const noise = randomStream(seed, salt).at(0);
    const accuracy = base + spread * noise.normal();
    return {
      accuracy,
      "accuracy at 100 labels": accuracy - 0.11 + spread * noise.normal(),
      loss: 1.45 - accuracy + 0.01 * noise.normal(),
    };
  };
  const training = (from: number, to: number, salt: string) => (seed: number) => {
    const noise = randomStream(seed, salt).at(1);
    const points = Array.from({ length: 50 }, (_, i): [number, number] => [
      10 * (i + 1),
      to + (from - to) * Math.exp(-i / 9) + 0.03 * noise.normal(),
    ]);
    return { loss: points };
  };
  const table = `## Difference over seeds

| arm | accuracy | minus real |
|---|---:|---:|
| generated | 0.8123 | -0.0012 |
| random encoder | 0.7950 | -0.0185 |
| raw pixels | 0.8320 | 0.0185 |
`;
  return makeRun(folder, {
    generator: {
      kind: "fetch-generator",
      outcome: "cached",
      seconds: 0.4,
      with: { sha256: "9f86d081884c7d65" },
      outputs: {
        model: "weights".repeat(100_000),
        card: "# Generator\n\nTrained on Fashion-MNIST's train split.\n",
      },
    },
    views: {
      kind: "sample-views",
      inputs: { generator: ["generator"] },
      with: { anchors: 4096, views: 2, sigma: 0.3 },
      seconds: 12.1,
      outputs: { views: { "grid.png": grid(8, 8, "views"), "views.npy": "npy" } },
    },
    encoder: {
      kind: "train-contrastive",
      seeds,
      inputs: { views: ["views"] },
      with: { updates: 500, batch: 128 },
      seconds: 31.2,
      metrics: seed => ({ loss: 1.2 + 0.01 * seed }),
      curves: training(4.8, 1.2, "generated"),
      outputs: { encoder: "safetensors".repeat(5000) },
    },
    real: {
      kind: "fetch-dataset",
      outcome: "cached",
      seconds: 1.2,
      outputs: {
        train: { "grid.png": grid(10, 4, "train") },
        test: { "labels.csv": "index,label\n0,9\n1,2\n" },
      },
    },
    "real-encoder": {
      kind: "train-contrastive",
      seeds,
      outcome: "cached",
      inputs: { views: ["real"] },
      seconds: 33.8,
      metrics: seed => ({ loss: 1.45 + 0.01 * seed }),
      curves: training(4.8, 1.45, "real"),
      outputs: { encoder: "safetensors".repeat(5000) },
    },
    random: {
      kind: "random-encoder",
      seeds,
      inputs: { like: ["encoder"] },
      seconds: 0.3,
      outputs: { encoder: "r" },
    },
    probe: {
      kind: "evaluate-probe",
      seeds,
      inputs: { encoder: ["encoder"], train: ["real"], test: ["real"] },
      seconds: 9.1,
      metrics: probe(0.812, 0.002, "probe"),
      outputs: {
        report: '{"accuracy":0.81,"confusion":[[81,2,3],[4,90,1],[0,2,70]]}',
        confusion: { "confusion.png": grid(5, 5, "c") },
      },
    },
    "real-probe": {
      kind: "evaluate-probe",
      seeds,
      outcome: "cached",
      inputs: { encoder: ["real-encoder"], train: ["real"], test: ["real"] },
      seconds: 9.0,
      metrics: probe(0.814, 0.002, "real-probe"),
      outputs: { report: "{}" },
    },
    "random-probe": {
      kind: "evaluate-probe",
      seeds,
      inputs: { encoder: ["random"], train: ["real"], test: ["real"] },
      seconds: 9.0,
      metrics: probe(0.795, 0.003, "random-probe"),
      outputs: { report: "{}" },
    },
    "raw-pixels": {
      kind: "evaluate-probe",
      inputs: { train: ["real"], test: ["real"] },
      seconds: 14.2,
      metrics: probe(0.832, 0, "raw"),
      outputs: { report: "{}" },
    },
    summary: {
      kind: "compare",
      inputs: { generated: ["probe"], real: ["real-probe"], random: ["random-probe"], raw: ["raw-pixels"] },
      seconds: 0.2,
      metrics: () => ({
        difference: -0.0012,
        "difference.low": -0.0061,
        "difference.high": 0.0037,
        generated: 0.8118,
        "generated.low": 0.8079,
        "generated.high": 0.8157,
        real: 0.8144,
        random: 0.7923,
        gain: 0.0195,
        "gain.min": 0.0171,
        n: 3,
      }),
      outputs: { "table.md": table, comparison: '{"pairs":3}' },
    },
  });
}

/** A grid of little garments: light shapes on dark, 28 x 28 each. */
export function grid(columns: number, rows: number, salt: string): Buffer {
  const name = `${columns} ${rows} ${salt}`;
  const made = grids.get(name) ?? drawGrid(columns, rows, salt);
  grids.set(name, made);
  return made;
}

const grids = new Map<string, Buffer>();

function drawGrid(columns: number, rows: number, salt: string): Buffer {
  const size = 28;
  const png = new PNG({ width: columns * size, height: rows * size });
  const stream = randomStream(0, salt);
  for (let cell = 0; cell < columns * rows; cell++) {
    const draws = stream.at(cell);
    const [wide, tall, sleeve, tone] = [
      4 + 5 * draws.uniform(),
      8 + 4 * draws.uniform(),
      10 * draws.uniform(),
      120 + 120 * draws.uniform(),
    ];
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const [dx, dy] = [Math.abs(x - 13.5), Math.abs(y - 14)];
        const inside =
          (dx < wide + 0.1 * dy && dy < tall) || (dy < 4 + sleeve / 3 && dx < wide + sleeve / 2 && y < 14);
        const value = inside ? tone * (0.8 + 0.2 * draws.uniform()) : 8;
        const at =
          4 *
          (((cell / columns) | 0) * size * columns * size + y * columns * size + (cell % columns) * size + x);
        png.data.set([value, value, value, 255], at);
      }
    }
  }
  return PNG.sync.write(png);
}

function makeResult(
  folder: string,
  steps: Readonly<Record<string, Told>>,
  step: string,
  told: Told,
  labels: Labels,
): StepResult {
  const id = instanceId(step, labels);
  const seed = Number(labels["seed"] ?? 0);
  const outcome = told.outcome ?? "ran";
  const fails = outcome === "failed" || outcome === "skipped" || outcome === "cancelled";
  const seconds = (told.seconds ?? 1) + 0.1 * seed;
  const inputs = Object.fromEntries(
    Object.entries(told.inputs ?? {}).map(([role, names]) => [
      role,
      names.flatMap(name => instances(steps, name, labels)),
    ]),
  );
  const key = hex(`key ${id}`);
  const base = {
    id,
    step,
    labels,
    kind: told.kind,
    outcome,
    key: outcome === "skipped" ? null : key,
    seconds: outcome === "ran" ? seconds : 0,
    reason: REASONS[outcome],
    inputs,
  };
  const runStep: RunStep = told.error === undefined ? base : { ...base, error: told.error };
  if (fails) return { step: runStep, record: null, paths: {} };

  const outputs: Record<string, ArtifactRef> = {};
  const outputNames: Record<string, string> = {};
  const paths: Record<string, string> = {};
  for (const [name, content] of Object.entries(told.outputs ?? {})) {
    const isFile = typeof content === "string" || Buffer.isBuffer(content);
    const digest = hex(`${id} ${name}`);
    const path = join(folder, digest);
    const files = isFile ? { "": content } : content;
    let bytes = 0;
    for (const [file, data] of Object.entries(files)) {
      const target = file === "" ? path : join(path, file);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, data);
      bytes += data.length;
    }
    outputs[name] = { type: isFile ? "file" : "tree", digest, bytes };
    outputNames[name] = name;
    paths[name] = path;
  }
  const record: StepRecord = {
    format: 1,
    key,
    id,
    fingerprint: {
      kind: told.kind,
      code: { [`steps/${told.kind}/index.js`]: hex(told.kind) },
      with: { ...told.with, ...(told.seeds === undefined ? {} : { seed }) },
      inputs: Object.entries(inputs).map(([role, ids]) => ({
        role,
        label: "",
        source: "artifact",
        path: "",
        type: "file",
        digest: hex(ids.join()),
      })),
      env: {},
      numeric: "wasm 4.22.0 float32",
    },
    outputs,
    outputNames,
    metrics: told.metrics?.(seed) ?? {},
    curves: told.curves?.(seed) ?? {},
    seconds,
    finished: "2026-11-23T06:11:40.000Z",
    environment: { node: "v20.20.2", backend: "wasm" },
  };
  return { step: runStep, record, paths };
}

const REASONS: Readonly<Record<Outcome, string>> = {
  ran: "with.sigma: 0.3 is now 0.5",
  cached: "unchanged since 20261122-191500-77c1",
  failed: "input encoder changed",
  skipped: "an input failed",
  cancelled: "interrupted",
};

/** The instances of `name` that broadcast to `labels`. */
function instances(steps: Readonly<Record<string, Told>>, name: string, labels: Labels): string[] {
  const told = steps[name];
  const points: readonly Labels[] = told?.axes ?? told?.seeds?.map(seed => ({ seed })) ?? [{}];
  return points
    .filter(point =>
      Object.entries(point).every(([axis, value]) => labels[axis] === undefined || labels[axis] === value),
    )
    .map(point => instanceId(name, point));
}

function hex(text: string): string {
  const draws = randomStream(text, "hex").at(0);
  return Array.from({ length: 8 }, () => draws.uint32().toString(16).padStart(8, "0")).join("");
}
