import type { Engine, ModelSession, Program, ProgramArray, Tensor2D } from "../engine/index.js";
import { elementCount } from "../formats/arrays.js";
import type { Generator } from "./generator.js";
import type { ModelFile } from "../nn/network.js";

/** What `generatorProgram` gives: a program without a state. */
export type ImageProgram = Pick<Program, "how" | "dispose"> & {
  /** `z`: rows of what `generate` takes, any number of them. `images`: [rows, H, W, C] in [0, 1]. */
  run(inputs: { readonly z: ProgramArray }): Promise<{ readonly images: ProgramArray }>;
};

/**
 * Makes pictures. An ONNX model is run by onnxruntime as it stands wherever the engine is onnxruntime, and by the table
 * of operators on every other engine. Which of both is a function of the model and of the engine's numeric class, which
 * is in the step's key: there is no way from the one to the other when something fails.
 */
export function generatorProgram(engine: Engine, generator: Generator): ImageProgram {
  const { file, batch } = generator;
  const whole =
    file !== undefined && engine.openModel !== undefined
      ? fileProgram(engine.openModel, generator, file)
      : tableProgram(engine, generator);
  return batch === 0 ? whole : inBatches(whole, batch);
}

function tableProgram(engine: Engine, generator: Generator): ImageProgram {
  const program = engine.program(
    (held, { z }) => ({ outputs: { images: generator.generate(engine.tf, held, z as Tensor2D) } }),
    generator.weights,
  );
  return {
    get how() {
      return program.how;
    },
    async run(inputs) {
      const { images } = await program.run(inputs);
      if (images === undefined) throw new Error("Internal error: a generator without images.");
      return { images };
    },
    dispose: () => program.dispose(),
  };
}

function fileProgram(
  open: NonNullable<Engine["openModel"]>,
  { card, imageShape }: Generator,
  file: ModelFile,
): ImageProgram {
  const [low, high] = card.image.range;
  let session: Promise<ModelSession> | undefined;
  return {
    how: "by onnxruntime, as the file stands",
    async run({ z: { shape, data } }) {
      const [rows = 0] = shape;
      session ??= open(file.model);
      const made = await (await session).run(file.inputs(Float32Array.from(data), rows), file.output);
      const wanted = [rows, ...imageShape];
      if (made.data.length !== elementCount(wanted))
        throw new Error(
          `onnxruntime puts out [${made.shape.join(", ")}] for ${rows} latents, the card says [${wanted.join(", ")}]`,
        );
      const numbers = file.images(made.data, rows);
      const images = numbers.map(value => Math.min(1, Math.max(0, (value - low) / (high - low))));
      return { images: { shape: wanted, data: images } };
    },
    dispose() {
      // One that could not be opened failed where it was run.
      session?.then(
        opened => opened.dispose(),
        () => undefined,
      );
    },
  };
}

/** For a model that takes `size` rows at a time: the last rows are filled up with zeros, whose images are dropped. */
function inBatches(program: ImageProgram, size: number): ImageProgram {
  return {
    get how() {
      return program.how;
    },
    async run({ z: { shape, data } }) {
      const [rows = 0, width = 0] = shape;
      let images: Float32Array | undefined;
      let one: readonly number[] = [];
      for (let from = 0; from < rows; from += size) {
        const part = new Float32Array(size * width);
        part.set(data.subarray(from * width, Math.min(from + size, rows) * width));
        const made = await program.run({ z: { shape: [size, width], data: part } });
        one = made.images.shape.slice(1);
        const pixels = elementCount(one);
        images ??= new Float32Array(rows * pixels);
        images.set(made.images.data.subarray(0, Math.min(size, rows - from) * pixels), from * pixels);
      }
      return { images: { shape: [rows, ...one], data: images ?? new Float32Array() } };
    },
    dispose: () => program.dispose(),
  };
}
