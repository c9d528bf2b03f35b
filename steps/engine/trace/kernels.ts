import type { KernelFunc, TensorInfo } from "@tensorflow/tfjs-core";
import type { TensorFlow } from "../types.js";
import { FUSED, type Run, takeApart } from "./fused-kernels.js";
import { type Attributes, Refusal } from "./graph.js";
import { here, type Recorder } from "./recorder.js";
import type { ShapeRule } from "./rule.js";
import { elementwise } from "./shapes/elementwise-shapes.js";
import { linear } from "./shapes/linear-shapes.js";
import { reduction } from "./shapes/reduction-shapes.js";
import { structure } from "./shapes/structure-shapes.js";

const RULES: Readonly<Record<string, ShapeRule>> = { ...elementwise, ...reduction, ...linear, ...structure };

/**
 * Registers for `backendName` a kernel that records for every shape rule, and for every other kernel that some backend
 * has, one that refuses by name and line.
 */
export function registerKernels(tf: TensorFlow, backendName: string, recorder: () => Recorder): void {
  const run = (kernel: string, inputs: Record<string, TensorInfo>, attributes: Attributes): TensorInfo[] => {
    const rule = RULES[kernel];
    if (rule === undefined) throw new Refusal(kernel, here());
    const shaped = rule(tf, inputs, attributes);
    return recorder().record(kernel, inputs, attributes, Array.isArray(shaped) ? shaped : [shaped]);
  };
  const runOne: Run = (kernel, inputs, attributes) => first(run(kernel, inputs, attributes));
  const add = (kernelName: string, compute: (...args: Call) => TensorInfo | TensorInfo[]): void => {
    const kernelFunc: KernelFunc = ({ inputs, attrs }) => compute(given(inputs), attrs ?? {});
    tf.registerKernel({ kernelName, backendName, kernelFunc });
  };
  const known = ["cpu", "wasm", "webgpu", "tensorflow"].flatMap(name => tf.getKernelsForBackend(name));
  for (const kernel of new Set([...known.map(config => config.kernelName), ...Object.keys(RULES)])) {
    const plain = FUSED[kernel];
    if (plain !== undefined) add(kernel, (inputs, attrs) => takeApart(runOne, plain, inputs, attrs));
    else add(kernel, (inputs, attrs) => unlisted(run(kernel, inputs, attrs)));
  }
}

type Call = [inputs: Record<string, TensorInfo>, attributes: Attributes];

/** Optional inputs may be null or undefined. */
function given(inputs: object): Record<string, TensorInfo> {
  const entries = Object.entries(inputs) as [string, TensorInfo | null | undefined][];
  return Object.fromEntries(entries.filter((entry): entry is [string, TensorInfo] => entry[1] != null));
}

function first([tensor]: readonly TensorInfo[]): TensorInfo {
  if (tensor === undefined) throw new Error("Internal error: a kernel without a result.");
  return tensor;
}

/** The gradient tape wants a lone result bare. Kernels of several results (SplitV, Unpack) may also give one. */
function unlisted(tensors: TensorInfo[]): TensorInfo | TensorInfo[] {
  return tensors.length === 1 ? first(tensors) : tensors;
}
