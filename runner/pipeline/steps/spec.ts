import type { Expectation } from "../../claims/expectation.js";
import type { Expression } from "../../claims/language/ast.js";
import type { Json, JsonObject, JsonPath } from "../../core/json.js";
import type { Written, WrittenObject } from "../../core/spelled.js";
import type { PipelineDocument } from "../document/document.js";
import type { Grid } from "./grid.js";
import type { Kind } from "../schema/kinds.js";

/**
 * A pipeline as it was written: checked in form, params resolved, references between steps not yet followed.
 * Expressions in steps are still texts, because they differ from instance to instance.
 */
export interface PipelineSpec {
  /** `name:`, or the file's name without its ending. */
  readonly name: string;
  readonly description: string;
  /** Resolved, after all overrides. */
  readonly params: JsonObject;
  /** As written. */
  readonly plugins: readonly string[];
  /** In the order of the file. */
  readonly steps: ReadonlyMap<string, StepSpec>;
  readonly expect: readonly Expectation[];
}

export interface StepSpec {
  readonly name: string;
  /** Where the step stands in the pipeline. */
  readonly at: JsonPath;
  /** Undefined where what was written cannot be told. */
  readonly work: KindStep | CommandStep | undefined;
  /** In code-unit order of the role. Of a chained step, those from the step itself are of the instance before. */
  readonly inputs: readonly InputRef[];
  /** The axis along which each instance takes from the one before. */
  readonly scan: string | undefined;
  /** What the first one takes instead; its role is `START`. */
  readonly start: InputRef | undefined;
  /** Of a step of a block: what `./` is for it, and the axes that the block gives to all its steps. */
  readonly block?: { readonly project: string; readonly axes: readonly string[] };
  /** Own axes, and those of the blocks that the step is in, whose values are written. Undefined after a mistake in the matrix. */
  readonly matrix: Grid | undefined;
  /** Where any of them is false, the instance is left out. */
  readonly when: readonly Condition[];
  /** Own axes whose values are a list that another step makes. */
  readonly lists: readonly ListRef[];
  /** The step's axes are repetitions of a random program: the labels of an instance are part of its key. */
  readonly repeats: boolean;
  /** Axes to gather. */
  readonly over: readonly string[];
  /** In code-unit order of the name. */
  readonly env: readonly EnvRef[];
  /** Names of secret variables, in code-unit order. */
  readonly secrets: readonly string[];
  /** Its program sees what the step declares and nothing else. */
  readonly sandbox: boolean;
  readonly network: boolean | undefined;
  /** Names of variables that reach the step and not its key, in code-unit order. */
  readonly pass: readonly string[];
  /** Of a command: its own, or that of the pipeline. Undefined: none. */
  readonly environment: WrittenEnvironment | "shared" | undefined;
  /** As written; expressions allowed. */
  readonly resources: JsonObject;
  readonly timeout: Json | undefined;
  readonly retries: Json | undefined;
  /** The engine must give the same bits every time. */
  readonly deterministic: boolean;
}

/** `environment:` as it is written, and where. */
export interface WrittenEnvironment {
  readonly value: Written;
  readonly at: JsonPath;
}

/** A `when:`. */
export interface Condition {
  readonly text: string;
  readonly expression: Expression;
  /** Where it stands. */
  readonly document: PipelineDocument;
  readonly at: JsonPath;
}

/** No name of an input. */
export const START = "start:";

/** `from: split.names`: a list in an output of a step. */
export interface ListRef {
  readonly axis: string;
  readonly step: string;
  /** The output, and keys in it; nothing where the step has one output alone. */
  readonly path: readonly string[];
  readonly written: string;
}

export interface KindStep {
  readonly type: "kind";
  readonly name: string;
  /** Undefined where there is no such kind. */
  readonly kind: Kind | undefined;
  readonly with: WrittenObject;
  /** Names of outputs that are dropped once they are used. */
  readonly temporary: readonly string[];
}

export interface CommandStep {
  readonly type: "command";
  /** The script, or the words as they are spelled. */
  readonly run: string | readonly string[];
  /** Output name -> file or folder name. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Names of outputs that are dropped once they are used. */
  readonly temporary: readonly string[];
  /** What is written before the program starts, by file name; expressions allowed. */
  readonly files: WrittenObject;
}

export type InputRef =
  | {
      readonly role: string;
      readonly type: "step";
      readonly step: string;
      readonly output: string | undefined;
    }
  /** A path of the user's, `./` or `/`, expressions allowed. */
  | { readonly role: string; readonly type: "file"; readonly path: string };

/** A declared variable, its value as it is spelled; undefined: passed through from the environment. */
export interface EnvRef {
  readonly name: string;
  readonly value: string | undefined;
}
