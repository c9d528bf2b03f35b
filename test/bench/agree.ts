import process from "node:process";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { tryBackend } from "../../steps/engine/try-backend.js";
import { BACKENDS } from "../../steps/engine/types.js";
import { tell } from "./measure.js";

const WORKER = fileURLToPath(new URL("./agree-worker.js", import.meta.url));
const ROWS = 8;

/**
 * How far an encoder's features and generators' images on each engine of this machine are from those of plain JavaScript:
 * the greatest difference, relative to the greatest number.
 */
export async function agree(): Promise<void> {
  for (const workload of ["features-conv", "sample-mlp", "sample-conv", "sample-dcgan"]) {
    const expected = await outputOf("cpu", workload);
    const scale = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    for (const backend of BACKENDS.filter(name => name !== "cpu")) {
      const trial = await tryBackend(backend);
      if (!trial.ok) {
        tell("agree", { workload, tool: backend, skipped: trial.why });
        continue;
      }
      const actual = await outputOf(backend, workload);
      const worst = expected.reduce(
        (max, value, i) => Math.max(max, Math.abs(value - (actual[i] ?? NaN))),
        0,
      );
      const off = (worst / scale).toExponential(1);
      tell("agree", { workload, tool: backend, version: trial.version, device: trial.device, off });
    }
  }
}

async function outputOf(backend: string, workload: string): Promise<Float32Array> {
  const { stdout } = await execa(process.execPath, [WORKER, backend, workload, String(ROWS)]);
  const bytes = Buffer.from(stdout.trim().split("\n").at(-1) ?? "", "base64");
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
