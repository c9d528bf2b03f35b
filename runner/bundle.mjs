// Bundles the compiled command line into dist/bundle, so that Node opens a few files at its start and not two hundred.
// Kinds stay where they are, since their code is part of keys; so do the few modules that both sides share by identity.
import { rmSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const outdir = join(dist, "bundle");
const apart = [
  join(dist, "steps") + sep,
  join(dist, "runner/core/self/here.js"),
  join(dist, "runner/core/diagnostic.js"),
];

const leaveApart = {
  name: "leave-apart",
  setup({ onResolve }) {
    onResolve({ filter: /^\.{1,2}\// }, ({ path, importer }) => {
      const file = resolve(dirname(importer), path);
      if (!apart.some(name => file === name || (name.endsWith(sep) && file.startsWith(name))))
        return undefined;
      return { path: relative(outdir, file), external: true };
    });
  },
};

rmSync(outdir, { recursive: true, force: true });
await build({
  entryPoints: [join(dist, "runner/main.js")],
  outdir,
  bundle: true,
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node20",
  sourcemap: true,
  minifySyntax: true,
  minifyWhitespace: true,
  logLevel: "warning",
  plugins: [leaveApart],
  // CommonJS packages call `require`, which an ES module does not have.
  banner: {
    js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
  },
});
