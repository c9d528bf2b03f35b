import { basename, dirname, extname, resolve } from "node:path";
import { UsageError, type Diagnostic } from "../core/diagnostic.js";
import { isList, isObject, type Json, type JsonObject, type JsonPath } from "../core/json.js";
import { projectOf } from "../core/project-folder.js";
import { isMapping, plainMapping } from "../core/spelled.js";
import type { Code } from "./mistakes/codes.js";
import { paramPath } from "./expressions/expression.js";
import { loadDocument, type DocumentCache, type PipelineDocument } from "./document/document.js";
import type { Kind, Kinds } from "./schema/kinds.js";
import { optionsCheck, type OptionsCheck } from "./schema/options.js";
import { readIn } from "./expressions/scope.js";
import { layerParams, type Override } from "./expressions/overrides.js";
import { resolveParams } from "./expressions/params.js";
import { composeBlocks, type Composed } from "./composition/blocks.js";
import { BlockFiles } from "./composition/open-block.js";
import { Scopes } from "./steps/block-scopes.js";
import { expandTemplates } from "./composition/templates.js";
import { loadPlugins } from "./kinds/plugins.js";
import { valueAt, type Place } from "./document/place.js";
import { Problems } from "./document/problems.js";
import { readExpectations } from "./steps/expectations.js";
import { readSteps } from "./steps/read-steps.js";
import type { PipelineSpec } from "./steps/spec.js";
import { decodeText, MAX_BYTES } from "./document/file-text.js";
import { warnUnused } from "./expressions/unused-params.js";
import { linkOutOf, readUserFile, withoutTextsOf } from "./document/user-text.js";
import { validateStructure } from "./schema/structure.js";
import { code } from "./mistakes/wording.js";
import { buildNodes } from "./graph/build.js";
import { EnvironmentReader } from "./graph/environment-reader.js";
import type { Lists } from "./graph/lists.js";
import { checkExpectations } from "./graph/expected.js";
import { ignoredIn } from "./files/ignored.js";
import type { Graph } from "./graph/graph.js";
import { UserFiles } from "./files/user-files.js";

export interface LoadOptions {
  /** The pipeline file, as the user named it. */
  readonly file: string;
  /** Folder that `file` and params files are relative to. */
  readonly cwd: string;
  /** The file's text, where it is at hand already (an editor, a test). */
  readonly text?: string;
  /** `--params`, in order. */
  readonly paramsFiles?: readonly string[];
  /** Params by name (`a.b[0]`), of a call from code; they come after all params files. */
  readonly values?: JsonObject;
  /** `--set`, in order; they come last. */
  readonly sets?: readonly string[];
  /** Built-in kinds. */
  readonly kinds: Kinds;
  /** For variables that steps pass through. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cache?: DocumentCache;
  /** Where results are kept: nothing in there is matched by a pattern. */
  readonly store?: string;
}

export interface LoadedPipeline {
  readonly graph: Graph;
  /** The graph once these lists are known. Throws a `UsageError` for mistakes that only they show. */
  readonly expand: (lists: Lists) => Promise<Graph>;
  readonly spec: PipelineSpec;
  /** Built-in kinds and those of plug-ins. */
  readonly kinds: Kinds;
  /** The kinds that the pipeline uses, by name. */
  readonly used: ReadonlyMap<string, Kind>;
  /** Texts of the files read, by name as the user gave it, for code frames. */
  readonly texts: ReadonlyMap<string, string>;
  /** Things worth a look, such as params that nothing reads. Worked out when asked: their places may need the YAML. */
  readonly warnings: () => Promise<readonly Diagnostic[]>;
  /** Warnings of what only the machine shows, at their places. */
  readonly advise: (mistakes: readonly Mistake[]) => Promise<readonly Diagnostic[]>;
  /** Throws a `UsageError` for mistakes that only the machine shows, at their places; nothing where there are none. */
  readonly refuse: (mistakes: readonly Mistake[]) => Promise<void>;
}

export interface Mistake {
  readonly code: Code;
  readonly message: string;
  readonly hint: string;
  /** Of the value in the pipeline. */
  readonly path: JsonPath;
  /** What to point at in it: a word of a text, or of a list of words; the whole where it is not written there as such. */
  readonly word?: string;
}

/**
 * A pipeline file -> its graph, expanded and checked. Throws a `UsageError` with every mistake that could be found, in
 * order of position. Reads files, and runs the top level of plug-ins; starts nothing and writes nothing.
 */
export async function loadPipeline(options: LoadOptions): Promise<LoadedPipeline> {
  const { file, cwd, paramsFiles = [] } = options;
  const project = projectOf(resolve(cwd, file));
  const away: Away = new Map<string, string>();
  for (const name of [file, ...paramsFiles]) {
    const real = linkOutOf(project, resolve(cwd, name));
    if (real !== undefined) away.set(name, real);
  }
  const concealed = (error: unknown): never => {
    throw withoutTextsOf(away, error);
  };
  const loaded = await load(options, away).catch(concealed);
  if (away.size === 0) return loaded;
  return {
    ...loaded,
    texts: new Map([...loaded.texts].filter(([name]) => !away.has(name))),
    warnings: async () => (await loaded.warnings()).filter(warning => !away.has(warning.file)),
    advise: async mistakes => (await loaded.advise(mistakes)).filter(warning => !away.has(warning.file)),
    refuse: mistakes => loaded.refuse(mistakes).catch(concealed),
    expand: lists => loaded.expand(lists).catch(concealed),
  };
}

/** Files of which nothing is shown, by name, with where they lie. */
type Away = Map<string, string>;

async function load(options: LoadOptions, away: Away): Promise<LoadedPipeline> {
  const { file, cwd, kinds: builtIn, env, cache } = options;
  const absolute = resolve(cwd, file);
  const project = projectOf(absolute);
  const text = options.text ?? readText(file, cwd);
  const raw = await loadDocument(text, file, cache);
  const found = new Problems(raw);
  const expanded = expandTemplates(raw, found);
  validateStructure(expanded, found.of(expanded));
  const blockFiles = new BlockFiles({ document: expanded, project, cwd }, found, cache, away);
  const sound = found.count;
  const composed = await composeBlocks(expanded, absolute, found, blockFiles.open);
  const { document } = composed;
  const problems = found.of(document);
  const { value, written } = document;

  const overrides = await readOverrides(options);
  const others = [
    ...overrides.flatMap(({ document: other }) => other ?? []),
    ...blockFiles.documents.values(),
  ];
  // Of a pipeline in which a block does not fit, the steps are not known.
  if (found.count > sound) await problems.throwIfAny(others);
  const declared = isMapping(written["params"]) ? written["params"] : {};
  const layers = layerParams(declared, overrides, problems);
  const own = resolveParams(layers, problems);

  const before = problems.count;
  const kinds = await loadAllPlugins(composed, project, builtIn, problems);
  const kindsKnown = problems.count === before;
  const { used, checks } = await kindsOf(value["steps"], kinds, cache);
  const filesOf = async (pipeline: string, block: boolean): Promise<UserFiles> => {
    const folders = { project: projectOf(pipeline), pipeline: dirname(pipeline), cwd };
    const ignored = await ignoredIn([folders.project, folders.pipeline], options.store);
    return new UserFiles(folders, ignored, problems, block);
  };
  const ownFiles = await filesOf(absolute, false);
  const filesByBlock = new Map<string, UserFiles>();
  for (const { file: block } of composed.blocks)
    if (!filesByBlock.has(block)) filesByBlock.set(block, await filesOf(block, true));
  const scopes = new Scopes(
    { params: own, files: ownFiles, project },
    composed,
    problems,
    block => filesByBlock.get(block.file) ?? ownFiles,
  );
  const { params, files } = scopes;
  const context = { params, problems, files, kinds: used, kindNames: kinds.names, kindsKnown };
  const steps = readSteps(written["steps"], { ...context, blockOf: step => scopes.blockOf(step) });
  const spec: PipelineSpec = {
    name: typeof value["name"] === "string" ? value["name"] : basename(absolute, extname(absolute)),
    description: typeof value["description"] === "string" ? value["description"] : "",
    params: params.value,
    plugins: isList(value["plugins"]) ? value["plugins"].filter(plugin => typeof plugin === "string") : [],
    steps,
    expect: readExpectations(value["expect"], problems),
  };
  const environments = (found: Problems): EnvironmentReader => {
    const reader = new EnvironmentReader(place => scopes.at(document, place).project, found);
    const where = "in the pipeline's `environment:`";
    reader.share(written["environment"], readIn({ params, names: {}, where }));
    return reader;
  };
  const graphOf = (found: Problems, lists: Lists): Graph => {
    const scope = {
      params,
      problems: found,
      files,
      environments: environments(found),
      blocks: scopes.blocks,
      environment: env,
      checks,
    };
    const { nodes, skipped } = buildNodes(spec, scope, lists);
    // In a graph that is not sound, what its steps have is not known.
    if (!found.failed) checkExpectations(spec.expect, [...nodes, ...skipped], found);
    const byId = new Map(nodes.map(node => [node.id, node]));
    return {
      name: spec.name,
      file: absolute,
      project,
      nodes,
      byId,
      skipped,
      ignored: files.ignored,
      params: spec.params,
    };
  };
  const graph = graphOf(problems, new Map());
  await problems.throwIfAny(others);

  const expand = async (lists: Lists): Promise<Graph> => {
    const found = new Problems(document);
    const expanded = graphOf(found, lists);
    await found.throwIfAny(others);
    // What is wrong with a file that only now has a name.
    await problems.throwIfAny(others);
    return expanded;
  };
  const warnings = (): Promise<readonly Diagnostic[]> => {
    warnUnused(plainMapping(layers.raw), own.reads, problems);
    for (const { block, layers: inner, params: read } of scopes.blocks)
      warnUnused(plainMapping(inner.raw), read.reads, problems.of(block.document));
    return problems.diagnostics("warning");
  };
  const advise = (mistakes: readonly Mistake[]): Promise<readonly Diagnostic[]> => {
    const advice = new Problems(document);
    for (const mistake of mistakes)
      advice.add(mistake.code, mistake.message, placeOf(mistake, value), {
        ...{ hint: mistake.hint, severity: "warning" },
      });
    return advice.diagnostics("warning");
  };
  const refuse = (mistakes: readonly Mistake[]): Promise<void> => {
    for (const mistake of mistakes)
      problems.add(mistake.code, mistake.message, placeOf(mistake, value), { hint: mistake.hint });
    return problems.throwIfAny(others);
  };
  const texts = new Map(
    [document, ...blockFiles.documents.values()].map(one => [one.file, one.text] as const),
  );
  return { graph, expand, spec, kinds, used, texts, warnings, advise, refuse };
}

function placeOf({ path, word }: Mistake, root: Json): Place {
  const whole = valueAt(...path);
  if (word === undefined) return whole;
  const at = path.reduce<Json | undefined>(
    (value, key) =>
      typeof key === "number"
        ? isList(value)
          ? value[key]
          : undefined
        : isObject(value)
          ? value[key]
          : undefined,
    root,
  );
  if (isList(at)) return at.includes(word) ? valueAt(...path, at.indexOf(word)) : whole;
  const text = typeof at === "string" ? at : "";
  for (let start = text.indexOf(word); start !== -1; start = text.indexOf(word, start + 1)) {
    const end = start + word.length;
    if (!WORD.test(text.slice(Math.max(0, start - 1), start)) && !WORD.test(text.slice(end, end + 1)))
      return { ...whole, within: { start, end } };
  }
  return whole;
}

/** What goes on with the name of a program. */
const WORD = /[\w./-]/;

async function readOverrides({
  paramsFiles = [],
  sets = [],
  values = {},
  cwd,
}: LoadOptions): Promise<readonly Override[]> {
  const documents: PipelineDocument[] = [];
  for (const file of paramsFiles) documents.push(await loadDocument(readText(file, cwd), file));
  const layers: Override[] = documents.map(document => {
    return { origin: `--params ${document.file}`, path: [], value: document.written, document };
  });
  for (const [name, value] of Object.entries(values)) {
    const path = paramPath(name);
    if (path === undefined)
      throw UsageError.ofCall(
        "bad-set",
        `${code(name)} is not the name of a param`,
        "a name is such as `a.b`",
      );
    layers.push({ origin: `params: ${name}`, path, value });
  }
  if (sets.length === 0) return layers;
  // It brings the YAML parser with it.
  const { parseSet } = await import("./expressions/set-option.js");
  return [...layers, ...sets.map(parseSet)];
}

/** Built-in kinds, those of the pipeline's plug-ins and those of its blocks', each module once. */
async function loadAllPlugins(
  { document, blocks }: Composed,
  project: string,
  builtIn: Kinds,
  problems: Problems,
): Promise<Kinds> {
  let kinds = await loadPlugins(document.value["plugins"], project, builtIn, problems);
  const known = new Set(pathsOf(document.value["plugins"]).map(path => resolve(project, path)));
  for (const { document: inner, file } of blocks) {
    const home = projectOf(file);
    const paths = pathsOf(inner.value["plugins"]).map(path => (known.has(resolve(home, path)) ? "" : path));
    kinds = await loadPlugins(paths, home, kinds, problems.of(inner));
    for (const path of paths) known.add(resolve(home, path));
  }
  return kinds;
}

function pathsOf(plugins: Json | undefined): readonly string[] {
  return isList(plugins) ? plugins.map(path => (typeof path === "string" ? path : "")) : [];
}

async function kindsOf(
  steps: Json | undefined,
  kinds: Kinds,
  cache: DocumentCache | undefined,
): Promise<{ used: ReadonlyMap<string, Kind>; checks: ReadonlyMap<string, OptionsCheck> }> {
  const names = new Set<string>();
  for (const step of Object.values(isObject(steps) ? steps : {})) {
    if (isObject(step) && typeof step["uses"] === "string") names.add(step["uses"]);
  }
  const used = new Map<string, Kind>();
  const checks = new Map<string, OptionsCheck>();
  for (const name of names) {
    const kind = await kinds.get(name);
    if (kind === undefined) continue;
    used.set(name, kind);
    checks.set(name, optionsCheck(kind, cache));
  }
  return { used, checks };
}

function readText(file: string, cwd: string): string {
  return decodeText(readUserFile(file, cwd, MAX_BYTES), file);
}
