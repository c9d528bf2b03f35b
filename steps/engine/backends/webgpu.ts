import { createRequire } from "node:module";
import { join } from "node:path";
import type { Engine, TensorFlow } from "../types.js";
import { gpu } from "../gpu.js";
import { totalBytes } from "../memory/peak.js";
import { engineFolder } from "../places.js";
import { eagerProgram } from "../eager.js";
import { type Device, faultTeller } from "../webgpu/faults.js";
import { repairWebgpu } from "../webgpu/index.js";
import { closeBackend } from "./load.js";

/** What is used of npm's `webgpu` (Dawn), which only users who want it install. */
interface Dawn {
  create(options: readonly string[]): object;
  readonly globals: Readonly<Record<string, unknown>>;
}
interface AdapterInfo {
  readonly vendor?: string;
  readonly architecture?: string;
  readonly description?: string;
}

/** Vulkan drivers that compute on the processor: right, but a hundred times slower there than wasm. */
const SOFTWARE_GPU = /swiftshader|llvmpipe|lavapipe|basic render/i;

/** WebGPU through Dawn: any GPU with a Vulkan, Metal or Direct3D 12 driver. Read results with `await data()`. */
export async function openWebgpu(): Promise<Engine> {
  const { tf, dawn, addBackend, versions } = loadPackages();
  tf.enableProdMode();
  Object.assign(globalThis, dawn.globals);
  exposeGpu(dawn.create([]));
  addBackend();
  if (!(await tf.setBackend("webgpu")))
    throw new Error("no GPU was found (it takes a Vulkan, Metal or Direct3D 12 driver)");
  repairWebgpu(tf);
  const backend = tf.backend() as unknown as { readonly adapterInfo?: AdapterInfo; readonly device: Device };
  const { adapterInfo = {} } = backend;
  const telling = faultTeller(backend.device);
  const { vendor, architecture, description } = adapterInfo;
  const adapter = [vendor, architecture, description].filter(Boolean).join(" ");
  const device = adapter === "" ? "GPU" : adapter;
  return {
    tf,
    backend: "webgpu",
    version: versions,
    precision: "float32",
    threads: 1,
    device,
    gpu: !SOFTWARE_GPU.test(device),
    determinism: "none",
    numericClass: `webgpu ${versions} float32 ${device}`,
    memory: { limit: (await gpu()).memory, needs: totalBytes, silent: false },
    program: (step, state) => telling(eagerProgram(tf, step, state)),
    dispose: () => closeBackend(tf, "webgpu"),
  };
}

interface Packages {
  readonly tf: TensorFlow;
  readonly dawn: Dawn;
  /** Registers the backend, which looks for the GPU at once. */
  readonly addBackend: () => void;
  readonly versions: string;
}

/** The project's own packages, else those that `vistas doctor --install` put elsewhere. Throws an Error that says why none load. */
function loadPackages(): Packages {
  const places = [import.meta.url, join(engineFolder("webgpu"), "package.json")];
  const failures: string[] = [];
  for (const place of places) {
    // Known by its name, and the packages' names written out, so that the code of a kind can be known from its text.
    const require = createRequire(place);
    try {
      const version = (manifest: unknown): string => (manifest as { version: string }).version;
      const backend = version(require("@tensorflow/tfjs-backend-webgpu/package.json"));
      return {
        tf: require("@tensorflow/tfjs-core") as TensorFlow,
        dawn: require("webgpu") as Dawn,
        addBackend: () => void require("@tensorflow/tfjs-backend-webgpu"),
        versions: `tfjs-backend-webgpu ${backend}, Dawn ${version(require("webgpu/package.json"))}`,
      };
    } catch (error) {
      failures.push(error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : String(error));
    }
  }
  throw new Error(`webgpu does not load (${failures.join("; ")})`);
}

/** The backend looks for the GPU where a browser has it. The global also keeps Dawn's object alive. */
function exposeGpu(gpu: object): void {
  const scope = globalThis as { navigator?: object };
  if (scope.navigator === undefined)
    Object.defineProperty(scope, "navigator", { value: {}, configurable: true, writable: true });
  Object.defineProperty(scope.navigator, "gpu", { value: gpu, configurable: true });
}
