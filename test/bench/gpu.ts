import process from "node:process";
import { missing } from "../../steps/engine/packages.js";
import { tryBackend } from "../../steps/engine/try-backend.js";
import type { Backend } from "../../steps/engine/types.js";
import { engine, pytorch } from "./contestants.js";
import { tell } from "./measure.js";
import { race } from "./race.js";

/** An engine's road to a GPU. */
interface Road {
  readonly tool: string;
  readonly backend: Backend;
  readonly env: Readonly<Record<string, string>>;
}
const ROADS: readonly Road[] = [
  { tool: "tensorflow", backend: "tensorflow", env: {} },
  ...["cuda", "webgpu", "dml", "coreml"].map((provider): Road => {
    return { tool: `onnx (${provider})`, backend: "onnx", env: { VISTAS_ONNX_PROVIDER: provider } };
  }),
  { tool: "webgpu", backend: "webgpu", env: {} },
];

/**
 * Training, sampling, and the features that a probe takes, on each engine that finds a GPU, and in PyTorch on the same one.
 * Where none is found, one line says why. `VISTAS_BENCH_SOFTWARE=1` takes GPUs made of software too, to try the bench itself.
 */
export async function gpu(): Promise<void> {
  const software = process.env["VISTAS_BENCH_SOFTWARE"] === "1";
  const [found, without]: [Road[], string[]] = [[], []];
  for (const road of ROADS) {
    const why = await lacking(road, software);
    if (why === undefined) found.push(road);
    else without.push(`${road.tool}: ${why}`);
  }
  if (found.length === 0) {
    tell("gpu", { skipped: `no engine finds a GPU here. ${without.join("; ")}` });
    return;
  }
  tell("gpu", { engines: found.map(({ tool }) => tool), without });
  for (const workload of [
    "train-conv",
    "train-mlp",
    "sample-mlp",
    "sample-conv",
    "sample-dcgan",
    "features-conv",
  ])
    await race("gpu", workload, [
      ...found.map(({ tool, backend, env }) => engine(tool, backend, workload, env)),
      ...(await pytorch("gpu", workload, "cuda")),
    ]);
}

/** Why an engine has no GPU this way. */
async function lacking({ backend, env }: Road, software: boolean): Promise<string | undefined> {
  const absent = missing(backend);
  if (absent !== undefined) return absent;
  const result = await tryBackend(backend, { env });
  if (!result.ok) return result.why;
  return result.gpu || (software && backend === "webgpu") ? undefined : `it computes on ${result.device}`;
}
