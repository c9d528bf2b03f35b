/** Programs that say which batch would fit when their engine's memory is out. */
import type { Engine, Program, ProgramArrays, StepFunction } from "../types.js";
import { type Graph, type Signatures, signaturesOf, sizeOf, trace } from "../trace/index.js";
import { OutOfMemory, saysOutOfMemory } from "./out-of-memory.js";

/** Of the limit, as much is counted on when a batch is recommended; the rest is for what is not worked out. */
const COUNTED_ON = 0.8;

/** As `engine.program`, but with errors that say more; see the top of the file. */
export function guardedProgram(engine: Engine, step: StepFunction, state: ProgramArrays): Program {
  const program = engine.program(step, state);
  const signature = signaturesOf(state);
  const found = new Map<string, number | undefined>();
  return {
    get how() {
      return program.how;
    },
    async run(arrays, options) {
      const inputs = signaturesOf(arrays);
      try {
        admit(inputs);
        return await program.run(arrays, options);
      } catch (error) {
        throw saysOutOfMemory(error) ? explained(inputs, error) : error;
      }
    },
    state: () => program.state(),
    dispose: () => program.dispose(),
  };

  /** Throws if a step of such inputs cannot fit. */
  function admit(inputs: Signatures): void {
    const { limit = Number.MAX_VALUE, silent } = engine.memory;
    if (silent && (needs(inputs) ?? 0) > limit) throw new Error("out of memory, had it been run");
  }

  /** Each set of shapes is looked at once. Nothing for a step that cannot be traced, or not with so many rows. */
  function needs(inputs: Signatures): number | undefined {
    const key = JSON.stringify(inputs);
    if (!found.has(key))
      found.set(
        key,
        whereKnown(() => engine.memory.needs(shapesOf(inputs))),
      );
    return found.get(key);
  }

  function shapesOf(inputs: Signatures): Graph {
    return trace(engine.tf, step, signature, inputs, { numbers: false });
  }

  function explained(inputs: Signatures, cause: unknown): OutOfMemory {
    const rows = rowsOf(inputs);
    const needed = needs(inputs);
    const known = engine.memory.limit;
    const limit = needed === undefined ? undefined : whereItEnded(needed, known);
    const fits = (wanted: number): boolean => {
      const needed = needs(withRows(inputs, rows, wanted)) ?? Infinity;
      return limit !== undefined && needed !== Infinity && needed <= COUNTED_ON * limit;
    };
    const room = known === undefined ? "" : `, which has ${gigabytes(known)} for it`;
    const takes = needed === undefined || needed === Infinity ? "" : ` takes some ${gigabytes(needed)} and`;
    return new OutOfMemory(
      `Out of memory: a step on ${rows} rows${takes} does not fit into the engine ${engine.backend}${room}.`,
      rows,
      fits,
      { cause },
    );
  }
}

/** What was thought to fit and did not: others use the memory too, or less is allowed. How much, nobody says. */
function whereItEnded(needed: number, known: number | undefined): number {
  return known !== undefined && needed > known ? known : needed / 2;
}

/** The leading length of the largest input. */
function rowsOf(inputs: Signatures): number {
  const shapes = Object.values(inputs).map(({ shape }) => shape);
  const largest = shapes.reduce<readonly number[]>((a, b) => (sizeOf(b) > sizeOf(a) ? b : a), []);
  return largest[0] ?? 1;
}

function withRows(inputs: Signatures, rows: number, wanted: number): Signatures {
  const resized = ([first = 1, ...rest]: readonly number[]): number[] => [
    first === rows ? wanted : first,
    ...rest,
  ];
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, dtype }]) => [
      name,
      { shape: shape.length === 0 ? shape : resized(shape), dtype },
    ]),
  );
}

function whereKnown(work: () => number): number | undefined {
  try {
    return work();
  } catch {
    return undefined; // What is wrong with the step itself comes out where it is run.
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toPrecision(2)} GB`;
}
