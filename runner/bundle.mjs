// Bundles the compiled command line into one file, dist/bundle/main.cjs, and keeps the code that V8 makes of it beside it.
// Kinds stay where they are, since their code is part of keys; so do the few modules that both sides share by identity.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve, sep } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parse } from "acorn";
import { full } from "acorn-walk";
import { build } from "esbuild";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const outdir = join(dist, "bundle");
const bundle = join(outdir, "main.cjs");
const { CODE, loadBundle } = await import(pathToFileURL(join(dist, "runner/core/self/bundle.js")).href);

if (process.argv[2] === "--keep-code") await keepCode();
else {
  await makeBundle();
  keepCodeOfCalls();
}

async function makeBundle() {
  const apart = [
    join(dist, "steps") + sep,
    join(dist, "runner/core/self/here.js"),
    join(dist, "runner/core/diagnostic.js"),
  ];
  const shared = new Set();
  const leaveApart = {
    name: "leave-apart",
    setup({ onResolve }) {
      onResolve({ filter: /^\.{1,2}\// }, ({ path, importer, kind }) => {
        const file = resolve(dirname(importer), path);
        if (!apart.some(name => file === name || (name.endsWith(sep) && file.startsWith(name))))
          return undefined;
        const name = relative(outdir, file);
        if (kind === "import-statement") shared.add(name);
        return { path: name, external: true };
      });
    },
  };
  rmSync(outdir, { recursive: true, force: true });
  await build({
    entryPoints: [join(dist, "runner/main.js")],
    outfile: bundle,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    charset: "ascii",
    minifySyntax: true,
    minifyWhitespace: true,
    // A crash shows its line.
    lineLimit: 200,
    logLevel: "warning",
    define: { "import.meta.url": "bundleUrl" },
    plugins: [leaveApart],
  });
  const code = withoutImports(readFileSync(bundle, "latin1"));
  writeFileSync(bundle, `//${JSON.stringify([...shared].sort())}\n${code}`, "latin1");
}

/** `import(x)` -> `importOutside(x)`. */
function withoutImports(code) {
  const places = [];
  full(parse(code, { ecmaVersion: "latest" }), node => {
    if (node.type === "ImportExpression") places.push(node.start);
  });
  return places
    .sort((a, b) => b - a)
    .reduce((text, at) => `${text.slice(0, at)}importOutside${text.slice(at + "import".length)}`, code);
}

/** V8 compiles a function when it is first called: so the code is kept after calls of the usual verbs, in a process of its own. */
function keepCodeOfCalls() {
  const folder = mkdtempSync(join(tmpdir(), "vistas-bundle-"));
  try {
    const { status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), "--keep-code"], {
      cwd: folder,
      env: { ...process.env, HOME: folder, VISTAS_CACHE: join(folder, "cache"), VISTAS_ROOT: "" },
      stdio: ["ignore", "ignore", "inherit"],
    });
    if (status !== 0) throw new Error(`the calls of the new bundle ended with ${status}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function keepCode() {
  const { exports, code } = await loadBundle(pathToFileURL(bundle));
  const calls = [
    ["init"],
    ["run"],
    ["run"],
    ["plan"],
    ["validate"],
    ["why", "count"],
    ["show", "count"],
    ["runs"],
  ];
  for (const words of calls) {
    const status = await exports.main([process.execPath, "vistas", "--quiet", ...words]);
    if (status !== 0) throw new Error(`vistas ${words.join(" ")} ended with ${status}`);
  }
  const file = join(outdir, CODE);
  writeFileSync(`${file}.new`, code());
  renameSync(`${file}.new`, file);
  process.exit(0);
}
