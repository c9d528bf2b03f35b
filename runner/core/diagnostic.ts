/** A point in a text file; line and column count from 1, offset from 0 (UTF-16 code units). */
export interface Position {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

export interface Range {
  readonly start: Position;
  readonly end: Position;
}

/** Something else to look at, such as the other half of a duplicate or the next step of a cycle. */
export interface Related {
  readonly message: string;
  readonly file: string;
  readonly range?: Range;
}

/**
 * A user's mistake, with its place. All of a pipeline's mistakes are collected before any is shown.
 * A fault of vistas itself is never a diagnostic: it throws `InternalError`.
 */
export interface Diagnostic {
  /** Stable, kebab-case name, such as `unknown-key`; tests and scripts may rely on it. */
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  /** The file as the user named it. */
  readonly file: string;
  readonly range?: Range;
  /** What to write instead. */
  readonly hint?: string;
  readonly related?: readonly Related[];
}

/** The pipeline or the call is wrong: nothing ran, exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  constructor(
    readonly diagnostics: readonly Diagnostic[],
    /** Texts by file name, for code frames. */
    readonly texts: ReadonlyMap<string, string> = new Map(),
  ) {
    super(diagnostics.map(d => d.message).join("\n"));
  }

  /** A mistake in the call itself, which stands in no file. */
  static ofCall(code: string, message: string, hint?: string): UsageError {
    const base = { code, severity: "error", message, file: "" } as const;
    return new UsageError([hint === undefined ? base : { ...base, hint }]);
  }
}

/**
 * A fact about the user's files or machine that ends what was begun: its message is shown as it is, without a stack. Exit
 * code 1, or 2 where nothing ran.
 */
export class UserFacingError extends Error {
  override readonly name: string = "UserFacingError";
  readonly exit: 1 | 2 = 1;
}

/** A bug of vistas: shown with its stack and a request to report it. */
export class InternalError extends Error {
  override readonly name = "InternalError";
  constructor(message: string, options?: ErrorOptions) {
    super(`Internal error: ${message}`, options);
  }
}
