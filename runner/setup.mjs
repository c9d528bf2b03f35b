// Makes a fresh clone ready: installs what package-lock.json names and compiles, each only when needed.
// Plain JavaScript without dependencies, because it runs before there are any.
// Does not: run anything of vistas. `npm start`, `npm test` and `npm run bench` call it first.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const at = name => join(root, name);
const read = name => (existsSync(at(name)) ? readFileSync(at(name), "utf8") : "");

/** One line a source file: a change of any name, size or time means: compile again. */
function sources(dir) {
  return readdirSync(at(dir), { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile() && entry.name.endsWith(".ts"))
    .map(entry => {
      const file = join(entry.parentPath ?? entry.path, entry.name);
      const { size, mtimeMs } = statSync(file);
      return `${file} ${size} ${mtimeMs}`;
    })
    .sort();
}

// npm leaves an optional dependency out without a word where its script fails, and onnxruntime's downloads CUDA libraries,
// which not every machine can. What vistas needs of it lies in the package itself.
const env = { ...process.env, npm_config_onnxruntime_node_install: "skip", ONNXRUNTIME_NODE_INSTALL: "skip" };

function must(command, args) {
  process.stderr.write(`vistas: ${[command, ...args].join(" ")}\n`);
  const { status, error } = spawnSync(command, args, { cwd: root, env, stdio: ["ignore", 2, 2] });
  if (error) process.stderr.write(`vistas: ${command}: ${error.message}\n`);
  if (status !== 0) process.exit(status ?? 1);
}

const installed = "node_modules/.vistas-installed";
const wanted = read("package-lock.json") + process.version;
if (read(installed) !== wanted) {
  must("npm", ["ci", "--no-fund", "--no-audit", "--loglevel=error"]);
  writeFileSync(at(installed), wanted);
  if (!existsSync(at("node_modules/onnxruntime-node")))
    process.stderr.write(
      "vistas: npm left onnxruntime-node out: the engine onnx is missing, others will be slower\n",
    );
}

const built = "dist/.vistas-built";
const stamp = [
  ...["runner", "steps", "test"].flatMap(sources),
  read("tsconfig.json"),
  read("runner/bundle.mjs"),
  wanted,
].join("\n");
if (read(built) !== stamp) {
  // What a deleted source had left behind must not be run or tested any more.
  rmSync(at("dist"), { recursive: true, force: true });
  must(process.execPath, [at("node_modules/typescript/bin/tsc"), "-p", root]);
  must(process.execPath, [at("runner/bundle.mjs")]);
  writeFileSync(at(built), stamp);
}
