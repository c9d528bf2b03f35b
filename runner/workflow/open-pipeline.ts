import type { Expectation } from "../claims/expectation.js";
import { UsageError } from "../core/diagnostic.js";
import type { JsonObject } from "../core/json.js";
import type { Host } from "../exec/host.js";
import { loadPipeline, type LoadedPipeline } from "../pipeline/load-pipeline.js";
import type { FileSource } from "../pipeline/files/file-source.js";
import { matches, selectNodes, selectSkipped } from "../pipeline/graph/select.js";
import type { Lists } from "../pipeline/graph/lists.js";
import type { Graph, GraphNode, SkippedNode } from "../pipeline/graph/graph.js";
import type { Kinds } from "../pipeline/schema/kinds.js";
import { code } from "../pipeline/mistakes/wording.js";
import type { EngineChoice } from "../step-api.js";
import type { Store } from "../store/store.js";
import { openStore, type Place } from "./open-store.js";

export interface OpenOptions {
  /** `--params`, in order. */
  readonly paramsFiles?: readonly string[];
  /** Params by name, with values; they come after all params files. */
  readonly values?: JsonObject;
  /** `--set`, in order; they come last. */
  readonly sets?: readonly string[];
  /** Selected steps (`probe`, `views+`, `encoder[seed=0]`); none: all. */
  readonly steps?: readonly string[];
  readonly backend?: string;
}

/** A pipeline that was read, checked and expanded, its store, and the part of it that is selected. */
export interface OpenPipeline extends Pick<LoadedPipeline, "texts" | "warnings" | "advise" | "refuse"> {
  readonly host: Host;
  readonly graph: Graph;
  /** What `reproduce` holds the run against. */
  readonly expect: readonly Expectation[];
  /** Selected steps and their ancestors, inputs first. */
  readonly nodes: readonly GraphNode[];
  /** Those of the selected instances that are left out. */
  readonly skipped: readonly SkippedNode[];
  /** The same once these lists are known. Throws a `UsageError` for mistakes that only they show. */
  readonly expand: (lists: Lists) => Promise<OpenPipeline>;
}

/** Throws a `UsageError` with every mistake. */
export async function openPipeline(
  place: Place,
  file: string,
  options: OpenOptions = {},
): Promise<OpenPipeline> {
  const store = openStore(place, file);
  const { steps = [], backend = "auto", ...params } = options;
  const loaded = await loadPipeline({
    ...params,
    ...{ file, cwd: place.cwd, env: place.env },
    kinds: place.tools.kinds,
    store: store.root,
    cache: store.cache.memo("documents"),
  });
  const { spec, kinds, texts, warnings, advise, refuse } = loaded;
  const fixed = { expect: spec.expect, texts, warnings, advise, refuse };
  const host = createHost(place, store, kinds, backend);
  const opened = async (graph: Graph, before: readonly GraphNode[] = []): Promise<OpenPipeline> => {
    await refuseStoreAsInput(store.root, graph, refuse);
    // What makes a list stays selected, also where the list says that there is nothing else to do.
    const wanted = new Set([...before, ...selectNodes(graph, steps)].map(({ id }) => id));
    const nodes = graph.nodes.filter(({ id }) => wanted.has(id));
    const expand = async (lists: Lists): Promise<OpenPipeline> => opened(await loaded.expand(lists), nodes);
    return { host, ...fixed, graph, nodes, skipped: selectSkipped(graph, steps), expand };
  };
  return opened(loaded.graph);
}

/**
 * The instances to run even if their result is known: the steps of `words`; without any, those that the call selects, and
 * not what they are made from; without a selection all. Throws a `UsageError` for a step that no selected step needs.
 */
export function forcedOf(
  { graph, nodes }: OpenPipeline,
  words: readonly string[],
  selected: readonly string[],
): (node: GraphNode) => boolean {
  const named = words.length > 0 ? words : selected;
  if (named.length === 0) return () => true;
  const wanted = new Set(nodes);
  const forced = new Set<GraphNode>();
  for (const word of named) {
    const found = matches(graph, word);
    if (!found.some(node => wanted.has(node))) {
      const hint = `select it as well: ${[...selected, word].join(" ")}`;
      throw UsageError.ofCall("unknown-selection", `--force ${word}: no selected step needs it`, hint);
    }
    for (const node of found) forced.add(node);
  }
  return node => forced.has(node);
}

function createHost({ tools, env }: Place, store: Store, kinds: Kinds, backend: string): Host {
  let engine: Promise<EngineChoice> | undefined;
  return {
    ...{ store, kinds, env },
    clock: tools.clock,
    engine: () => (engine ??= tools.chooseEngine(backend, store.cache.folder)),
    executor: tools.executor,
    capacity: tools.capacity(),
    version: tools.version,
  };
}

/** A pattern passes the store over. */
function isBelowProject({ path, pattern }: FileSource): boolean {
  return pattern !== undefined && path.startsWith("./");
}

/** What vistas itself writes while a step runs cannot be an input of it. */
async function refuseStoreAsInput(
  root: string,
  graph: Graph,
  refuse: LoadedPipeline["refuse"],
): Promise<void> {
  const seen = new Map<string, boolean>();
  const holds = (path: string): boolean => {
    const known = seen.get(path) ?? root.startsWith(path.endsWith("/") ? path : `${path}/`);
    seen.set(path, known);
    return known;
  };
  const mistakes = graph.nodes.flatMap(({ step, inputs }) =>
    inputs.flatMap(({ role, source }) => {
      if (
        source.type !== "file" ||
        isBelowProject(source) ||
        !(root === source.absolute || holds(source.absolute))
      )
        return [];
      const message = `the input ${code(role)} holds the store, ${code(root)}, which changes while steps run`;
      const hint =
        "name the files and folders in it that the step reads, or keep the store elsewhere: --root DIR";
      return [{ code: "input-holds-store", message, hint, path: ["steps", step, "inputs", role] } as const];
    }),
  );
  if (mistakes.length > 0) await refuse(mistakes);
}
