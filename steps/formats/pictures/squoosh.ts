import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** Bytes of a picture -> RGBA. Throws an Error that begins with `damaged`, and says what the decoder found. */
type Decode = (bytes: Uint8Array, damaged: string) => Promise<Uint8ClampedArray>;

/**
 * A decoder of the Squoosh project (libjpeg of Mozilla, libwebp), compiled to WebAssembly: the same pixels on every
 * machine, and nothing in a picture reaches beyond it. Loaded when the first picture needs it.
 */
export function decoderOf(format: keyof typeof loaders): Promise<Decode> {
  return (loaded[format] ??= load(format));
}

const loaded: Partial<Record<keyof typeof loaders, Promise<Decode>>> = {};

const loaders = {
  jpeg: {
    module: () => import("@jsquash/jpeg/decode.js"),
    wasm: "@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm",
  },
  webp: { module: () => import("@jsquash/webp/decode.js"), wasm: "@jsquash/webp/codec/dec/webp_dec.wasm" },
} as const;

/** The part of Emscripten's options that its types leave out. */
interface ModuleOptions {
  readonly wasmBinary: Uint8Array;
  readonly print: (line: string) => void;
  readonly printErr: (line: string) => void;
}

interface Module {
  readonly init: (options: ModuleOptions) => Promise<void>;
  readonly default: (bytes: Uint8Array) => Promise<{ readonly data: Uint8ClampedArray }>;
}

async function load(format: keyof typeof loaders): Promise<Decode> {
  const { module, wasm } = loaders[format];
  const { init, default: decode } = (await module()) as unknown as Module;
  let said: string[] = [];
  const note = (line: string): void => void said.push(line);
  const wasmBinary = readFileSync(createRequire(import.meta.url).resolve(wasm));
  await init({ wasmBinary, print: note, printErr: note });
  return async (bytes, damaged) => {
    said = [];
    let data: Uint8ClampedArray | undefined;
    try {
      ({ data } = await decode(bytes));
    } catch (error) {
      note(error instanceof Error ? error.message : String(error));
    }
    // libjpeg warns, and fills what it could not read: no pixel of such a picture can be relied on.
    if (data === undefined || said.length > 0) throw new Error(`${damaged}: ${said.join("; ")}`);
    return data;
  };
}
