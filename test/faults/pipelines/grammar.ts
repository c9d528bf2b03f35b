import { stringify } from "yaml";
import type { Draws } from "../../../runner/core/numbers/philox.js";
import { isList, isObject, type Json, type JsonObject } from "../../../runner/core/json.js";
import type { Kind } from "../../../runner/pipeline/schema/kinds.js";
import { pick, WORDS } from "./mutate.js";

/** A pipeline by the grammar of the language, most of it right, some of it not: as YAML, or as JSON. */
export function grown(kinds: readonly Kind[], draws: Draws): string {
  const names = ["a", "b", "c", "d", "e"].slice(0, 1 + draws.below(5)); // A step takes what stands before it.
  const params = { p: "word", q: [0, 1], r: { a: 1 }, ...maybe(draws, { p: anyValue(draws, 2) }, 4) };
  const steps = Object.fromEntries(names.map((name, i) => [name, stepOf(names.slice(0, i), kinds, draws)]));
  const pipeline = {
    ...maybe(draws, { name: "grown" }),
    params,
    steps,
    ...maybe(draws, { expect: Array.from({ length: draws.below(4) }, () => expectation(names, draws)) }),
    ...(draws.below(20) === 0 ? { [pick(WORDS, draws)]: anyValue(draws, 2) } : {}),
  };
  return draws.below(3) === 0 ? JSON.stringify(pipeline, null, 1) : stringify(pipeline);
}

function stepOf(names: readonly string[], kinds: readonly Kind[], draws: Draws): JsonObject {
  const kind = pick(kinds, draws);
  const work: JsonObject =
    draws.below(4) === 0
      ? { uses: kind.kind, with: optionsOf(kind.with, draws) }
      : { run: command(draws), outputs: { o: pick(["o", "o", "o.csv", "out/o", "O/", "../o"], draws) } };
  const roles = "uses" in work ? Object.keys(kind.inputs) : ["i", "j"];
  return {
    ...work,
    inputs: Object.fromEntries(roles.map(role => [role, inputOf(names, draws)])),
    ...maybe(draws, { matrix: { [pick(["seed", "w"], draws)]: axis(draws) } }, 3),
    ...maybe(draws, { over: [pick(["seed", "w"], draws)] }, 4),
    ...maybe(draws, { env: pick<Json>([["LANG"], { A: 1, B: "${{ matrix.seed }}" }, ["A", "A"]], draws) }, 4),
    ...maybe(draws, { secrets: ["TOKEN"] }, 6),
    ...maybe(draws, { resources: { cpus: scalar(draws), memory: scalar(draws) } }, 20),
    ...maybe(draws, { timeout: scalar(draws), retries: scalar(draws) }, 20),
    ...maybe(draws, { resources: { cpus: 2, memory: "1GB" }, timeout: "1m", retries: 1 }, 5),
    ...(draws.below(15) === 0 ? { [pick(WORDS, draws)]: anyValue(draws, 2) } : {}),
  };
}

function command(draws: Draws): Json {
  const words = Array.from({ length: 1 + draws.below(6) }, () => word(draws));
  return draws.below(2) === 0
    ? words
    : words.join(pick([" ", "; ", " | ", "\n", '"', "'", "$(", "`"], draws));
}

function word(draws: Draws): string {
  const words = [
    "cat",
    "${{ inputs.i }}",
    "${{ outputs.o }}",
    "${{ params.p }}",
    "'x",
    '"y"',
    "${{ matrix.seed }}",
    "# c",
  ];
  return draws.below(10) === 0 ? pick(WORDS, draws) : pick(words, draws);
}

/** Mostly what one of the steps before it makes: most graphs have no circles. */
function inputOf(before: readonly string[], draws: Draws): Json {
  if (draws.below(20) === 0)
    return pick<Json>(["./nowhere", "/etc/hostname", "a.model", scalar(draws)], draws);
  return before.length === 0 ? "./data.txt" : pick(before, draws);
}

function axis(draws: Draws): Json {
  if (draws.below(8) === 0) return "${{ params.q }}";
  const count = 1 + draws.below(4);
  return Array.from({ length: count }, (_, i) => (draws.below(10) === 0 ? scalar(draws) : i));
}

function expectation(names: readonly string[], draws: Draws): JsonObject {
  const metric = `${pick(names, draws)}${pick(["", "[seed=0]", "[seed=*]"], draws)}.${pick(["m", "n.x"], draws)}`;
  switch (draws.below(3)) {
    case 0:
      return {
        metric,
        value: 1,
        ...maybe(draws, { tolerance: pick<Json>([0.1, "1 %", "2 se", "x"], draws), over: ["seed"] }),
      };
    case 1:
      return { claim: "c", that: expression(names, draws, 4) };
    default:
      return {
        ...{ claim: "c", of: expression(names, draws, 3) },
        test: pick(["paired-t", "tost", "wilcoxon", "bootstrap", "trend", "t"], draws),
        ...maybe(draws, { margin: 0.1 }),
        ...maybe(draws, { along: "seed" }),
        ...maybe(draws, { alternative: pick(["less", "greater", "two-sided"], draws) }),
      };
  }
}

function expression(names: readonly string[], draws: Draws, depth: number): string {
  const below = (): string => expression(names, draws, depth - 1);
  if (depth === 0 || draws.below(4) === 0)
    return pick(
      [`${pick(names, draws)}.m`, "1", "-2.5e3", `${pick(names, draws)}[seed=0].n`, ".5", "x", "1e999"],
      draws,
    );
  switch (draws.below(6)) {
    case 0:
      return `${below()} ${pick(["+", "-", "*", "/", "<", "<=", "==", "!=", "and", "or", "%"], draws)} ${below()}`;
    case 1:
      return `(${below()})`;
    case 2:
      return `${pick(["mean", "min", "max", "abs", "sd", "f"], draws)}(${below()}${pick(["", ", seed", ", w, seed", ","], draws)})`;
    case 3:
      return `not ${below()}`;
    case 4:
      return `-${below()}`;
    default:
      return below();
  }
}

/** Options by a kind's own schema: mostly of the right type, sometimes at the edge of it or beyond. */
function optionsOf(schema: Json | undefined, draws: Draws): Json {
  if (!isObject(schema)) return anyValue(draws, 1);
  if (draws.below(12) === 0) return anyValue(draws, 2);
  const { properties, enum: choices, anyOf, oneOf, type, items, minimum, maximum, required } = schema;
  if (isList(choices)) return pick(choices, draws);
  const branches = anyOf ?? oneOf;
  if (isList(branches)) return optionsOf(pick(branches, draws), draws);
  if (isObject(properties)) {
    const needed: readonly Json[] = isList(required) ? required : [];
    const kept = Object.entries(properties).filter(([name]) =>
      needed.includes(name) ? draws.below(10) > 0 : draws.below(3) === 0,
    );
    return Object.fromEntries(kept.map(([name, inner]) => [name, optionsOf(inner, draws)]));
  }
  if (type === "array") return Array.from({ length: draws.below(4) }, () => optionsOf(items, draws));
  if (type === "integer" || type === "number") {
    const edges = [minimum, maximum, 0, 1, 2, 0.5, -1, 1e9].filter(edge => typeof edge === "number");
    return pick(edges, draws);
  }
  if (type === "boolean") return draws.below(2) === 0;
  return type === "string"
    ? pick(["x", "", "./x", "0".repeat(64), "${{ params.p }}", "seed"], draws)
    : anyValue(draws, 1);
}

function anyValue(draws: Draws, depth: number): Json {
  if (depth === 0 || draws.below(2) === 0) return scalar(draws);
  const inner = Array.from({ length: draws.below(4) }, () => anyValue(draws, depth - 1));
  return draws.below(2) === 0
    ? inner
    : Object.fromEntries(inner.map((value, i) => [pick(["a", "b", "seed", "kind", `k${i}`], draws), value]));
}

function scalar(draws: Draws): Json {
  const numbers = [0, 1, -1, 0.5, 2, 1e300, 2 ** 53, 1e-9];
  return pick<Json>(
    [
      pick(WORDS, draws),
      pick(numbers, draws),
      true,
      null,
      "30m",
      "4GB",
      "${{ params.q }}",
      "${{ params.r.a }}",
    ],
    draws,
  );
}

function maybe(draws: Draws, part: JsonObject, oneIn = 2): JsonObject {
  return draws.below(oneIn) === 0 ? part : {};
}
