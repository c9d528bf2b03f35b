import { UsageError, type Diagnostic, type Range, type Related } from "../../core/diagnostic.js";
import type { Code } from "../mistakes/codes.js";
import type { Beside, DocumentPlace, PipelineDocument } from "./document.js";
import type { Locate, Place } from "./place.js";
import { didYouMean } from "../mistakes/wording.js";

export interface ProblemOptions {
  readonly hint?: string | undefined;
  readonly related?: readonly Beside[];
  readonly severity?: "error" | "warning";
}

interface Problem extends ProblemOptions {
  readonly code: Code;
  readonly message: string;
  readonly document: PipelineDocument | undefined;
  readonly place: Place;
}

/** Work that suggestions may cost in all, in candidates looked at: 10,000 mistakes times 10,000 names is too much. */
const SUGGESTION_BUDGET = 1_000_000;

class Found {
  readonly problems: Problem[] = [];
  readonly seen = new Set<string>();
  /** By place that a document put together leads to: the part of that document for which something was reported there. */
  readonly owners = new Map<string, string>();
  budget = SUGGESTION_BUDGET;
  mistakes = 0;
}

/**
 * Collects the mistakes of one load. Places become ranges at the end, and only if there is a mistake, because
 * that may mean to read the YAML again.
 */
export class Problems {
  /** `document`: the one that is meant where no other is given. */
  constructor(
    readonly document: PipelineDocument,
    private readonly found = new Found(),
  ) {}

  /** The same collection, where another document is meant. */
  of(document: PipelineDocument): Problems {
    return new Problems(document, this.found);
  }

  get failed(): boolean {
    return this.found.mistakes > 0;
  }

  /** Mistakes so far, without warnings; those that say nothing new count too. */
  get count(): number {
    return this.found.mistakes;
  }

  /** Adds a mistake. Of several about the same value the first is kept: the others are its echoes. */
  add(code: Code, message: string, place: Place, options: ProblemOptions = {}): void {
    this.addIn(this.document, code, message, place, options);
  }

  /** The same in another document, or in the call itself (`undefined`), which has no places. */
  addIn(
    given: PipelineDocument | undefined,
    code: Code,
    message: string,
    from: Place,
    options: ProblemOptions = {},
  ): void {
    if (options.severity !== "warning") this.found.mistakes++;
    const {
      document,
      place,
      by = [],
    } = given === undefined ? { document: given, place: from } : traced(given, from);
    const onValue = place.part !== "key" && place.path.length > 0 && document !== undefined;
    const at = [document?.file, place.path, place.span, place.within];
    const key = JSON.stringify([...at, onValue ? "" : message]);
    if (this.found.seen.has(key)) return;
    // What is wrong in a template is said once, not for each step that extends it.
    if (document !== given) {
      const [spot, owner] = [JSON.stringify([...at, place.part]), JSON.stringify(from.path.slice(0, 2))];
      if ((this.found.owners.get(spot) ?? owner) !== owner) return;
      this.found.owners.set(spot, owner);
    }
    this.found.seen.add(key);
    const related = [...(options.related ?? []), ...by].map(beside => {
      return { message: beside.message, ...traced(beside.document, beside.place) };
    });
    this.found.problems.push({ code, message, document, place, ...options, related });
  }

  /** The nearest right spelling, as a hint. */
  suggest(word: string, candidates: Iterable<string>): string | undefined {
    if (this.found.budget <= 0) return undefined;
    const list = [...candidates];
    this.found.budget -= list.length + 1;
    return didYouMean(word, list);
  }

  /** All so far, in order of file and position. */
  async diagnostics(severity: "error" | "warning"): Promise<Diagnostic[]> {
    const wanted = this.found.problems.filter(problem => (problem.severity ?? "error") === severity);
    const locators = new Map<PipelineDocument, Locate>();
    for (const { document, related } of wanted) {
      for (const d of [document, ...(related ?? []).map(r => r.document)]) {
        if (d !== undefined && !locators.has(d)) locators.set(d, await d.locator());
      }
    }
    const rangeOf = (document: PipelineDocument | undefined, place: Place): Range | undefined =>
      document && locators.get(document)?.(place);
    return wanted.map(problem => diagnostic(problem, severity, rangeOf)).sort(byPosition);
  }

  /** Ends the load if anything is wrong, in the documents themselves or in what they say. */
  async throwIfAny(others: readonly PipelineDocument[] = []): Promise<void> {
    const early = [this.document, ...others].flatMap(document => document.mistakes);
    if (!this.failed && early.length === 0) return;
    // A value that YAML could not make is nothing; what is wrong with it, or with what it is a part of, follows from that.
    const spoiled = new Set(early.map(spot));
    const found = await this.diagnostics("error");
    const late = found.filter(d => !spoiled.has(spot(d)) && !early.some(e => followsFrom(e, d)));
    const all = [...early, ...late].sort(byPosition);
    const texts = [this.document, ...others].map(({ file, text }) => [file, text] as const);
    throw new UsageError(all, new Map(texts));
  }
}

function diagnostic(
  { code, message, document, place, hint, related }: Problem,
  severity: "error" | "warning",
  rangeOf: (document: PipelineDocument | undefined, place: Place) => Range | undefined,
): Diagnostic {
  const range = rangeOf(document, place);
  const beside =
    related?.length === 0
      ? undefined
      : related?.map((r): Related => {
          const at = rangeOf(r.document, r.place);
          return { message: r.message, file: r.document.file, ...(at && { range: at }) };
        });
  return {
    code,
    severity,
    message,
    file: document?.file ?? "",
    ...(range && { range }),
    ...(hint !== undefined && { hint }),
    ...(beside && { related: beside }),
  };
}

/** Whether a value of the wrong shape is so because a key in it was left out. */
function followsFrom(early: Diagnostic, late: Diagnostic): boolean {
  if (early.code !== "bad-key" || early.file !== late.file || !SHAPE.has(late.code)) return false;
  const [at, from, to] = [early.range?.start.offset, late.range?.start.offset, late.range?.end.offset];
  return at !== undefined && from !== undefined && to !== undefined && from <= at && at < to;
}

const SHAPE: ReadonlySet<string> = new Set(["wrong-type", "wrong-value", "missing-key"]);

function spot({ file, range }: Diagnostic): string {
  return `${file}:${range?.start.offset ?? -1}`;
}

function byPosition(a: Diagnostic, b: Diagnostic): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return (a.range?.start.offset ?? 0) - (b.range?.start.offset ?? 0);
}

/** Where a place was written, through all documents that were put together from others. */
function traced(
  document: PipelineDocument,
  place: Place,
): Omit<DocumentPlace, "by"> & { readonly by: readonly Beside[] } {
  const { trace } = document;
  if (trace === undefined) return { document, place, by: [] };
  const found = trace(place);
  const further = traced(found.document, found.place);
  return { ...further, by: [...further.by, ...(found.by === undefined ? [] : [found.by])] };
}
