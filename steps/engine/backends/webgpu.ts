import { createRequire } from "node:module";
import type { Engine, TensorFlow } from "../types.js";
import { eagerProgram } from "../program.js";
import { closeBackend } from "./close.js";

const BACKEND_PACKAGE = "@tensorflow/tfjs-backend-webgpu";

/** What is used of npm's `webgpu` (Dawn), which only users who want it install. */
interface Dawn {
  create(options: readonly string[]): object;
  readonly globals: Readonly<Record<string, unknown>>;
}
interface WebgpuBackend {
  readonly adapterInfo?: {
    readonly vendor?: string;
    readonly architecture?: string;
    readonly description?: string;
  };
}

/** WebGPU through Dawn: any GPU with a Vulkan, Metal or Direct3D 12 driver. Read results with `await data()`. */
export async function openWebgpu(): Promise<Engine> {
  const tf: TensorFlow = await import("@tensorflow/tfjs-core");
  tf.enableProdMode();
  // The names are written out, so that the code of a kind can be told from its text.
  const dawn = await loaded<Dawn>("webgpu", import("webgpu"));
  Object.assign(globalThis, dawn.globals);
  exposeGpu(dawn.create([]));
  await loaded(BACKEND_PACKAGE, import("@tensorflow/tfjs-backend-webgpu"));
  if (!(await tf.setBackend("webgpu")))
    throw new Error("no GPU was found (it takes a Vulkan, Metal or Direct3D 12 driver)");
  const info = (tf.backend() as unknown as WebgpuBackend).adapterInfo;
  const adapter = [info?.vendor, info?.architecture, info?.description].filter(Boolean).join(" ");
  const device = adapter === "" ? "GPU" : adapter;
  const version = `tfjs-backend-webgpu ${versionOf(BACKEND_PACKAGE)}`;
  return {
    tf,
    backend: "webgpu",
    version,
    precision: "float32",
    threads: 1,
    device,
    numericClass: `webgpu ${version} float32 ${device}`,
    program: (step, state) => eagerProgram(tf, step, state),
    dispose: () => closeBackend(tf, "webgpu"),
  };
}

/** The package exports no version. */
function versionOf(name: string): string {
  const { version } = createRequire(import.meta.url)(`${name}/package.json`) as { version: string };
  return version;
}

async function loaded<T>(name: string, module: Promise<T>): Promise<T> {
  try {
    return await module;
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n", 1)[0] : String(error);
    throw new Error(`${name} does not load: ${why ?? ""}`, { cause: error });
  }
}

/** The backend looks for the GPU where a browser has it. The global also keeps Dawn's object alive. */
function exposeGpu(gpu: object): void {
  const scope = globalThis as { navigator?: object };
  if (scope.navigator === undefined)
    Object.defineProperty(scope, "navigator", { value: {}, configurable: true, writable: true });
  Object.defineProperty(scope.navigator, "gpu", { value: gpu, configurable: true });
}
