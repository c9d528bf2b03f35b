/** Dawn does not throw: what goes wrong on the device comes as an event, and the results are zeros. */
import type { Program } from "../types.js";

/** What is used of a GPUDevice. */
export interface Device {
  readonly lost: Promise<{ readonly message: string }>;
  addEventListener(
    type: "uncapturederror",
    listener: (event: { readonly error: { readonly message: string } }) => void,
  ): void;
}

/** Makes programs that throw what has gone wrong on the device since it was opened, in place of giving zeros. */
export function faultTeller(device: Device): (program: Program) => Program {
  let fault: string | undefined;
  const note = (what: string, message: string): void => {
    fault ??= `${what}: ${message.trim().split("\n", 1)[0] ?? ""}`;
  };
  device.addEventListener("uncapturederror", ({ error }) => {
    // Memory's own errors need not say so.
    note(
      error.constructor.name === "GPUOutOfMemoryError" ? "out of memory on the GPU" : "the GPU",
      error.message,
    );
  });
  void device.lost.then(({ message }) => note("the GPU was lost", message));
  const check = (): void => {
    if (fault !== undefined) throw new Error(fault);
  };
  return program => ({
    get how() {
      return program.how;
    },
    async run(inputs, options) {
      check();
      const outputs = await program.run(inputs, options);
      check();
      return outputs;
    },
    async state() {
      const state = await program.state();
      check();
      return state;
    },
    dispose: () => program.dispose(),
  });
}
