/** What a claim's expression is made of. Spans count characters from the start of its text. */
export type Expression =
  | { readonly type: "number"; readonly value: number; readonly span: Span }
  /** Of conditions alone. */
  | { readonly type: "literal"; readonly value: string | boolean; readonly span: Span }
  | { readonly type: "metric"; readonly metric: MetricRef; readonly span: Span }
  | { readonly type: "negate" | "not"; readonly of: Expression; readonly span: Span }
  | Binary<"arithmetic", "+" | "-" | "*" | "/">
  | Binary<"logic", "and" | "or">
  /** `a < b <= c`: each neighbouring pair must hold. One more term than operators. */
  | {
      readonly type: "compare";
      readonly terms: readonly Expression[];
      readonly operators: readonly Comparison[];
      readonly span: Span;
    }
  | {
      readonly type: "call";
      readonly name: FunctionName;
      readonly of: Expression;
      /** Axes to reduce; none: the only one there is. */
      readonly axes: readonly { readonly name: string; readonly span: Span }[];
      /** Confidence of `ci`. */
      readonly level: number;
      readonly span: Span;
    };

interface Binary<T, O> {
  readonly type: T;
  readonly operator: O;
  readonly left: Expression;
  readonly right: Expression;
  readonly span: Span;
}

export type Comparison = "<" | "<=" | ">" | ">=" | "==" | "!=";

/** A metric of a step: of all its instances, or of those with certain labels. */
export interface MetricRef {
  readonly step: string;
  readonly labels: readonly { readonly axis: string; readonly label: string; readonly span: Span }[];
  /** As recorded; may hold dots. */
  readonly metric: string;
  /** As written. */
  readonly source: string;
  readonly stepSpan: Span;
}

export const functionNames = ["mean", "sd", "min", "max", "median", "n", "ci", "abs", "all", "any"] as const;
export type FunctionName = (typeof functionNames)[number];

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A mistake in an expression. */
export interface Fault {
  readonly message: string;
  readonly hint?: string | undefined;
  readonly span: Span;
}
