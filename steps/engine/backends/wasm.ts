import type { Engine, EngineOptions } from "../types.js";
import { totalBytes } from "../memory/peak.js";
import type { WasmBackend } from "../wasm/compose.js";
import { guardHeap, TENSOR_BYTES } from "../wasm/heap.js";
import { repairKernels } from "../wasm/index.js";
import { MAX_THREADS, withThreads } from "../wasm/threads.js";
import { eagerProgram } from "../eager.js";
import { closeBackend, loadCore, loadWasm, noteHandlers } from "./load.js";

/**
 * WebAssembly with SIMD: what every machine has. With one thread the package's plain binary, else its threaded one;
 * both give the same bits for any number of threads (`test/engine/determinism.test.ts`).
 */
export async function openWasm({ cpus }: EngineOptions): Promise<Engine> {
  const tf = loadCore();
  const wasm = loadWasm();
  tf.enableProdMode();
  const wanted = Math.min(cpus, MAX_THREADS);
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", wanted > 1);
  wasm.setThreadsCount(wanted);
  const start = (): Promise<boolean> => tf.setBackend("wasm");
  const restoreHandlers = noteHandlers();
  try {
    if (!(await (wanted > 1 ? withThreads(wanted, start) : start())))
      throw new Error("The wasm tensor backend did not start.");
  } finally {
    restoreHandlers();
  }
  repairKernels(tf);
  guardHeap(tf.backend() as unknown as WasmBackend);
  const threads = wasm.getThreadsCount();
  const version = `tfjs-backend-wasm ${wasm.version_wasm}`;
  return {
    tf,
    backend: "wasm",
    version,
    precision: "float32",
    threads,
    device: `WebAssembly SIMD, ${threads} thread${threads === 1 ? "" : "s"}`,
    gpu: false,
    determinism: "bitwise",
    // XNNPACK has other kernels for other processors' instructions.
    numericClass: `wasm ${version} float32 ${process.arch}`,
    memory: { limit: TENSOR_BYTES, needs: totalBytes, silent: false },
    program: (step, state) => eagerProgram(tf, step, state),
    dispose() {
      const restore = noteHandlers();
      closeBackend(tf, "wasm");
      restore();
    },
  };
}
