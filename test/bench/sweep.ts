import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { CLI, inFolder, summary, tell } from "./measure.js";

const GENERATOR = fileURLToPath(
  new URL("../../../artifacts/published/generators/fashion-vae", import.meta.url),
);
/** Less for a look at it on a busy machine. */
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 3);
const SIZES = [1, 2, 4, 8, 16, 32, 64].map(n => n * 1024);

/** A study that grows, N = 1k, 2k, ... 64k in a run each and as one matrix, beside sampling 64k once. In turns. */
export async function sweep(): Promise<void> {
  const seconds = { once: [0], grown: [0], matrix: [0] };
  for (const times of Object.values(seconds)) times.pop();
  for (let round = 0; round < ROUNDS; round++) {
    seconds.once.push(await timed(async run => run("p.yaml", "--set", `anchors=${SIZES.at(-1) ?? 0}`)));
    seconds.grown.push(
      await timed(async run => {
        for (const anchors of SIZES) await run("p.yaml", "--set", `anchors=${anchors}`);
      }),
    );
    seconds.matrix.push(await timed(async run => run("matrix.yaml")));
  }
  const median = (times: readonly number[]): number => summary(times).median;
  for (const [how, times] of Object.entries(seconds)) {
    const ratio = Math.round((median(times) / median(seconds.once)) * 1000) / 1000;
    tell("sweep-1k-to-64k", { how, seconds: summary(times), ratio });
  }
}

type Run = (...args: string[]) => Promise<void>;

/** In a project and a store of its own, into which the generator has been fetched. */
async function timed(act: (run: Run) => Promise<void>): Promise<number> {
  return inFolder(async cwd => {
    mkdirSync(join(cwd, "generator"));
    cpSync(GENERATOR, join(cwd, "generator"), { recursive: true });
    writeFileSync(join(cwd, "p.yaml"), pipeline("${{ params.anchors }}", ""));
    writeFileSync(
      join(cwd, "matrix.yaml"),
      pipeline("${{ matrix.n }}", `matrix: { n: [${SIZES.join(", ")}] }`),
    );
    const run: Run = async (...args) => {
      await execa(process.execPath, [CLI, "run", ...args, "--quiet"], { cwd });
    };
    await run("p.yaml", "generator");
    const start = performance.now();
    await act(run);
    return (performance.now() - start) / 1000;
  });
}

function pipeline(anchors: string, matrix: string): string {
  return `
params: { anchors: 1024 }
steps:
  generator:
    uses: fetch-generator
    with:
      source: ./generator
      sha256:
        model.safetensors: 3791c8452187a3ff2d23309c4a85196143228f9bac894c1da3d611ff3869470e
        model.json: f5d02be2349ab0fcf8d3a6c775990e090ad03a44a81c245d4e2c0b09c617f7b1
  views:
    uses: sample-views
    inputs: { generator: generator.model }
    with: { anchors: "${anchors}", views: 2, transform: { kind: gaussian, sigma: 0.3 } }
    ${matrix}
`;
}
