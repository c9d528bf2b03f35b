/** The npm packages behind each backend: where they are, whether they changed, and how to get them. */
import { statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { engineFolder, enginesFolder, isInstallable, VERSIONS } from "./places.js";
import type { Backend } from "./types.js";

interface PackageSpec {
  readonly name: string;
  /** Files that compute: another one may give other numbers, or not load. Relative to the package. */
  readonly files: readonly string[];
}

const NATIVE = [
  "lib/napi-v8/tfjs_binding.node",
  "deps/lib/libtensorflow.so.2",
  "deps/lib/libtensorflow_cc.so.2",
];
const CORE: PackageSpec = { name: "@tensorflow/tfjs-core", files: [] };
const WASM: PackageSpec = {
  name: "@tensorflow/tfjs-backend-wasm",
  files: ["wasm-out/tfjs-backend-wasm-threaded-simd.wasm"],
};

const PACKAGES: Readonly<Record<Backend, readonly PackageSpec[]>> = {
  tensorflow: [
    { name: "@tensorflow/tfjs-node-gpu", files: NATIVE },
    { name: "@tensorflow/tfjs-node", files: NATIVE },
  ],
  onnx: [{ name: "onnxruntime-node", files: [] }, WASM, CORE],
  webgpu: [{ name: "webgpu", files: [] }, { name: "@tensorflow/tfjs-backend-webgpu", files: [] }, CORE],
  wasm: [WASM, CORE],
  cpu: [{ name: "@tensorflow/tfjs-backend-cpu", files: [] }, CORE],
};

/** What a user can do to get a backend. */
export const REMEDIES: Readonly<Record<Backend, string>> = {
  tensorflow:
    "vistas doctor --install tensorflow (processor; Linux). npm's own installation, " +
    `npm install --no-save @tensorflow/tfjs-node@${VERSIONS.tfjs} (or -gpu, for CUDA 11.2 and cuDNN 8.1), ` +
    "downloads from a place that some sites block, and is then left out without a word.",
  onnx:
    "npm install (it is an optional dependency of vistas, some 290 MB; npm leaves it out without a word where it " +
    "could not be installed, and npm install onnxruntime-node --ignore-scripts does without its CUDA download).",
  webgpu: "vistas doctor --install webgpu, and a Vulkan, Metal or Direct3D 12 driver.",
  wasm: "npm install (it is a dependency of vistas).",
  cpu: "npm install (it is a dependency of vistas).",
};

/** Why a backend cannot even be tried: packages that are not installed. Undefined when they are. */
export function missing(backend: Backend, engines = enginesFolder()): string | undefined {
  const names = PACKAGES[backend].map(spec => spec.name);
  const absent = names.filter(name => locate(name, backend, engines).length === 0);
  // Native TensorFlow needs one of its two packages, the others all of theirs.
  const lacks = backend === "tensorflow" ? absent.length === names.length : absent.length > 0;
  return lacks ? `${absent.join(" and ")} not installed` : undefined;
}

/** Text that changes when a backend's packages do: their places, sizes and times. Costs a few `stat` calls. */
export function stampOf(backend: Backend): string {
  return PACKAGES[backend]
    .map(({ name, files }) => {
      const found = locate(name, backend, enginesFolder());
      if (found.length === 0) return `${name}: none`;
      const stats = (folder: string): string[] =>
        ["package.json", ...files].map(file => statOf(join(folder, file)));
      return found.flatMap(folder => [folder, ...stats(folder)]).join(" ");
    })
    .join("; ");
}

export function statOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? "-" : `${stat.size}@${stat.mtimeMs}`;
}

const require = createRequire(import.meta.url);

/** The package's folders in the order in which they are tried, found as Node finds them, but without reading any. */
function locate(name: string, backend: Backend, engines: string): string[] {
  const installed = isInstallable(backend) ? [join(engineFolder(backend, engines), "node_modules")] : [];
  return [...(require.resolve.paths(name) ?? []), ...installed]
    .map(folder => join(folder, name, "package.json"))
    .filter(file => statSync(file, { throwIfNoEntry: false }) !== undefined)
    .map(file => dirname(file));
}
