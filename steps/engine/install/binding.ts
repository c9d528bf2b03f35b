/**
 * tfjs-node's native half, built against the libtensorflow of a wheel: the wheel's shared libraries are put where the
 * package would have put its own download, and its two C++ files are compiled by one call of the compiler. They use
 * Node-API alone, whose headers npm serves, so neither node-gyp nor Node's own headers are needed, and the result
 * serves every version of Node.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { unzip, zipEntries } from "../../formats/zip.js";
import { findCompiler, runProgram } from "./programs.js";
import { InstallFault, type Site } from "./recipe.js";

/** Of the wheel: the two libraries, and the headers that tensorflow/c/eager/c_api.h and ctstring.h bring in. */
const LIBRARIES = ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"] as const;
const WANTED = /^tensorflow\/(?:(lib[^/]+\.so\.2)|(include\/(?:tensorflow|tsl|xla)\/.*\.h))$/;

/** The largest library has 0.7 GB. */
const LIMIT = 2 ** 31;

/** Unpacks what is wanted of the wheel into the package's `deps/`. */
export async function unpackLibrary(wheel: string, site: Site): Promise<void> {
  const bytes = readFileSync(wheel);
  const wanted = zipEntries(bytes, wheel).flatMap(entry => {
    const [, library, header] = WANTED.exec(entry.name) ?? [];
    if (library !== undefined) return [{ entry, to: join("lib", library) }];
    return header === undefined ? [] : [{ entry, to: header }];
  });
  const missing = LIBRARIES.filter(name => !wanted.some(({ to }) => to === join("lib", name)));
  if (missing.length > 0)
    throw new InstallFault(`${wheel} holds no ${missing.join(" and no ")}`, "Report this to vistas.");
  const total = wanted.reduce((sum, { entry }) => sum + entry.unpacked, 0);
  let done = 0;
  for (const { entry, to } of wanted) {
    site.signal.throwIfAborted();
    const file = join(packageFolder(site), "deps", to);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, await unzip(bytes, entry, wheel, LIMIT));
    done += entry.unpacked;
    site.progress(done, total);
  }
}

export async function compileBinding(site: Site): Promise<void> {
  const folder = packageFolder(site);
  // Where the package looks for it: the newest Node-API that it knows.
  const target = join(folder, "lib/napi-v8");
  mkdirSync(target, { recursive: true });
  const includes = [join(folder, "deps/include"), join(site.folder, "node_modules/node-api-headers/include")];
  await runProgram(
    await findCompiler(),
    [
      ...["-std=c++17", "-O2", "-fPIC", "-shared", "-DNAPI_VERSION=8"],
      ...includes.map(include => `-I${include}`),
      ...["tfjs_backend.cc", "tfjs_binding.cc"].map(name => join(folder, "binding", name)),
      ...["-o", join(target, "tfjs_binding.node")],
      `-L${join(folder, "deps/lib")}`,
      ...LIBRARIES.map(name => `-l:${name}`),
      // Found from where the binding lies, so that the folder may move.
      "-Wl,-rpath,$ORIGIN/../../deps/lib",
    ],
    site,
    "It takes a compiler that knows C++17; another one can be named in CXX.",
  );
}

function packageFolder({ folder }: Site): string {
  return join(folder, "node_modules/@tensorflow/tfjs-node");
}
