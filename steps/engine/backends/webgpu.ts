import type { Engine, TensorFlow } from "../types.js";
import { closeBackend } from "./close.js";

/** What is used of npm's `webgpu` (Dawn), which only users who want it install. */
interface Dawn {
  create(options: readonly string[]): object;
  readonly globals: Readonly<Record<string, unknown>>;
}
interface WebgpuPackage {
  readonly version_webgpu: string;
}
interface WebgpuBackend {
  readonly adapterInfo?: { readonly vendor?: string; readonly architecture?: string };
}

/** WebGPU through Dawn: any GPU with a Vulkan, Metal or Direct3D 12 driver. Read results with `await data()`. */
export async function openWebgpu(): Promise<Engine> {
  const tf: TensorFlow = await import("@tensorflow/tfjs-core");
  tf.enableProdMode();
  const dawn = (await load("webgpu")) as Dawn;
  Object.assign(globalThis, dawn.globals);
  exposeGpu(dawn.create([]));
  const { version_webgpu } = (await load("@tensorflow/tfjs-backend-webgpu")) as WebgpuPackage;
  if (!(await tf.setBackend("webgpu")))
    throw new Error("no GPU was found: is a Vulkan, Metal or Direct3D 12 driver installed?");
  const info = (tf.backend() as unknown as WebgpuBackend).adapterInfo;
  const adapter = [info?.vendor, info?.architecture].filter(Boolean).join(" ");
  const device = adapter === "" ? "GPU" : adapter;
  const version = `tfjs-backend-webgpu ${version_webgpu}`;
  return {
    tf,
    backend: "webgpu",
    version,
    precision: "float32",
    threads: 1,
    device,
    numericClass: `webgpu ${version} float32 ${device}`,
    dispose: () => closeBackend(tf, "webgpu"),
  };
}

async function load(name: string): Promise<unknown> {
  try {
    return await import(name);
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
