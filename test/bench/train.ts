import process from "node:process";
import { fileURLToPath } from "node:url";
import { missing } from "../../steps/engine/packages.js";
import { engines, pytorch } from "./contestants.js";
import { inFolder } from "./measure.js";
import { race } from "./race.js";
import type { Contestant } from "./turns.js";

const KIND = fileURLToPath(new URL("./kind-worker.js", import.meta.url));

/**
 * Updates of SimCLR, of convolutions and of an MLP: bare on each engine and in PyTorch, and by `train-contrastive` itself,
 * which reads and augments its images beside the updates. PyTorch is spared that.
 */
export async function train(): Promise<void> {
  for (const net of ["conv", "mlp"] as const)
    await inFolder(async folder => {
      const workload = `train-${net}`;
      await race("train", workload, [
        ...engines("train", workload),
        ...kind(net, folder),
        ...(await pytorch("train", workload)),
      ]);
    });
}

/** Generators of three kinds: images made and brought to where they are written from. */
export async function sample(): Promise<void> {
  for (const workload of ["sample-mlp", "sample-conv", "sample-dcgan"])
    await race("sample", workload, [...engines("sample", workload), ...(await pytorch("sample", workload))]);
}

/** The step kind on the engines that every machine can have. Updates in a turn: about a second's. */
function kind(net: "conv" | "mlp", folder: string): Contestant[] {
  const updates = { onnx: { conv: 4, mlp: 40 }, wasm: { conv: 2, mlp: 12 } };
  return (["onnx", "wasm"] as const)
    .filter(backend => missing(backend) === undefined)
    .map(backend => ({
      tool: `${backend}, with its data`,
      command: process.execPath,
      args: [KIND, backend, net, String(updates[backend][net]), `${folder}/${backend}`],
    }));
}
