import type { WasmBackend } from "./compose.js";

const GIB = 2 ** 30;

/** Where the heap ends: 32-bit addresses. */
export const HEAP_BYTES = 4 * GIB;

/**
 * The last part of the heap, which tensors may not take: XNNPACK's own workspace must always fit, because it does
 * not fail when it does not get one, it only computes nothing.
 */
const RESERVE_BYTES = GIB / 2;

/** What tensors may take in all. */
export const TENSOR_BYTES = HEAP_BYTES - RESERVE_BYTES;

/** What is used of emscripten's module. */
interface Heap {
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  onAbort?: () => void;
}

/**
 * Turns the two ways in which the wasm backend dies of a full heap into one clear Error: an allocation that returns
 * 0 (the package would go on and write over address 0), and `abort()` within the binary. The backend is unusable
 * afterwards.
 */
export function guardHeap(backend: Pick<WasmBackend, "wasm">, limit: number = HEAP_BYTES): void {
  const heap = backend.wasm as unknown as Heap;
  const full = (): never => {
    throw new Error(
      `The wasm engine is out of memory: its heap ends at ${limit / GIB} GB. ` +
        "Make the step's batch size smaller, or run it on another backend.",
    );
  };
  // The module replaces its own `_malloc` at the first call; only then can it be wrapped.
  heap._free(heap._malloc(1));
  const malloc = heap._malloc.bind(heap);
  heap._malloc = bytes => {
    const pointer = malloc(bytes) >>> 0;
    if (pointer === 0 || pointer + bytes > limit - RESERVE_BYTES) full();
    return pointer;
  };
  heap.onAbort = full;
}
