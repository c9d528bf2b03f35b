import type { ForeignInputs, LabelForm } from "../../foreign/foreign-model.js";
import { type GraphInput, latentSizes, type TensorGraph } from "../../foreign/index.js";
import type { FetchGeneratorOptions } from "./fetch-options.js";

/** What a foreign model takes: which input is what, how many numbers z has, and the names of its classes. */
export interface TakenInputs {
  readonly inputs: ForeignInputs;
  readonly dim: number;
  /** Empty: the model knows no classes. */
  readonly classes: readonly string[];
}

/**
 * They follow from the options, else from names, types and shapes. Whatever could be one thing as well as another is refused, with
 * the options that say it. Rules, in this order, for what the options leave open:
 * - a label is called `y`, `label`, `class`, `cond` or the like, or is a whole number a row;
 * - a truncation is called `truncation` or `psi` and is one number: it gets 1, which truncates nothing;
 * - what then is left is the latent, if it is one.
 */
export function takenInputs(
  graph: TensorGraph,
  { inputs: asked = {}, latent, classes }: Pick<FetchGeneratorOptions, "inputs" | "latent" | "classes">,
  log: (line: string) => void,
): TakenInputs {
  const names = graph.inputs.map(({ name }) => name);
  const label = typeof asked.label === "string" ? { name: asked.label } : (asked.label ?? {});
  const constants: Record<string, number> = { ...asked.constants };
  for (const name of [asked.latent, label.name, ...Object.keys(constants)])
    if (name !== undefined && !names.includes(name))
      throw new Error(`it has no input '${name}' (it has ${quoted(names)})`);
  const open = (): GraphInput[] =>
    graph.inputs.filter(
      ({ name }) => name !== asked.latent && name !== found?.name && !Object.hasOwn(constants, name),
    );
  let found = graph.inputs.find(({ name }) => name === label.name);
  if (label.form === "joined" && found !== undefined)
    throw new Error("inputs.label: leave out the name where the class is joined to the latent");
  if (found === undefined && label.form !== "joined" && graph.inputs.length > 1) found = labelAmong(open());
  for (const input of open())
    if (open().length > (asked.latent === undefined ? 1 : 0) && isTruncation(input)) {
      constants[input.name] = 1;
      log(`its input '${input.name}' gets 1, which truncates nothing; inputs.constants says another`);
    }
  const rest = open();
  const [only, ...more] =
    asked.latent === undefined ? rest : graph.inputs.filter(i => i.name === asked.latent);
  const unknown = asked.latent === undefined ? more : rest;
  if (only === undefined || unknown.length > 0) throw new Error(unclear(graph, rest, asked.latent));
  if (only.type.startsWith("int"))
    throw new Error(
      `its input '${only.name}' is of type ${only.type}; a latent is of floating-point numbers`,
    );
  if (only.shape.length < 2 || only.shape.includes(0))
    throw new Error(
      `its input '${only.name}' is [${sizeText(only)}]; a generator takes latents [N, z] or [N, z, ...]`,
    );
  const own = label.form === "joined" ? undefined : labelOf(found, label.form, classes);
  const joined = label.form === "joined" ? namesOf(classes).length : 0;
  if (label.form === "joined" && joined === 0)
    throw new Error("inputs.label is joined to the latent; say the classes: classes: 10, or their names");
  const dim = latentDim(only, latent, joined);
  return {
    inputs: {
      latent: only.name,
      ...(latent?.shape && { latentShape: latent.shape }),
      ...(own && { label: { name: own.name, form: own.form } }),
      ...(joined > 0 && { label: { name: only.name, form: "joined" as const } }),
      constants,
    },
    dim,
    classes: joined > 0 ? namesOf(classes) : (own?.classes ?? []),
  };
}

const LABEL =
  /(^|[^a-z])(y|cls|cat|category|categories|class(es)?|labels?|cond(ition(al|ing)?)?|one_?hot|target)([^a-z]|$)/i;
const TRUNCATION = /trunc|(^|[^a-z])psi([^a-z]|$)/i;

function labelAmong(inputs: readonly GraphInput[]): GraphInput | undefined {
  const labels = inputs.filter(
    input => LABEL.test(input.name) || (input.type.startsWith("int") && perRow(input) === 1),
  );
  const [first, ...more] = labels;
  if (more.length > 0)
    throw new Error(
      `its inputs ${quoted(labels.map(({ name }) => name))} may each be the class; say which is: inputs: { label: NAME }`,
    );
  return first;
}

function isTruncation(input: GraphInput): boolean {
  return TRUNCATION.test(input.name) && [1, undefined].includes(perRow(input));
}

/** Numbers a row; undefined where a size is open. */
function perRow({ shape }: GraphInput): number | undefined {
  const sizes = shape.slice(1);
  return sizes.some(size => size < 0) ? undefined : sizes.reduce((product, size) => product * size, 1);
}

function labelOf(
  input: GraphInput | undefined,
  asked: LabelForm | undefined,
  classes: FetchGeneratorOptions["classes"],
): { readonly name: string; readonly form: LabelForm; readonly classes: readonly string[] } | undefined {
  const given = namesOf(classes);
  if (input === undefined) {
    if (given.length > 0)
      throw new Error(
        "classes are given, but none of its inputs takes a class. If it takes the class behind z in one input, say so: " +
          "inputs: { label: { form: joined } }",
      );
    return undefined;
  }
  const size = perRow(input);
  const form = asked ?? (size === 1 || input.type.startsWith("int") ? "index" : "one-hot");
  const at = `its input '${input.name}', [${sizeText(input)}],`;
  if (input.shape.length === 0) throw new Error(`${at} has no place for each row's class`);
  if (form === "index" && size !== 1 && size !== undefined)
    throw new Error(`${at} takes ${size} numbers a row and not the number of a class`);
  const known = form === "one-hot" ? size : undefined;
  if (given.length === 0 && known === undefined)
    throw new Error(`${at} takes a class; say the classes: classes: 10, or their names`);
  if (given.length > 0 && known !== undefined && known !== given.length)
    throw new Error(`${at} takes ${known} classes, but 'classes' gives ${given.length}`);
  return { name: input.name, form, classes: given.length > 0 ? given : namesOf(known) };
}

function namesOf(classes: FetchGeneratorOptions["classes"]): readonly string[] {
  return typeof classes === "number" ? Array.from({ length: classes }, (_, i) => String(i)) : (classes ?? []);
}

/** How many numbers of the input are z's: all, less those of a class that is joined to it. */
function latentDim(input: GraphInput, asked: FetchGeneratorOptions["latent"], joined: number): number {
  const stated = asked?.shape?.reduce((product, size) => product * size, 1);
  if (stated !== undefined && asked?.dim !== undefined && stated !== asked.dim)
    throw new Error(`latent.dim is ${asked.dim}, but latent.shape has ${stated} numbers`);
  const wanted = stated ?? asked?.dim;
  const declared = perRow(input);
  if (declared === undefined) {
    if (wanted === undefined)
      throw new Error(`the size of its input '${input.name}' is open; say it: latent: { dim: 128 }`);
    if (asked?.shape === undefined) latentSizes(input, wanted + joined);
    return wanted;
  }
  const dim = declared - joined;
  if (dim < 1)
    throw new Error(
      `its input '${input.name}' has ${declared} numbers a row, no more than ${joined} classes`,
    );
  if (wanted !== undefined && wanted !== dim)
    throw new Error(`latent.dim is ${wanted}, but the model takes ${dim} numbers`);
  return dim;
}

function unclear({ inputs }: TensorGraph, rest: readonly GraphInput[], latent: string | undefined): string {
  const all = quoted(inputs.map(({ name }) => name));
  if (rest.length === 0) return `it has the inputs ${all}, and none is left for the latent`;
  const open = rest.map(({ name }) => name);
  return (
    `it has ${inputs.length} inputs (${all}); what is given to ${quoted(open)} cannot be told. ` +
    `Say it: inputs: { latent: ${latent ?? open[0] ?? "z"}, label: y, constants: { ${open.at(-1) ?? "noise"}: 0 } } ` +
    "(what is left out of these, the model does not have; a noise gets 0 or another number that it is always filled with)"
  );
}

function quoted(names: readonly string[]): string {
  return names.map(name => `'${name}'`).join(", ");
}

function sizeText({ shape }: GraphInput): string {
  return shape.map(size => (size < 0 ? "N" : size)).join(", ");
}
