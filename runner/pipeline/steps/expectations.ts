import {
  type Expectation,
  type Expected,
  readTolerance,
  type TestClaim,
  testNames,
  type Tolerance,
} from "../../claims/expectation.js";
import type { Expression, Fault, MetricRef } from "../../claims/language/ast.js";
import { parseExpression } from "../../claims/language/parse.js";
import { parseReference } from "../../claims/language/reference.js";
import { isList, isObject, type Json, type JsonObject, type JsonPath } from "../../core/json.js";
import { valueAt } from "../document/place.js";
import type { Problems } from "../document/problems.js";

/**
 * `expect:` -> expectations. The schema has checked their form; here, that expressions can be read and options belong
 * to their test. Whether the steps exist and the axes fit is known once the graph is (graph/expected.ts).
 */
export function readExpectations(expect: Json | undefined, problems: Problems): readonly Expectation[] {
  return (isList(expect) ? expect : []).flatMap((entry, i): Expectation[] => {
    if (!isObject(entry)) return [];
    const reader = new EntryReader(entry, ["expect", i], problems);
    const found = "claim" in entry ? ("test" in entry ? reader.test() : reader.claim()) : reader.metric();
    return found === undefined ? [] : [found];
  });
}

/** A fault in an expression, at the characters it is about. */
export function tellFault({ message, hint, span }: Fault, path: JsonPath, problems: Problems): void {
  problems.add("bad-claim", message, { path, within: span }, { hint });
}

class EntryReader {
  constructor(
    private readonly entry: JsonObject,
    private readonly at: JsonPath,
    private readonly problems: Problems,
  ) {}

  metric(): Expectation | undefined {
    const { value, over, engines } = this.entry;
    const metric = this.#reference("metric");
    if (metric === undefined || (typeof value !== "number" && value !== "locked")) return undefined;
    const own: Record<string, Partial<Expected>> = {};
    for (const [name, given] of Object.entries(isObject(engines) ? engines : {})) {
      if (!isObject(given)) continue;
      const tolerance = toleranceOf(given["tolerance"]);
      own[name] = {
        ...(typeof given["value"] === "number" && { value: given["value"] }),
        ...(tolerance && { tolerance }),
      };
    }
    return {
      ...{ type: "metric", metric, value, engines: own, ...this.#shared() },
      tolerance: toleranceOf(this.entry["tolerance"]) ?? { unit: "absolute", amount: 0 },
      over: isList(over) ? over.filter(axis => typeof axis === "string") : [],
    };
  }

  claim(): Expectation | undefined {
    const { claim, that } = this.entry;
    const expression = this.#expression("that");
    if (expression === undefined || typeof claim !== "string" || typeof that !== "string") return undefined;
    return { type: "claim", claim, that, expression, ...this.#shared() };
  }

  test(): Expectation | undefined {
    const { claim, of, against, margin, along, alpha, family, n, seed } = this.entry;
    const expression = this.#expression("of");
    const test = testNames.find(name => name === this.entry["test"]);
    this.#foreignOptions(test);
    if (expression === undefined || test === undefined) return undefined;
    if (typeof claim !== "string" || typeof of !== "string") return undefined;
    return {
      ...{ type: "test", claim, of, expression, test, ...this.#shared() },
      alternative: alternativeOf(this.entry["alternative"]),
      against: numberOr(against, 0),
      margin: numberOr(margin, 0),
      along: typeof along === "string" ? along : "",
      alpha: numberOr(alpha, 0.05),
      family: typeof family === "string" ? family : "",
      n: typeof n === "number" ? n : undefined,
      seed: numberOr(seed, 0),
    };
  }

  #shared(): { source: string; at: JsonPath } {
    const { source } = this.entry;
    return { source: typeof source === "string" ? source : "", at: this.at };
  }

  /** Options that would be read by nobody, and those that a test cannot do without. */
  #foreignOptions(test: TestClaim["test"] | undefined): void {
    if (test === undefined) return;
    for (const [option, tests] of Object.entries(OPTIONS)) {
      if (option in this.entry && !tests.includes(test))
        this.problems.add("wrong-value", `\`${test}\` has no \`${option}\``, valueAt(...this.at, option));
    }
    const needed = test === "tost" ? "margin" : test === "trend" ? "along" : undefined;
    if (needed !== undefined && !(needed in this.entry))
      this.problems.add("missing-key", `\`${test}\` needs \`${needed}\``, valueAt(...this.at, "test"));
    if (test === "trend" && this.entry["alternative"] === "two-sided") {
      const place = valueAt(...this.at, "alternative");
      this.problems.add("wrong-value", "a trend is `greater` (rising) or `less` (falling)", place);
    }
  }

  #reference(key: string): MetricRef | undefined {
    const text = this.entry[key];
    if (typeof text !== "string") return undefined;
    const { ref, fault } = parseReference(text);
    if (fault !== undefined) tellFault(fault, [...this.at, key], this.problems);
    return fault === undefined ? ref : undefined;
  }

  #expression(key: string): Expression | undefined {
    const text = this.entry[key];
    if (typeof text !== "string") return undefined;
    const parsed = parseExpression(text);
    if ("expression" in parsed) return parsed.expression;
    tellFault(parsed.fault, [...this.at, key], this.problems);
    return undefined;
  }
}

/** Options that belong to certain tests only. */
const OPTIONS: Readonly<Record<string, readonly TestClaim["test"][]>> = {
  margin: ["tost"],
  along: ["trend"],
  seed: ["bootstrap"],
  against: ["paired-t", "wilcoxon", "bootstrap"],
  alternative: ["paired-t", "wilcoxon", "bootstrap", "trend"],
};

function toleranceOf(given: Json | undefined): Tolerance | undefined {
  return typeof given === "number" || typeof given === "string" ? readTolerance(given) : undefined;
}

function alternativeOf(given: Json | undefined): TestClaim["alternative"] {
  return given === "less" || given === "two-sided" ? given : "greater";
}

function numberOr(given: Json | undefined, initial: number): number {
  return typeof given === "number" ? given : initial;
}
