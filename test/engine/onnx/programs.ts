import type { Engine, ProgramArray, StepFunction, Tensor, TensorFlow } from "../../../steps/engine/index.js";
import { type Check, demand } from "./check.js";

const vector = (...values: number[]): ProgramArray => ({
  shape: [values.length],
  data: Float32Array.from(values),
});
const whole = (...values: number[]): ProgramArray => ({
  shape: [values.length],
  data: Int32Array.from(values),
});
const read = (array: ProgramArray | undefined): string => Array.from(array?.data ?? []).join();

/** An engine's two parts that these checks need. */
function given(body: (tf: TensorFlow, program: Engine["program"]) => Promise<void>): Check["run"] {
  return engine => body(engine.tf, (step, state) => engine.program(step, state));
}

export const programs: readonly Check[] = [
  {
    name: "go on from their state, in the order of the calls, also where nothing is read",
    run: given(async (tf, program) => {
      const step: StepFunction = ({ sum }, { x }) => {
        const next = tf.add(tf.mul(sum as Tensor, 10), x as Tensor);
        return { state: { sum: next }, outputs: { sum: next } };
      };
      const steps = program(step, { sum: vector(0, 0) });
      const runs = [1, 2, 3].map(x => steps.run({ x: vector(x, -x) }, { read: x === 3 }));
      const results = await Promise.all(runs);
      demand(JSON.stringify(results.slice(0, 2)) === "[{},{}]", "something was read");
      demand(read(results[2]?.["sum"]) === "123,-123", read(results[2]?.["sum"]));
      const state = await steps.state();
      await steps.run({ x: vector(0, 0) });
      demand(read(state["sum"]) === "123,-123", "what state() gave was overwritten");
      demand(steps.how.startsWith("compiled"), steps.how);
      steps.dispose();
    }),
  },
  {
    name: "leave alone what they were given",
    run: given(async (tf, program) => {
      const initial = vector(1, 2);
      const steps = program(({ s }) => ({ state: { s: tf.add(s as Tensor, 1) }, outputs: {} }), {
        s: initial,
      });
      for (let i = 0; i < 4; i++) await steps.run({});
      demand(read(initial) === "1,2", read(initial));
      demand(read((await steps.state())["s"]) === "5,6", "the state is wrong");
      steps.dispose();
    }),
  },
  {
    name: "share one state among batches of several sizes",
    run: given(async (tf, program) => {
      const step: StepFunction = ({ count, weight }, { x }) => ({
        state: { count: tf.add(count as Tensor, tf.onesLike(count as Tensor)) },
        outputs: { y: tf.mul(tf.sum(x as Tensor), weight as Tensor) },
      });
      const steps = program(step, { count: whole(0), weight: vector(2) });
      for (const x of [vector(1), vector(1, 2), vector(1), vector(1, 2, 3)]) {
        const sum = Array.from(x.data).reduce((a, b) => a + b, 0);
        const { y } = await steps.run({ x });
        demand(read(y) === String(2 * sum), read(y));
      }
      const { count, weight } = await steps.state();
      demand(read(count) === "4" && count?.data instanceof Int32Array, `count ${read(count)}`);
      demand(read(weight) === "2", `weight ${read(weight)}`);
      steps.dispose();
    }),
  },
  {
    name: "notice that a part of the state changes after all",
    run: given(async (tf, program) => {
      // Only batches of two move the weight; those of one had it for a constant.
      const step: StepFunction = ({ weight }, { x }) => {
        const [w, batch] = [weight as Tensor, x as Tensor];
        return {
          state: batch.size === 2 ? { weight: tf.mul(w, 3) } : {},
          outputs: { y: tf.mul(tf.sum(batch), w) },
        };
      };
      const steps = program(step, { weight: vector(1) });
      const seen: string[] = [];
      for (const x of [vector(5), vector(1, 1), vector(5)]) seen.push(read((await steps.run({ x }))["y"]));
      demand(seen.join() === "5,2,15", seen.join());
      steps.dispose();
    }),
  },
  {
    name: "say which operation cannot be compiled, and where it was called, and go on eagerly",
    run: given(async (tf, program) => {
      const step: StepFunction = ({ n }, { x }) => ({
        state: { n: tf.add(n as Tensor, 1) },
        outputs: { y: tf.topk(x as Tensor, 2).values },
      });
      const steps = program(step, { n: vector(0) });
      const { y } = await steps.run({ x: vector(3, 9, 4) });
      await steps.run({ x: vector(3, 9) });
      demand(read(y) === "9,4", read(y));
      demand(read((await steps.state())["n"]) === "2", "the state was lost");
      demand(
        /^eager: TopK has no compiled form \(called at .*programs\.js:\d+:\d+\)$/.test(steps.how),
        steps.how,
      );
      steps.dispose();
    }),
  },
  {
    name: "go on eagerly from the state they had, where a later batch cannot be compiled",
    run: given(async (tf, program) => {
      const step: StepFunction = ({ n }, { x }) => {
        const batch = x as Tensor;
        const y = batch.size > 1 ? tf.topk(batch, 1).values : batch;
        return { state: { n: tf.add(n as Tensor, y) }, outputs: { y } };
      };
      const steps = program(step, { n: vector(0) });
      await steps.run({ x: vector(2) });
      demand(steps.how.startsWith("compiled"), steps.how);
      await steps.run({ x: vector(3, 7) });
      await steps.run({ x: vector(4) });
      demand(read((await steps.state())["n"]) === "13", read((await steps.state())["n"]));
      demand(steps.how.startsWith("eager: TopK"), steps.how);
      steps.dispose();
    }),
  },
  {
    name: "refuse to read numbers, or to take tensors from outside",
    run: given(async (tf, program) => {
      const outside = tf.tensor1d([1, 2]);
      const taking = program((_, { x }) => ({ outputs: { y: tf.add(x as Tensor, outside) } }), {});
      demand(read((await taking.run({ x: vector(1, 1) }))["y"]) === "2,3", "wrong sum");
      demand(/^eager: Add uses a tensor that is neither state nor input/.test(taking.how), taking.how);
      const reading: StepFunction = (_, { x }) => {
        const factor = (x as Tensor).dataSync()[0] ?? 0;
        return { outputs: { y: tf.mul(x as Tensor, factor) } };
      };
      const eager = program(reading, {});
      demand(read((await eager.run({ x: vector(3, 1) }))["y"]) === "9,3", "wrong product");
      demand(/^eager: Reading a tensor's numbers/.test(eager.how), eager.how);
      outside.dispose();
    }),
  },
  {
    name: "do not repeat a random number for ever that a step function draws itself",
    run: given(async (tf, program) => {
      for (const draw of [() => tf.randomUniform([3]), () => tf.dropout(tf.ones([64]), 0.5)]) {
        const steps = program((_, { x }) => ({ outputs: { y: tf.mul(x as Tensor, draw()) } }), {});
        const seen = new Set<string>();
        for (let i = 0; i < 3; i++) seen.add(read((await steps.run({ x: vector(1) }))["y"]));
        demand(seen.size === 3, [...seen].join(" "));
        demand(/^eager: A random number is not an input .*programs\.js:\d+/.test(steps.how), steps.how);
      }
      const { random } = Math;
      demand(random() !== random(), "JavaScript's own generator is not back");
    }),
  },
  {
    name: "throw the step function's own errors",
    run: given(async (tf, program) => {
      const errors = [
        program(() => ({ state: { s: tf.zeros([3]) }, outputs: {} }), { s: vector(1) }),
        program(() => ({ state: { t: tf.zeros([1]) }, outputs: {} }), { s: vector(1) }),
        program(
          () => {
            throw new RangeError("own");
          },
          { s: vector(1) },
        ),
      ].map(async steps => {
        try {
          await steps.run({});
          return "none";
        } catch (error) {
          return String(error);
        }
      });
      const [shape = "", name = "", own] = await Promise.all(errors);
      demand(shape.includes("The state s changed from float32 [1] to float32 [3]"), shape);
      demand(name.includes("returned a state t that it was not given"), name);
      demand(own === "RangeError: own", String(own));
    }),
  },
  {
    name: "leave the eager backend, and no tensor, behind",
    run: given(async (tf, program) => {
      const before = [tf.getBackend(), tf.memory().numTensors].join();
      const steps = program(({ s }) => ({ state: { s: tf.exp(s as Tensor) }, outputs: {} }), {
        s: vector(1),
      });
      await steps.run({});
      steps.dispose();
      const after = [tf.getBackend(), tf.memory().numTensors].join();
      demand(after === before, `${before} -> ${after}`);
      demand((await tf.add(1, 2).data())[0] === 3, "eager operations are broken");
    }),
  },
];
