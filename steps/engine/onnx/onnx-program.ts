/**
 * Programs that onnxruntime runs: the step function is traced and lowered once for each set of input shapes, and its
 * state goes from a step's outputs to the next one's inputs. Where that cannot be, the program runs operation by
 * operation from then on, and `how` says why. Does not: ask whether a step fits into memory (`memory/guard.ts`).
 */
import type { InferenceSession } from "onnxruntime-node";
import { eagerProgram } from "../eager.js";
import type { Program, ProgramArrays, StepFunction, TensorFlow } from "../types.js";
import { simplify } from "../trace/passes.js";
import { signaturesOf, trace, type Graph, Refusal } from "../trace/index.js";
import { lower, NAMES } from "./lower.js";
import { arrayOf, openSession, type Runtime, Slot, tensorOf } from "./session.js";

export function compiledProgram(
  tf: TensorFlow,
  runtime: Runtime,
  step: StepFunction,
  initial: ProgramArrays,
): Program {
  return new CompiledProgram(tf, runtime, step, initial);
}

interface Compiled {
  readonly session: InferenceSession;
  readonly graph: Graph;
  readonly operations: number;
}

class CompiledProgram implements Program {
  readonly #slots: ReadonlyMap<string, Slot>;
  /** Entries of the state that some step changes; the others are part of the models. */
  readonly #changing = new Set<string>();
  /** By the shapes of the inputs. */
  readonly #compiled = new Map<string, Compiled>();
  #eager: Program | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly tf: TensorFlow,
    private readonly runtime: Runtime,
    private readonly step: StepFunction,
    initial: ProgramArrays,
  ) {
    const { ort } = runtime;
    this.#slots = new Map(Object.entries(initial).map(([name, array]) => [name, new Slot(ort, array)]));
  }

  get how(): string {
    if (this.#eager !== undefined) return this.#eager.how;
    const [first] = this.#compiled.values();
    return first === undefined ? "to be compiled" : `compiled (${first.operations} operations)`;
  }

  run(inputs: ProgramArrays, { read = true } = {}): Promise<ProgramArrays> {
    return this.#inTurn(async () => {
      const compiled = this.#eager === undefined ? await this.#compile(inputs) : undefined;
      if (compiled === undefined) return this.#interpreted().run(inputs, { read });
      return this.#execute(compiled, inputs, read);
    });
  }

  state(): Promise<ProgramArrays> {
    return this.#inTurn(() => this.#eager?.state() ?? Promise.resolve(this.#copies()));
  }

  dispose(): void {
    this.#eager?.dispose();
    this.#drop();
  }

  /** Calls may come faster than steps are done. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** The model for these inputs, made if need be; nothing if there can be none. */
  async #compile(inputs: ProgramArrays): Promise<Compiled | undefined> {
    const signatures = signaturesOf(inputs);
    const key = JSON.stringify(signatures);
    const known = this.#compiled.get(key);
    if (known !== undefined) return known;
    try {
      const graph = simplify(trace(this.tf, this.step, signaturesOf(this.#arrays()), signatures));
      // A model that took an entry for a constant, which now changes, is of no more use.
      const news = Object.keys(graph.next).filter(name => !this.#changing.has(name));
      if (news.length > 0) this.#drop();
      for (const name of news) this.#changing.add(name);
      const { bytes, operations } = lower(this.tf, graph, this.#constants());
      const session = await openSession(this.runtime, bytes);
      const compiled = { session, graph, operations };
      this.#compiled.set(key, compiled);
      return compiled;
    } catch (error) {
      const why = reasonToInterpret(error);
      if (why === undefined) throw error;
      this.#drop();
      this.#eager = eagerProgram(this.tf, this.step, this.#copies(), `eager: ${why}`);
      return undefined;
    }
  }

  async #execute({ session, graph }: Compiled, inputs: ProgramArrays, read: boolean): Promise<ProgramArrays> {
    const { ort } = this.runtime;
    const feeds = [
      ...Object.entries(inputs).map(([name, array]) => [NAMES.input(name), tensorOf(ort, array)] as const),
      ...[...this.#changing].map(name => [NAMES.state(name), this.#slot(name).now] as const),
    ];
    const next = Object.keys(graph.next);
    const outputs = read ? Object.keys(graph.outputs) : [];
    const fetches = [
      ...next.map(name => [NAMES.next(name), this.#slot(name).spare] as const),
      ...outputs.map(name => [NAMES.output(name), null] as const),
    ];
    const results = await session.run(Object.fromEntries(feeds), Object.fromEntries(fetches));
    for (const name of next) this.#slot(name).turn();
    const read_ = outputs.map(name => {
      const tensor = results[NAMES.output(name)];
      if (tensor === undefined) throw new Error(`Internal error: onnxruntime gave no ${name}.`);
      return [name, arrayOf(tensor)] as const;
    });
    return Object.fromEntries(read_);
  }

  #interpreted(): Program {
    if (this.#eager === undefined) throw new Error("Internal error: neither compiled nor eager.");
    return this.#eager;
  }

  #slot(name: string): Slot {
    const slot = this.#slots.get(name);
    if (slot === undefined) throw new Error(`Internal error: no state ${name}.`);
    return slot;
  }

  #arrays(): ProgramArrays {
    return Object.fromEntries([...this.#slots].map(([name, slot]) => [name, arrayOf(slot.now)]));
  }

  #copies(): ProgramArrays {
    return Object.fromEntries([...this.#slots].map(([name, slot]) => [name, slot.copy()]));
  }

  #constants(): Record<string, Float32Array | Int32Array> {
    const fixed = Object.entries(this.#arrays()).filter(([name]) => !this.#changing.has(name));
    return Object.fromEntries(fixed.map(([name, { data }]) => [name, data]));
  }

  #drop(): void {
    for (const { session } of this.#compiled.values()) void session.release();
    this.#compiled.clear();
  }
}

/**
 * What was refused, and so why to go on without compiling; nothing for an error of the step function's own. A step
 * function may have reported a refusal in words of its own.
 */
function reasonToInterpret(error: unknown): string | undefined {
  if (error instanceof Refusal) return error.message;
  return error instanceof Error && error.cause !== undefined ? reasonToInterpret(error.cause) : undefined;
}
