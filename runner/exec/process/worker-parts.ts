import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson } from "../../cache/canonical.js";
import type { StepContext } from "../../step-api.js";
import type { ExecutorMessage, WorkerMessage } from "./job.js";

type Answer = Extract<ExecutorMessage, { type: "part" }>;

/** A worker's side of parts: asks the runner for them and makes what it is told to. `scratch`: a folder to make them in. */
export class WorkerParts {
  readonly #waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
  #calls = 0;
  #made = 0;

  constructor(
    private readonly scratch: string,
    private readonly send: (message: WorkerMessage) => void,
  ) {}

  readonly part: StepContext["part"] = async (key, produce) => {
    const text = canonicalJson(key);
    const { path } = await this.#ask(call => ({ type: "claim-part", call, key: text, wait: true }));
    return path ?? this.#make(text, produce);
  };

  readonly parts: StepContext["parts"] = async (keys, produce) => {
    const found = new Map<number, string>();
    const left: number[] = [];
    // From the last: in a study that grows, it is the first parts that smaller steps make as well.
    for (const [i, key] of [...keys.entries()].reverse()) {
      const text = canonicalJson(key);
      const { path, busy } = await this.#ask(call => ({ type: "claim-part", call, key: text, wait: false }));
      if (busy) left.push(i);
      else found.set(i, path ?? (await this.#make(text, to => produce(i, to))));
    }
    for (const i of left) found.set(i, await this.part(keys[i] ?? null, path => produce(i, path)));
    return keys.map((_, i) => found.get(i) ?? "");
  };

  readonly findPart: StepContext["findPart"] = async key => {
    const { path } = await this.#ask(call => ({ type: "find-part", call, key: canonicalJson(key) }));
    return path ?? undefined;
  };

  /** Gives the answer to a question. */
  settle(answer: Answer): void {
    const asker = this.#waiting.get(answer.call);
    this.#waiting.delete(answer.call);
    if (answer.error === undefined) asker?.resolve(answer);
    else asker?.reject(new Error(answer.error));
  }

  async #make(text: string, produce: (path: string) => Promise<void> | void): Promise<string> {
    mkdirSync(this.scratch, { recursive: true });
    const path = join(this.scratch, String(this.#made++));
    await produce(path);
    const kept = await this.#ask(call => ({ type: "keep-part", call, key: text, path }));
    if (kept.path === null) throw new Error(`the part ${text} could not be kept`);
    return kept.path;
  }

  #ask(build: (call: number) => WorkerMessage): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const call = this.#calls++;
      this.#waiting.set(call, { resolve, reject });
      this.send(build(call));
    });
  }
}
