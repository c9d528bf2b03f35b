import { loadavg } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { missing } from "../../steps/engine/packages.js";
import { race } from "./engines.js";
import { inFolder, tell } from "./measure.js";

/** One update of SimCLR, bare: convolutions, and the MLP. Then `train-contrastive` itself, with all that it reads and makes. */
export async function train(): Promise<void> {
  await race("train", "train-conv", 4);
  await race("train", "train-mlp", 40);
  const program = fileURLToPath(new URL("./train-kind.js", import.meta.url));
  for (const net of ["conv", "mlp"])
    for (const backend of ["onnx", "wasm"] as const) {
      if (missing(backend) !== undefined) continue;
      await inFolder(async folder => {
        const { stdout } = await execa(process.execPath, [program, backend, net, folder]);
        const load = loadavg().map(one => Math.round(100 * one) / 100);
        tell("train", { workload: `train-contrastive, ${net}`, tool: backend, log: stdout, load });
      });
    }
}

/** A generator's images. */
export async function sample(): Promise<void> {
  await race("sample", "sample", 8);
}
