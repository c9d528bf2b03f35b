import {
  isMapping,
  isSequence,
  isSpelled,
  plainOf,
  type Written,
  type WrittenObject,
} from "../../core/spelled.js";
import type { ProjectFiles } from "../files/user-files.js";
import type { Site } from "../expressions/template.js";
import { alternatives, code, show } from "../mistakes/wording.js";
import { decimalRange, isDecimal, logarithmicRange } from "./decimals.js";

/** Values that one axis may have: more instances no pipeline may have. */
const MOST_VALUES = 100_000;

/** An axis as it is written -> its values, not yet looked at one by one. Undefined after a mistake, which was reported. */
export function axisItems(
  axis: string,
  written: Written,
  site: Site,
  files: ProjectFiles,
): readonly Written[] | undefined {
  if (isSequence(written) && written.length > 0) return written;
  const form = isMapping(written) ? Object.keys(FORMS).find(key => key in written) : undefined;
  if (!isMapping(written) || form === undefined) {
    const what =
      "a list of at least one value, or one of the forms `{from, to, step}`, `{log: [from, to], n}`, `{files: ./data/*.csv}` and `{from: STEP.OUTPUT}`";
    report(site, `the axis ${code(axis)} must be ${what}, not ${show(plainOf(written))}`);
    return undefined;
  }
  const keys = FORMS[form] ?? [];
  const foreign = Object.keys(written).find(key => !keys.includes(key));
  if (foreign !== undefined) {
    const hint = site.problems.suggest(foreign, keys) ?? `it has ${alternatives(keys, "and")}`;
    report(site, `${code(foreign)} does not belong to an axis with ${code(form)}`, hint, [foreign]);
    return undefined;
  }
  const reader = new FormReader(axis, written, site);
  if (form === "files") return reader.files(files);
  return form === "log" ? reader.logarithmic() : reader.range();
}

/** Each form by the key that tells it, with all its keys. */
const FORMS: Readonly<Record<string, readonly string[]>> = {
  files: ["files"],
  log: ["log", "n"],
  from: ["from", "to", "step"],
  to: ["from", "to", "step"],
};

class FormReader {
  constructor(
    private readonly axis: string,
    private readonly written: WrittenObject,
    private readonly site: Site,
  ) {}

  range(): readonly Written[] | undefined {
    const [from, to] = [this.#decimal("from"), this.#decimal("to")];
    const step = "step" in this.written ? this.#decimal("step") : "1";
    if (from === undefined || to === undefined || step === undefined) return undefined;
    const values = decimalRange(from, to, step, MOST_VALUES);
    if (values.length === 0) {
      this.#refuse("step", `from ${from} no step of ${step} leads to ${to}`);
      return;
    }
    return this.#bounded(values);
  }

  logarithmic(): readonly Written[] | undefined {
    const { log = null, n } = this.written;
    const ends = isSequence(log) ? log.map(plainOf) : [];
    const [from, to] = ends;
    if (ends.length !== 2 || typeof from !== "number" || typeof to !== "number" || from <= 0 || to <= 0) {
      this.#refuse("log", `${code("log")} is a list of two numbers above 0, not ${show(plainOf(log))}`);
      return;
    }
    const count = n === undefined ? undefined : plainOf(n);
    if (typeof count !== "number" || !Number.isInteger(count) || count < 2) {
      this.#refuse(
        "n",
        `${code("n")} is how many values there are, both ends among them: a whole number of at least 2`,
      );
      return;
    }
    if (count > MOST_VALUES) {
      this.#tooMany();
      return;
    }
    return logarithmicRange(from, to, count);
  }

  files(files: ProjectFiles): readonly Written[] | undefined {
    const { files: pattern } = this.written;
    if (typeof pattern !== "string" || !/^\.?\//.test(pattern)) {
      this.#refuse(
        "files",
        `${code("files")} is a pattern such as ${code("./data/*.csv")}, not ${show(plainOf(pattern ?? null))}`,
      );
      return;
    }
    const found = files.matching(pattern, this.#at(["files"]), MOST_VALUES);
    return found && this.#bounded(found);
  }

  #decimal(key: string): string | undefined {
    const value = this.written[key];
    const plain = value === undefined ? undefined : plainOf(value);
    if (typeof plain === "number") {
      const text = isSpelled(value) ? value.text : String(plain);
      return isDecimal(text) ? text : String(plain);
    }
    if (value === undefined) {
      this.#refuse("", `the axis ${code(this.axis)} has no ${code(key)}`, RANGE);
      return;
    }
    this.#refuse(key, `${code(key)} is a number, not ${show(plainOf(value))}`, RANGE);
    return undefined;
  }

  #bounded(values: readonly Written[]): readonly Written[] | undefined {
    if (values.length <= MOST_VALUES) return values;
    this.#tooMany();
    return undefined;
  }

  #tooMany(): void {
    this.#refuse("", `the axis ${code(this.axis)} has more than ${MOST_VALUES} values`);
  }

  #refuse(key: string, message: string, hint?: string): void {
    report(this.site, message, hint, key in this.written ? [key] : []);
  }

  #at(below: readonly string[]): Site["place"] {
    return { path: [...this.site.place.path, ...below] };
  }
}

const RANGE = "write such as `{from: 0.1, to: 0.5, step: 0.1}`; `to` is the last value";

function report(site: Site, message: string, hint?: string, below: readonly string[] = []): void {
  const path = [...site.place.path, ...below];
  site.problems.add("bad-axis", message, { path }, { hint });
}
