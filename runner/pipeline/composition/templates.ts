import { isMapping, plainMapping, type Written, type WrittenObject } from "../../core/spelled.js";
import type { PipelineDocument } from "../document/document.js";
import { ENVIRONMENTS } from "../schema/of-environment.js";
import { keyAt, valueAt } from "../document/place.js";
import type { Problems } from "../document/problems.js";
import { alternatives, code } from "../mistakes/wording.js";
import { entryOf, merge, traceBelow, type Located, type Origin } from "./origin.js";

/**
 * The pipeline with each `extends:` written out, so that nothing after this knows of templates: places of the steps lead to
 * where each part of them was written. Reports templates that do not exist, circles of them, and, as warnings, those that no
 * step extends.
 */
export function expandTemplates(document: PipelineDocument, problems: Problems): PipelineDocument {
  const { written } = document;
  const steps = isMapping(written["steps"]) ? written["steps"] : {};
  if (!("templates" in written) && !Object.values(steps).some(step => isMapping(step) && "extends" in step))
    return document;
  const templates = new Templates(document, problems);
  const origins = new Map<string, Origin>();
  const expanded = Object.entries(steps).map(([name, step]): [string, Written] => {
    const { value, origin } = templates.expand({ value: step, origin: { document, path: ["steps", name] } });
    if (origin.entries !== undefined) origins.set(name, origin);
    return [name, value];
  });
  templates.warnUnused();
  const whole: WrittenObject = { ...written, steps: Object.fromEntries(expanded) };
  return {
    ...document,
    written: whole,
    value: plainMapping(whole),
    trace: place => {
      const [root, name, ...rest] = place.path;
      const origin = root === "steps" && typeof name === "string" ? origins.get(name) : undefined;
      if (origin === undefined) return { document, place };
      const found = traceBelow(origin, rest, place);
      const by = {
        message: `${code(String(name))} extends it`,
        document,
        place: valueAt("steps", name ?? "", "extends"),
      };
      return found.place.path[0] === "templates" ? { ...found, by } : found;
    },
  };
}

class Templates {
  readonly #all: WrittenObject;
  readonly #done = new Map<string, Located | undefined>();
  /** Being expanded now, outermost first. */
  readonly #doing: string[] = [];

  constructor(
    private readonly document: PipelineDocument,
    private readonly problems: Problems,
  ) {
    const { templates } = document.written;
    this.#all = isMapping(templates) ? templates : {};
  }

  /** A step or template with what it extends under it; as it was where that is not known. */
  expand(given: Located): Located {
    const name = isMapping(given.value) ? given.value["extends"] : undefined;
    if (!isMapping(given.value) || typeof name !== "string") return given;
    const base = this.#template(name, entryOf(given.origin, "extends"));
    if (base === undefined) return given;
    const own = Object.fromEntries(Object.entries(given.value).filter(([key]) => key !== "extends"));
    return merge(withoutOther(base, own["environment"]), { ...given, value: own });
  }

  #template(name: string, user: Origin): Located | undefined {
    if (this.#doing.includes(name)) {
      const round = [...this.#doing.slice(this.#doing.indexOf(name)), name].map(code).join(" -> ");
      this.problems.add(
        "template-cycle",
        `templates extend each other in a circle: ${round}`,
        valueAt(...user.path),
      );
      return undefined;
    }
    if (this.#done.has(name)) return this.#done.get(name);
    const value = Object.hasOwn(this.#all, name) ? this.#all[name] : undefined;
    if (value === undefined) {
      const names = Object.keys(this.#all);
      const known =
        names.length === 0 ? "the pipeline has no `templates:`" : `there are ${alternatives(names, "and")}`;
      const hint = this.problems.suggest(name, names) ?? known;
      this.problems.add("unknown-template", `there is no template ${code(name)}`, valueAt(...user.path), {
        hint,
      });
      return undefined;
    }
    this.#doing.push(name);
    const expanded = this.expand({ value, origin: { document: this.document, path: ["templates", name] } });
    this.#doing.pop();
    // What is no mapping is reported by the schema, at the template.
    const sound = isMapping(expanded.value) && !("extends" in expanded.value) ? expanded : undefined;
    this.#done.set(name, sound);
    return sound;
  }

  warnUnused(): void {
    for (const name of Object.keys(this.#all)) {
      if (this.#done.has(name)) continue;
      const message = `no step extends the template ${code(name)}, which is not checked`;
      this.problems.add("unused-template", message, keyAt("templates", name), { severity: "warning" });
    }
  }
}

/** An environment is one thing: another one replaces that of the template, and is not laid over it. */
function withoutOther(base: Located, own: Written | undefined): Located {
  if (!isMapping(base.value) || !isMapping(own)) return base;
  const { environment } = base.value;
  const given = ENVIRONMENTS.find(type => Object.hasOwn(own, type));
  if (given === undefined || !isMapping(environment) || Object.hasOwn(environment, given)) return base;
  const value = Object.fromEntries(Object.entries(base.value).filter(([key]) => key !== "environment"));
  return { ...base, value };
}
