import type { JsonPath } from "../../core/json.js";
import { isMapping, isSequence, plainMapping, type Written, type WrittenObject } from "../../core/spelled.js";
import type { PipelineDocument } from "../document/document.js";
import { keyAt, type Place, valueAt } from "../document/place.js";
import type { Problems } from "../document/problems.js";
import type { Code } from "../mistakes/codes.js";
import { alternatives, code } from "../mistakes/wording.js";
import { isPath } from "../schema/names.js";
import { entryOf, type Located, type Origin, traceBelow } from "./origin.js";
import { inputOf, partsOf, withEnvironment, withReferences } from "./step-references.js";

/** A pipeline that is used as a step of another. */
export interface Block {
  /** `block`, and of one within another `block/inner`: what the names of its steps begin with. */
  readonly name: string;
  /** The pipeline that is used: a document of its own for every use, so that a place in it says which use is meant. */
  readonly document: PipelineDocument;
  /** The file, absolute. */
  readonly file: string;
  /** The pipeline that uses it, and where the step stands in that. */
  readonly user: PipelineDocument;
  readonly at: JsonPath;
}

export interface Composed {
  readonly document: PipelineDocument;
  /** Outer ones first. */
  readonly blocks: readonly Block[];
}

/** Reads the pipeline that a step names; undefined after a mistake, which has been reported. */
export type OpenBlock = (
  path: string,
  user: PipelineDocument,
  place: Place,
) => Promise<Pick<Block, "document" | "file"> | undefined>;

/** Blocks within blocks, and steps in all. */
const MAX_NESTED = 20;
const MAX_STEPS = 100_000;

/**
 * The pipeline with each `pipeline:` step replaced by the steps of that pipeline, `block/step` by name, whose inputs are what
 * the step gives to its declared ones. Places lead to where each part was written. What a text means (its params, its
 * files) is decided by that place as well, later.
 */
export async function composeBlocks(
  root: PipelineDocument,
  file: string,
  problems: Problems,
  open: OpenBlock,
): Promise<Composed> {
  const { steps, inputs } = root.written;
  const uses = Object.values(isMapping(steps) ? steps : {}).some(blockPath);
  if (!uses && inputs === undefined) return { document: root, blocks: [] };
  const composer = new Composer(problems, open);
  const { steps: own } = await composer.stepsOf(root, "", [file]);
  const declared = declaredInputs(root);
  const bound = [...own].map(([name, step]): [string, Located] => [
    name,
    declared.size === 0 ? step : withReferences(step, given => composer.alone(given, declared, root)),
  ]);
  const located = new Map(bound);
  const written: WrittenObject = {
    ...root.written,
    steps: Object.fromEntries(bound.map(([name, { value }]) => [name, value])),
  };
  const blockOf = new Map(composer.blocks.map(block => [block.document, block]));
  const document: PipelineDocument = {
    ...root,
    written,
    value: plainMapping(written),
    trace: place => {
      const [first, name, ...rest] = place.path;
      const step = first === "steps" && typeof name === "string" ? located.get(name) : undefined;
      if (step === undefined) return { document: root, place };
      const found = traceBelow(step.origin, rest, place);
      const block = blockOf.get(found.document);
      if (block === undefined) return found;
      const by = {
        message: `used as ${code(block.name)}`,
        document: block.user,
        place: valueAt(...block.at, "pipeline"),
      };
      return { ...found, by };
    },
  };
  return { document, blocks: composer.blocks };
}

/** The steps of one pipeline, and of each block in it its declared outputs with the step and output that they are. */
interface Level {
  readonly steps: ReadonlyMap<string, Located>;
  readonly outputs: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

interface Inlined {
  readonly steps: ReadonlyMap<string, Located>;
  readonly outputs: ReadonlyMap<string, string>;
  /** Steps that are given what the user's step gives. */
  readonly bound: readonly string[];
}

class Composer {
  readonly blocks: Block[] = [];
  #steps = 0;
  #full = false;

  constructor(
    private readonly problems: Problems,
    private readonly open: OpenBlock,
  ) {}

  /** By name, as the document itself sees them. */
  async stepsOf(document: PipelineDocument, prefix: string, files: readonly string[]): Promise<Level> {
    const { steps } = document.written;
    for (const input of declaredInputs(document).keys()) {
      if (!isMapping(steps) || !(input in steps)) continue;
      const place = keyAt("inputs", input);
      const message = `${code(input)} is both an input of the pipeline and a step`;
      this.#report(
        { document, path: ["inputs"] },
        "bad-name",
        message,
        place,
        "give one of them another name",
      );
    }
    const out = new Map<string, Located>();
    const outputs = new Map<string, ReadonlyMap<string, string>>();
    /** Steps with texts of this document, which may name blocks of it. */
    const own: string[] = [];
    for (const [name, value] of Object.entries(isMapping(steps) ? steps : {})) {
      const step = { value, origin: { document, path: ["steps", name] } };
      if (blockPath(value) === undefined) {
        out.set(name, step);
        own.push(name);
        this.#steps++;
        continue;
      }
      const inlined = await this.#inline(step, name, prefix, files);
      outputs.set(name, inlined.outputs);
      for (const [inner, located] of inlined.steps) out.set(`${name}/${inner}`, located);
      own.push(...inlined.bound.map(inner => `${name}/${inner}`));
    }
    for (const name of outputs.size === 0 ? [] : own) {
      const step = out.get(name);
      if (step === undefined) continue;
      out.set(
        name,
        withReferences(step, given => this.#fromBlock(given, outputs, document)),
      );
    }
    return { steps: out, outputs };
  }

  async #inline(step: Located, name: string, prefix: string, files: readonly string[]): Promise<Inlined> {
    const nothing = { steps: new Map<string, Located>(), outputs: new Map<string, string>(), bound: [] };
    // Blocks of blocks double at every level: after the first that cannot be handled no other is looked at.
    if (this.#full) return nothing;
    const { document: user, path: at } = step.origin;
    const place = valueAt(...at, "pipeline");
    const opened = await this.open(blockPath(step.value) ?? "", user, place);
    if (opened === undefined) return nothing;
    const { document, file } = opened;
    if (files.includes(file)) {
      this.#report(step.origin, "block-cycle", "this pipeline uses itself as a step", place);
      return nothing;
    }
    if (files.length > MAX_NESTED || this.#steps > MAX_STEPS) {
      const what =
        files.length > MAX_NESTED ? `nested deeper than ${MAX_NESTED}` : `of over ${MAX_STEPS} steps`;
      this.#report(step.origin, "too-many-instances", `pipelines ${what} cannot be handled`, place);
      this.#full = true;
      return nothing;
    }
    const block = { name: prefix + name, document, file, user, at };
    this.blocks.push(block);
    const inner = await this.stepsOf(document, `${block.name}/`, [...files, file]);
    const declared = declaredInputs(document);
    this.#checkRoles(step, declared, document);
    const given = isMapping(step.value) ? step.value["inputs"] : undefined;
    const givenOrigin = entryOf(step.origin, "inputs");
    const bound = new Set<string>();
    const bind = (input: Located, step: string): Located => {
      const { value, origin } = input;
      if (typeof value !== "string" || isPath(value)) return input;
      const { from, output } = inputOf(value, declared, document);
      if (!declared.has(from)) return { value: `${name}/${value}`, origin };
      if (output !== undefined)
        this.#report(
          origin,
          "unknown-output",
          `the input ${code(from)} of the pipeline is one artifact: write ${code(from)}`,
        );
      const own = isMapping(given) ? given[from] : undefined;
      if (own === undefined) return declared.get(from) ?? input;
      bound.add(step);
      return { value: own, origin: entryOf(givenOrigin, from) };
    };
    const steps = new Map(
      [...inner.steps].map(([innerName, located]) => [
        innerName,
        withEnvironment(
          withReferences(located, input => bind(input, innerName)),
          document,
        ),
      ]),
    );
    return { steps, outputs: this.#outputsOf(document, name, inner), bound: [...bound] };
  }

  /** Declared output -> the step and output that it is, as the user of the pipeline names them. */
  #outputsOf(document: PipelineDocument, name: string, inner: Level): ReadonlyMap<string, string> {
    const { outputs } = document.written;
    const found = new Map<string, string>();
    for (const [output, text] of Object.entries(isMapping(outputs) ? outputs : {})) {
      if (typeof text !== "string") continue;
      const origin = { document, path: ["outputs", output] };
      const { value } = this.#fromBlock({ value: text, origin }, inner.outputs, document);
      const meant = typeof value === "string" ? value : "";
      const { from } = partsOf(meant);
      if (inner.steps.has(from)) found.set(output, `${name}/${meant}`);
      else if (!inner.outputs.has(from)) {
        const names = [...inner.steps.keys()];
        const hint = this.problems.suggest(from, names) ?? `there are ${alternatives(names, "and")}`;
        this.#report(origin, "unknown-step", `there is no step ${code(from)}`, undefined, hint);
      }
    }
    return found;
  }

  /** What a step takes from a block is what that declares. */
  #fromBlock(input: Located, outputs: Level["outputs"], document: PipelineDocument): Located {
    const { value, origin } = input;
    if (typeof value !== "string" || isPath(value)) return input;
    const { from, output } = partsOf(value);
    const [block = ""] = from.split("/", 1);
    const declared = outputs.get(block);
    if (declared === undefined) return input;
    const names = [...declared.keys()];
    if (block !== from) {
      // Those that a block's own steps take from each other are written so by now.
      if (origin.document !== document) return input;
      const hint = `declare it under \`outputs:\` of that pipeline, and write ${alternatives([...names, "name"].map(each => `${block}.${each}`))}`;
      this.#report(
        origin,
        "unknown-output",
        `${code(from)} is a step within ${code(block)}`,
        undefined,
        hint,
      );
      return input;
    }
    const [only] = names;
    const wanted = output ?? (names.length === 1 ? only : undefined);
    const meant = wanted === undefined ? undefined : declared.get(wanted);
    if (meant !== undefined) return { value: meant, origin };
    if (names.length === 0)
      this.#report(origin, "unknown-output", `the pipeline ${code(from)} declares no \`outputs:\``);
    else if (output === undefined) {
      const hint = `write ${alternatives(names.map(each => `${from}.${each}`))}`;
      this.#report(
        origin,
        "ambiguous-output",
        `${code(from)} has ${names.length} outputs: say which`,
        undefined,
        hint,
      );
    } else {
      const hint = this.problems.suggest(output, names) ?? `its outputs are ${alternatives(names, "and")}`;
      this.#report(origin, "unknown-output", `${code(from)} has no output ${code(output)}`, undefined, hint);
    }
    return input;
  }

  /** What a pipeline that runs by itself takes for its inputs. */
  alone(
    input: Located,
    declared: ReadonlyMap<string, Located | undefined>,
    document: PipelineDocument,
  ): Located {
    const { value } = input;
    if (typeof value !== "string" || isPath(value)) return input;
    const { from } = inputOf(value, declared, document);
    if (!declared.has(from)) return input;
    const bound = declared.get(from);
    if (bound !== undefined) return bound;
    const hint = `give it one for when it runs by itself, \`${from}: ./path\`; as a step of another pipeline it is given one`;
    this.problems
      .of(document)
      .add("missing-input", `nothing is given for the input ${code(from)}`, keyAt("inputs", from), { hint });
    return input;
  }

  /** What the step gives, and what the pipeline declares. */
  #checkRoles(
    step: Located,
    declared: ReadonlyMap<string, Located | undefined>,
    document: PipelineDocument,
  ): void {
    const value = isMapping(step.value) ? step.value["inputs"] : undefined;
    const given = isMapping(value) ? Object.keys(value) : [];
    const names = [...declared.keys()];
    const file = code(document.file);
    for (const role of given) {
      if (declared.has(role)) continue;
      const known =
        names.length === 0 ? "it declares no `inputs:`" : `its inputs are ${alternatives(names, "and")}`;
      const hint =
        this.problems.suggest(
          role,
          names.filter(name => !given.includes(name)),
        ) ?? known;
      const place = keyAt(...step.origin.path, "inputs", role);
      this.#report(step.origin, "unknown-role", `${file} has no input ${code(role)}`, place, hint);
    }
    const missing = names.filter(name => declared.get(name) === undefined && !given.includes(name));
    if (missing.length === 0) return;
    const place = keyAt(...step.origin.path, ...(value === undefined ? [] : ["inputs"]));
    this.#report(step.origin, "missing-input", `${file} needs ${alternatives(missing, "and")}`, place);
  }

  #report(
    origin: Origin,
    problem: Code,
    message: string,
    place = valueAt(...origin.path),
    hint?: string,
  ): void {
    this.problems.addIn(origin.document, problem, message, place, { hint });
  }
}

/** Of a step that is a pipeline: its path. */
function blockPath(step: Written | undefined): string | undefined {
  const path = isMapping(step) ? step["pipeline"] : undefined;
  return typeof path === "string" ? path : undefined;
}

/** Name -> the path that stands for it where nothing is given. */
function declaredInputs(document: PipelineDocument): ReadonlyMap<string, Located | undefined> {
  const { inputs } = document.written;
  if (isSequence(inputs))
    return new Map(inputs.flatMap(name => (typeof name === "string" ? [[name, undefined]] : [])));
  return new Map(
    Object.entries(isMapping(inputs) ? inputs : {}).map(([name, value]) => [
      name,
      typeof value === "string" ? { value, origin: { document, path: ["inputs", name] } } : undefined,
    ]),
  );
}
