/**
 * vistas as a library. `defineStep` declares step kinds; `loadPipeline`, `plan` and `run` drive the runner from code,
 * by the same functions as the command line.
 */
export { defineStep } from "./step-api.js";
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
export { UsageError, type Diagnostic } from "./core/diagnostic.js";
export type { RunEvent } from "./core/event.js";
export type { RunRecord, StepRecord } from "./core/record.js";
export { loadPipeline, plan, run, type Pipeline, type PipelineOptions, type PlanEntry } from "./library.js";
