/**
 * Starts the wasm backend with threads, which the package refuses to do in Node. Three things stand in its way:
 * its flag is forced to false; its workers are started from a blob URL, which Node cannot do; and its pool is
 * capped at half of `os.cpus().length`. While the backend starts, workers of our own and a larger count of
 * processors stand in; everything is put back before `withThreads` returns.
 */
import { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import os from "node:os";
import { dirname, join } from "node:path";
import workerThreads, { type Transferable, Worker, type WorkerOptions } from "node:worker_threads";

/** The size of the pool that the package's binary asks for as it starts. */
export const MAX_THREADS = 8;

/** Runs `start`, which must start the wasm backend, so that it gets `threads` threads, 2 to 8. */
export async function withThreads<T>(threads: number, start: () => Promise<T>): Promise<T> {
  const glue = locateGlue();
  const workers: Worker[] = [];
  // The binary's main thread works too, and the pool is used from its end.
  const unused = MAX_THREADS - (threads - 1);
  let asked = 0;
  const Pool = function (file: string | URL, options?: WorkerOptions): Worker | UnusedWorker {
    if (!String(file).startsWith("blob:")) return new Worker(file, options);
    if (asked++ < unused) return new UnusedWorker();
    const worker = new GlueWorker(glue, options);
    workers.push(worker);
    return worker;
  };
  const [cpus, globals] = [os.cpus, globalThis as { Worker?: unknown }];
  const hadWorker = Object.getOwnPropertyDescriptor(globals, "Worker");
  Object.assign(workerThreads, { Worker: Pool });
  os.cpus = () => Array.from({ length: 2 * threads }, () => cpus()[0] ?? NO_CPU);
  try {
    return await start();
  } finally {
    Object.assign(workerThreads, { Worker });
    os.cpus = cpus;
    // The package's script makes `Worker` a global in Node.
    if (hadWorker) Object.defineProperty(globals, "Worker", hadWorker);
    else delete globals.Worker;
    // Idle threads must not keep the process alive.
    for (const worker of workers) worker.unref();
  }
}

interface Glue {
  /** The script that emscripten wrote around the threaded binary. */
  readonly file: string;
  /** Source of the workers' script. */
  readonly workerSource: string;
}

function locateGlue(): Glue {
  const require = createRequire(import.meta.url);
  const folder = join(dirname(require.resolve("@tensorflow/tfjs-backend-wasm/package.json")), "wasm-out");
  const file = join(folder, "tfjs-backend-wasm-threaded-simd.js");
  // Written out, so that the code of a kind can be known from its text.
  const { wasmWorkerContents } =
    require("@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.worker.js") as {
      wasmWorkerContents: string;
    };
  // The package's string has a line break inside a quoted one.
  return { file, workerSource: wasmWorkerContents.replaceAll("\n", "\\n") };
}

/** A thread of the pool. */
class GlueWorker extends Worker {
  readonly #file: string;

  constructor(glue: Glue, options: WorkerOptions | undefined) {
    super(glue.workerSource, { ...options, eval: true });
    this.#file = glue.file;
  }

  /** The package would hand its workers their script as a blob; in Node they can only read a file. */
  override postMessage(message: unknown, transfer?: readonly Transferable[]): void {
    const load =
      typeof message === "object" && message !== null && "cmd" in message && message.cmd === "load";
    super.postMessage(load ? { ...message, urlOrBlob: this.#file } : message, transfer);
  }
}

/** Fills the part of the pool that is never used: a real worker costs tens of milliseconds and 10 MB. */
class UnusedWorker extends EventEmitter {
  postMessage(): void {
    queueMicrotask(() => this.emit("message", { cmd: "loaded" }));
  }
  ref(): void {
    throw new Error("Internal error: the wasm backend used more threads than it was given.");
  }
  unref(): void {
    // Nothing to release.
  }
  terminate(): void {
    // Nothing to end.
  }
}

/** Only the length of the list of processors is read. */
const NO_CPU: os.CpuInfo = { model: "", speed: 0, times: { user: 0, nice: 0, sys: 0, idle: 0, irq: 0 } };
