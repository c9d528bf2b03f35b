/**
 * vistas as a library. `defineStep` declares step kinds; `loadPipeline`, `plan`, `run` and `results` drive the
 * runner from code, by the same functions as the command line: docs/library.md.
 */
export { defineStep, randomStream } from "./step-api.js";
export type {
  Device,
  Draws,
  Gathered,
  InputSpec,
  JsonSchema,
  OutputSpec,
  RandomStream,
  StepContext,
  StepDefinition,
} from "./step-api.js";
export { UsageError, UserFacingError, type Diagnostic } from "./core/diagnostic.js";
export type { RunEvent } from "./core/event.js";
export {
  loadPipeline,
  plan,
  results,
  run,
  type OutputFile,
  type Pipeline,
  type PipelineOptions,
  type PlanEntry,
  type RunOptions,
  type RunResult,
  type RunStepResult,
  type StepResult,
} from "./library.js";
