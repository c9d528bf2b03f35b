import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";

export interface Bundle {
  readonly exports: Readonly<Record<string, unknown>>;
  /** What V8 made of the bundle so far, as `CODE` holds it. */
  code(): Buffer;
}

/** Beside a bundle: the code that V8 made of it, behind a digest of both. V8 itself refuses that of another version. */
export const CODE = "main.code";

/**
 * Runs a CommonJS bundle. Its first line is a comment that lists, as JSON, the ES modules that it requires: they are shared
 * with code outside the bundle. What it imports while it runs, it imports by `importOutside`. CommonJS, because of ES modules
 * Node 20 keeps no compiled code; and no `import()`, because Node 20 refuses that in a script of which code was kept.
 */
export async function loadBundle(file: URL): Promise<Bundle> {
  const source = readFileSync(file, "latin1");
  const names = JSON.parse(source.slice("//".length, source.indexOf("\n"))) as readonly string[];
  const modules = new Map<string, unknown>();
  for (const name of names) modules.set(name, await import(new URL(name, file).href));
  const requireOther = createRequire(file);
  const require = (name: string): unknown => modules.get(name) ?? requireOther(name);
  const importOutside = (name: string): Promise<unknown> =>
    import(name.startsWith(".") ? new URL(name, file).href : name);
  const script = new Script(`(function (require, module, exports, importOutside, bundleUrl) {${source}\n})`, {
    filename: fileURLToPath(file),
    cachedData: readCode(file, source),
  });
  const module = { exports: {} };
  const run = script.runInThisContext() as (...given: readonly unknown[]) => void;
  run(require, module, module.exports, importOutside, file.href);
  return {
    exports: module.exports,
    code() {
      const code = script.createCachedData();
      return Buffer.concat([digestOf(source, code), code]);
    },
  };
}

/** Undefined where there is none, or where either is not as it was: V8 would end the process. */
function readCode(bundle: URL, source: string): Buffer | undefined {
  let kept: Buffer;
  try {
    kept = readFileSync(new URL(CODE, bundle));
  } catch {
    return undefined;
  }
  const code = kept.subarray(DIGEST_BYTES);
  return digestOf(source, code).equals(kept.subarray(0, DIGEST_BYTES)) ? code : undefined;
}

const DIGEST_BYTES = 32;

function digestOf(source: string, code: Buffer): Buffer {
  return createHash("sha256").update(source, "latin1").update(code).digest();
}
