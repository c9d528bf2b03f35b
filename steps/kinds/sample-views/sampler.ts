import type { StepContext } from "../../../runner/step-api.js";
import type { Generator } from "../../artifacts/generator.js";
import type { ImageProgram } from "../../artifacts/generator-program.js";
import type { SampleViewsOptions } from "./sampling-options.js";

/** Everything that turns an anchor's number into its views. */
export interface Sampler {
  readonly ctx: Pick<StepContext<SampleViewsOptions>, "with" | "random" | "signal">;
  readonly generator: Generator;
  /** `generatorProgram` of it. */
  readonly program: ImageProgram;
  /** Told after each batch, with the number of views of the shard that are done. */
  progress(views: number): void;
}
