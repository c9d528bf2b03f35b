/**
 * The process in which one step of a kind runs: receives the step, imports the kind's module, runs it, and reports
 * what happens. It leaves when its parent does. Does not: know keys, records or the store.
 */
import process from "node:process";
import { pathToFileURL } from "node:url";
import { provideSelf } from "./core/self/self-import.js";
import { inSource } from "./core/self/source-places.js";
import type { ExecutorMessage, KindProgram, WorkerMessage } from "./exec/process/job.js";
import { createContext } from "./exec/process/worker-context.js";
import type { StepDefinition } from "./step-api.js";

process.on("message", (message: ExecutorMessage) => {
  if (message.type === "run") void runStep(message.program, message.scratch);
});
// The runner is gone: nobody will take the result.
process.on("disconnect", () => process.exit(1));

async function runStep(program: KindProgram, scratch: string): Promise<void> {
  const { context, results, settle, stop } = createContext(program, scratch, send);
  process.on("message", (message: ExecutorMessage) => {
    if (message.type === "part") settle(message);
  });
  process.on("SIGTERM", stop);
  try {
    if (program.plugin) provideSelf();
    const module = (await import(pathToFileURL(program.module).href)) as { default: StepDefinition };
    await module.default.run(context);
    await finish({ type: "done", ...results() });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // A built-in kind says what is wrong with its inputs and options by a plain Error; anything else is a fault of its code.
    const isMessage = !(error instanceof Error) || (!program.plugin && error.constructor === Error);
    process.stderr.write(`${isMessage ? message : inSource(error.stack ?? message)}\n`);
    await finish({ type: "failed", error: message });
  }
}

function send(message: WorkerMessage): void {
  if (process.connected) process.send?.(message);
}

/** Ends the process once the message is out; a backend's threads must not keep it alive. */
async function finish(message: WorkerMessage): Promise<void> {
  await new Promise(sent =>
    process.connected ? process.send?.(message, undefined, undefined, sent) : sent(null),
  );
  process.exit(message.type === "done" ? 0 : 1);
}
