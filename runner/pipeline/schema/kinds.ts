import type { JsonSchema } from "../../step-api.js";

/** A step kind as the runner sees it: its declaration, and the module that a worker imports to run it. */
export interface Kind {
  readonly kind: string;
  readonly summary: string;
  readonly with: JsonSchema;
  readonly inputs: Readonly<Record<string, Role>>;
  readonly outputs: Readonly<Record<string, Output>>;
  readonly numeric: boolean;
  /** Options whose product the time of an instance grows with; none: nothing is known of it. */
  readonly effort: readonly string[];
  /** Absolute path of the module. */
  readonly module: string;
  /** True for a kind that came from `plugins:`. */
  readonly plugin: boolean;
}

export interface Role {
  readonly doc: string;
  readonly optional: boolean;
  /** Types of artifact; none: the role accepts anything. */
  readonly accepts: readonly string[];
}

export interface Output {
  readonly doc: string;
  /** The file or folder name that it is written under. */
  readonly path: string;
  /** Absent: the kind does not say what it is, and every role accepts it. */
  readonly type?: string;
}

/** The kinds at hand. `get` loads the kind's declaration at first use, because most commands need few. */
export interface Kinds {
  readonly names: readonly string[];
  get(name: string): Promise<Kind | undefined>;
}
