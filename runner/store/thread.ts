import { parentPort, Worker } from "node:worker_threads";

/** What a thread answers to a question. */
type Answer<A> = { readonly answer: A } | { readonly fault: Fault };

/** An error between threads, which takes from it all but its message and stack. */
interface Fault extends Partial<Pick<NodeJS.ErrnoException, "code" | "syscall" | "path">> {
  readonly name: string;
  readonly message: string;
  readonly dest?: string;
}

/** A thread that answers questions one after the other, in the order in which they are asked: see `answering`. */
export class Thread<Q, A> {
  readonly #worker: Worker;
  readonly #asked: { readonly resolve: (answer: A) => void; readonly reject: (error: unknown) => void }[] =
    [];

  constructor(module: URL, workerData: unknown) {
    this.#worker = new Worker(module, { workerData });
    this.#worker.on("message", (answer: Answer<A>) => {
      const asked = this.#asked.shift();
      if ("answer" in answer) asked?.resolve(answer.answer);
      else asked?.reject(Object.assign(new Error(answer.fault.message), answer.fault));
    });
    this.#worker.on("error", (error: unknown) => {
      for (const { reject } of this.#asked.splice(0)) reject(error);
    });
  }

  /** Rejects with what answering it threw; of an error of the system with its fields. */
  ask(question: Q): Promise<A> {
    return new Promise((resolve, reject) => {
      this.#asked.push({ resolve, reject });
      this.#worker.postMessage(question);
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** To be called in the thread's module: what it answers to each question. */
export function answering(answer: (question: never) => unknown): void {
  const given = (question: unknown): Answer<unknown> => {
    try {
      return { answer: answer(question as never) };
    } catch (error) {
      if (!(error instanceof Error)) return { fault: { name: "Error", message: String(error) } };
      const { name, message, code, syscall, path, dest } = error as NodeJS.ErrnoException & { dest?: string };
      const fields = Object.entries({ code, syscall, path, dest }).filter(([, value]) => value !== undefined);
      return { fault: { name, message, ...Object.fromEntries(fields) } };
    }
  };
  parentPort?.on("message", (question: unknown) => parentPort?.postMessage(given(question)));
}
