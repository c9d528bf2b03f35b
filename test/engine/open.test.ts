import { afterEach, describe, expect, it } from "@jest/globals";
import { openEngine, type Engine } from "../../steps/engine/index.js";
import type { WasmBackend } from "../../steps/engine/wasm/compose.js";
import { guardHeap } from "../../steps/engine/wasm/heap.js";
import { tempFolder } from "../rig/temp.js";

describe("openEngine", () => {
  const open: Engine[] = [];
  afterEach(() => open.splice(0).forEach(engine => engine.dispose()));
  const start = async (backend: string, cpus: number): Promise<Engine> => {
    const engine = await openEngine({ backend, cpus });
    open.push(engine);
    return engine;
  };

  it.each([
    ["cpu", 4, 1],
    ["wasm", 1, 1],
    ["wasm", 2, 2],
    ["wasm", 99, 8],
  ])("opens %s with %i threads as %i", async (backend, cpus, threads) => {
    const engine = await start(backend, cpus);
    expect(engine).toMatchObject({ backend, threads, precision: "float32" });
    expect(engine.version).toMatch(/^tfjs-backend-\w+ \d+\.\d+\.\d+$/);
    const sum = engine.tf.sum(engine.tf.matMul(engine.tf.ones([64, 64]), engine.tf.ones([64, 64])));
    expect((await sum.data())[0]).toBe(64 ** 3);
  });

  it("opens again after dispose, and leaves the handlers of fatal errors alone", async () => {
    const handler = (): void => undefined;
    process.on("unhandledRejection", handler);
    try {
      for (const threads of [2, 1, 2]) {
        const engine = await openEngine({ backend: "wasm", cpus: threads });
        expect(engine.threads).toBe(threads);
        engine.dispose();
        expect(process.listeners("unhandledRejection")).toContain(handler);
      }
    } finally {
      process.off("unhandledRejection", handler);
    }
  });

  it("refuses other names and numbers of threads", async () => {
    await expect(start("abacus", 1)).rejects.toThrow(/"abacus"/);
    await expect(start("wasm", 0)).rejects.toThrow(RangeError);
  });

  it("says which package of a backend does not load", async () => {
    const before = process.env["VISTAS_ENGINES"];
    process.env["VISTAS_ENGINES"] = tempFolder();
    try {
      await expect(start("webgpu", 1)).rejects.toThrow(/webgpu does not load/);
    } finally {
      if (before === undefined) delete process.env["VISTAS_ENGINES"];
      else process.env["VISTAS_ENGINES"] = before;
    }
  });

  it("turns a full heap into an error that names the batch size", async () => {
    const { tf } = await start("wasm", 1);
    // The last half gigabyte is in reserve, so this leaves 64 MB.
    guardHeap(tf.backend() as unknown as WasmBackend, 0.5625 * 2 ** 30);
    const fill = (): void => {
      for (let i = 0; i < 5; i++) tf.zeros([4, 1024, 1024]);
    };
    expect(fill).toThrow(/out of memory.*batch/s);
  });

  it("turns an abort of the binary into the same error", () => {
    const wasm = { _malloc: () => 8, _free: () => undefined, onAbort: (): void => undefined };
    guardHeap({ wasm } as unknown as WasmBackend);
    expect(() => wasm.onAbort()).toThrow(/out of memory/);
  });
});
