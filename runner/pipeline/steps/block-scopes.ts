import { byCodeUnit } from "../../core/json.js";
import type { Place as AxisPlace } from "../../core/labels.js";
import { isMapping, isSequence, type Written } from "../../core/spelled.js";
import { projectOf } from "../../core/project-folder.js";
import type { Block, Composed } from "../composition/blocks.js";
import type { PipelineDocument } from "../document/document.js";
import { type Place, valueAt } from "../document/place.js";
import type { Problems } from "../document/problems.js";
import { code } from "../mistakes/wording.js";
import { bindValue, compileValue, type Compiled } from "../expressions/compile.js";
import { layerParams, type LayeredParams } from "../expressions/overrides.js";
import { resolveParams, type Params } from "../expressions/params.js";
import { readIn } from "../expressions/scope.js";
import type { Site } from "../expressions/template.js";
import type { ProjectFiles } from "../files/user-files.js";
import { type Grid, join, nameOf, NO_AXES, pick, placesOf, without } from "./grid.js";
import { readMatrix } from "./matrix.js";
import { readConditions } from "./conditions.js";
import type { Condition } from "./spec.js";

/** What the texts of one pipeline mean. */
export interface Scope {
  readonly params: Params;
  readonly files: ProjectFiles;
  /** What `./` is. */
  readonly project: string;
}

/** A block, with what its step says of all steps in it. */
export interface BlockScope extends Scope {
  readonly block: Block;
  /** The axes of its own matrix, and of all that it is in. Undefined after a mistake in them. */
  readonly own: Grid | undefined;
  readonly grid: Grid | undefined;
  /** Of its own, and of all that it is in. */
  readonly when: readonly Condition[];
  readonly layers: LayeredParams;
  /** Axes that `with:` reads. */
  readonly read: readonly string[];
}

/** The scopes of a pipeline and of the blocks in it: that of a text is the one of the file in which it stands. */
export class Scopes {
  readonly blocks: readonly BlockScope[];
  /** These decide at every place anew. */
  readonly params: Params;
  readonly files: ProjectFiles;
  readonly #of = new Map<PipelineDocument, Scope>();
  readonly #byName = new Map<string, BlockScope>();

  constructor(
    private readonly root: Scope,
    private readonly composed: Composed,
    private readonly problems: Problems,
    filesOf: (block: Block) => ProjectFiles,
  ) {
    const { params, files } = root;
    this.blocks = composed.blocks.map(block => {
      const scope = this.#read(block, filesOf(block));
      this.#of.set(block.document, scope);
      this.#byName.set(block.name, scope);
      return scope;
    });
    if (this.blocks.length === 0) {
      this.params = params;
      this.files = files;
      return;
    }
    const at = (place: Place): Scope => this.at(composed.document, place);
    this.params = {
      value: params.value,
      reads: params.reads,
      read: (reference, site) => this.at(site.document, site.place).params.read(reference, site),
      origin: (path, place) => at(place).params.origin(path, place),
    };
    this.files = {
      ignored: files.ignored,
      find: (written, place) => at(place).files.find(written, place),
      matching: (written, place, most) => at(place).files.matching(written, place, most),
    };
  }

  /** The scope of the text at a place. */
  at(document: PipelineDocument | undefined, place: Place): Scope {
    const { document: composed } = this.composed;
    const written = document === composed ? (composed.trace?.(place).document ?? composed) : document;
    return (written === undefined ? undefined : this.#of.get(written)) ?? this.root;
  }

  /** The innermost block that a step is in. */
  blockOf(step: string): BlockScope | undefined {
    return this.#byName.get(step.slice(0, Math.max(0, step.lastIndexOf("/"))));
  }

  #read(block: Block, files: ProjectFiles): BlockScope {
    const { user, name } = block;
    const outer = this.#of.get(user) ?? this.root;
    const around = this.blockOf(name);
    const problems = this.problems.of(user);
    const step = entryAt(user.written, block.at);
    const written = isMapping(step) ? step : {};
    const stepName = String(block.at.at(-1));
    const matrix = readMatrix(written["matrix"], stepName, {
      params: outer.params,
      problems,
      files: outer.files,
    });
    const [list] = matrix?.lists ?? [];
    if (list !== undefined) {
      const message = `the axis ${code(list.axis)} comes from what a step makes, and a block's axes are known before anything runs`;
      const hint = "give it to the steps in the block that need it, which take the list by an input";
      problems.add("bad-axis", message, valueAt(...block.at, "matrix", list.axis), { hint });
    }
    const own = list === undefined ? matrix?.grid : undefined;
    const enclosing = around === undefined ? NO_AXES : around.grid;
    const grid = own && enclosing && join(enclosing, own);
    const conditions = readConditions(written["when"], [...block.at, "when"], problems);
    const { params, layers, read } = paramsOf(block, written["with"], outer.params, grid, this.problems);
    return {
      ...{ block, own, grid, params, layers, read, files, project: projectOf(block.file) },
      when: [...(around?.when ?? []), ...conditions],
    };
  }
}

function paramsOf(
  block: Block,
  given: Written | undefined,
  outer: Params,
  grid: Grid | undefined,
  all: Problems,
): Pick<BlockScope, "params" | "layers" | "read"> {
  const { user, document } = block;
  const problems = all.of(user);
  const at = [...block.at, "with"];
  const site: Site = { problems, document: user, place: valueAt(...at) };
  const matrix = grid === undefined ? "any" : [...grid.axes.keys()];
  const read = readIn({ params: outer, matrix, names: {}, where: "in `with:` of a pipeline" });
  const compiled = given === undefined ? undefined : compileValue(given, site, read);
  const declared = isMapping(document.written["params"]) ? document.written["params"] : {};
  const resolve = (place: AxisPlace): { params: Params; layers: LayeredParams } => {
    const value = compiled && bindValue(compiled, { labels: place, env: new Map() });
    const override = { origin: "with", path: [], value: escaped(value ?? {}), document: user, at };
    const layers = layerParams(declared, value === undefined ? [] : [override], all.of(document));
    return { layers, params: resolveParams(layers, all.of(document)) };
  };
  const axes = compiled === undefined || grid === undefined ? [] : [...axesIn(compiled)].sort(byCodeUnit);
  if (axes.length === 0 || grid === undefined) return { ...resolve({}), read: [] };
  const others = [...grid.axes.keys()].filter(axis => !axes.includes(axis));
  const places = placesOf(without(grid, others));
  const found = places.map(place => ({ place, ...resolve(place) }));
  const [first] = found;
  const params = first === undefined ? resolve({}).params : paramsByPlace(axes, found);
  return { layers: first?.layers ?? resolve({}).layers, params, read: axes };
}

/** Params whose values differ along axes: of one that does not, the value; of others what it is in each instance. */
function paramsByPlace(
  axes: readonly string[],
  found: readonly { readonly place: AxisPlace; readonly params: Params }[],
): Params {
  const [first] = found;
  const reads = found.map(({ params }) => params.reads);
  return {
    value: first?.params.value ?? {},
    get reads() {
      return reads.flat();
    },
    origin: (path, at) => first?.params.origin(path, at) ?? { words: "", beside: [] },
    read: (reference, site) => {
      const parts = found.map(({ place, params }) => ({ place, part: params.read(reference, site) }));
      const values = parts.flatMap(({ place, part }) =>
        part !== undefined && "value" in part
          ? [{ place, value: part.value, text: JSON.stringify(part.value) }]
          : [],
      );
      if (values.length < parts.length) return undefined;
      const differing = axes.filter(axis => {
        const others = axes.filter(other => other !== axis);
        const seen = new Map<string, string>();
        return values.some(({ place, text }) => {
          const name = nameOf(place, others);
          const known = seen.get(name);
          seen.set(name, text);
          return known !== undefined && known !== text;
        });
      });
      if (differing.length === 0) return parts[0]?.part;
      const byName = new Map(values.map(({ place, value }) => [nameOf(place, differing), value]));
      return {
        reference,
        axes: differing,
        of: place => byName.get(nameOf(pick(place, differing), differing)),
      };
    },
  };
}

/** The axes that a value reads. */
function axesIn(compiled: Compiled): Set<string> {
  if ("parts" in compiled)
    return new Set(
      compiled.parts.flatMap(part => ("axis" in part ? [part.axis] : "axes" in part ? part.axes : [])),
    );
  if ("items" in compiled) return new Set(compiled.items.flatMap(item => [...axesIn(item)]));
  if ("entries" in compiled) return new Set(compiled.entries.flatMap(([, item]) => [...axesIn(item)]));
  return new Set();
}

/** Values are no templates: what reads as an expression in them is text. */
function escaped(value: Written): Written {
  if (typeof value === "string") return value.replaceAll("${{", "$${{");
  if (isSequence(value)) return value.map(escaped);
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, escaped(item)]));
}

function entryAt(value: Written, path: readonly (string | number)[]): Written | undefined {
  return path.reduce<Written | undefined>((at, segment) => (isMapping(at) ? at[segment] : undefined), value);
}
