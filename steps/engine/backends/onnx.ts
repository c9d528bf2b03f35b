import { cpus as processors } from "node:os";
import process from "node:process";
import { gpu } from "../gpu.js";
import { memoryOfMachine, constantBytes, peakBytes } from "../memory/peak.js";
import { openModel } from "../onnx/onnx-model.js";
import { compiledProgram } from "../onnx/onnx-program.js";
import type { Ort } from "../onnx/session.js";
import { simplify } from "../trace/passes.js";
import type { Engine, EngineOptions } from "../types.js";
import type { Graph } from "../trace/index.js";
import { loadOnnxruntime } from "./load.js";
import { openWasm } from "./wasm.js";

/**
 * onnxruntime: programs are compiled (`onnx/`), and what is not a program runs on wasm, operation by operation.
 * `VISTAS_ONNX_PROVIDER` names another of onnxruntime's execution providers than the processor: `webgpu`, `cuda`,
 * `dml` or `coreml`, as far as the installed build has it. Numbers are the same for any number of threads
 * (`test/engine/onnx`).
 */
export async function openOnnx({ cpus }: EngineOptions): Promise<Engine> {
  const ort = load();
  const provider = process.env.VISTAS_ONNX_PROVIDER ?? "cpu";
  const supported = ort.listSupportedBackends().map(({ name }) => name);
  if (!supported.includes(provider))
    throw new Error(`onnxruntime has no provider ${provider} here (it has ${supported.join(", ")})`);
  const wasm = await openWasm({ backend: "wasm", cpus });
  const version = `onnxruntime-node ${ort.env.versions.node ?? ort.env.versions.common}`;
  // onnxruntime picks its kernels by the processor's instructions.
  const hardware = processors()[0]?.model ?? process.arch;
  const onProcessor = provider === "cpu";
  const limit = onProcessor ? memoryOfMachine() : (await gpu()).memory;
  const runtime = { ort, threads: cpus, provider };
  return {
    tf: wasm.tf,
    backend: "onnx",
    version,
    precision: "float32",
    threads: cpus,
    device: `onnxruntime (${provider}), ${cpus} thread${cpus === 1 ? "" : "s"}`,
    gpu: !onProcessor,
    determinism: onProcessor ? "bitwise" : "none",
    numericClass: `onnx ${version} ${provider} + ${wasm.version} float32 ${hardware}`,
    // Where memory is out, the system would end the process, or the model be refused in no words of memory.
    memory: { limit, needs, silent: true },
    program: (step, state) => compiledProgram(wasm.tf, runtime, step, state),
    openModel: model => openModel(runtime, model),
    dispose: () => wasm.dispose(),
  };
}

/** Convolutions work on patches, and the runtime rounds sizes up: measured 2 to 3 times what lives at once. */
const PATCHES_AND_ROUNDING = 2.5;

/** A model is one protobuf message, which holds less than 2 GiB; the rest is for what lowerings add. */
const MODEL_BYTES = 0.9 * 2 ** 31;

function needs(graph: Graph): number {
  const lean = simplify(graph);
  return constantBytes(lean) > MODEL_BYTES ? Infinity : PATCHES_AND_ROUNDING * peakBytes(lean);
}

function load(): Ort {
  try {
    return loadOnnxruntime();
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n", 1)[0] : String(error);
    throw new Error(`onnxruntime-node does not load: ${why ?? ""}`, { cause: error });
  }
}
