import type { Expectation } from "../claims/expectation.js";
import type { JsonObject } from "../core/json.js";
import type { Diagnostic } from "../core/diagnostic.js";
import type { Host } from "../exec/host.js";
import type { LoadedPipeline } from "../graph/load.js";
import { selectNodes } from "../graph/select.js";
import type { Graph, GraphNode } from "../graph/types.js";
import { code } from "../spec/wording.js";
import { createHost, openStore, pipelineOf, type Session } from "./session.js";

/** Options of every verb that reads a pipeline. */
export interface LoadOptions {
  readonly set?: string[];
  /** Of a call from code: params with values. */
  readonly values?: JsonObject;
  readonly params?: string[];
  readonly backend?: string;
}

/** A pipeline, read and expanded, with the part of it that was asked for. */
export interface Target {
  readonly host: Host;
  readonly graph: Graph;
  /** What `reproduce` holds the run against. */
  readonly expect: readonly Expectation[];
  /** Selected steps and their ancestors, inputs first. */
  readonly nodes: readonly GraphNode[];
  readonly warnings: readonly Diagnostic[];
  /** Warns, on stderr, of what only the machine shows. */
  readonly advise: LoadedPipeline["advise"];
  /** Throws for what is wrong with the pipeline on this machine. */
  readonly refuse: LoadedPipeline["refuse"];
}

/** Reads `[pipeline.yaml] [step] ...`. Throws a `UsageError` with every mistake. Tells warnings on stderr. */
export async function loadTarget(
  session: Session,
  args: readonly string[],
  options: LoadOptions,
): Promise<Target> {
  const { pipeline, steps } = pipelineOf(session, args);
  const store = openStore(session, pipeline);
  const { loadPipeline } = await import("../graph/load.js");
  const loaded = await loadPipeline({
    file: pipeline,
    cwd: session.cwd,
    paramsFiles: options.params ?? [],
    values: options.values ?? {},
    sets: options.set ?? [],
    kinds: session.tools.kinds,
    env: session.env,
    cache: store.cache.memo("documents"),
  });
  const warnings = session.quiet ? [] : await loaded.warnings();
  if (warnings.length > 0) await tellWarnings(session, warnings, loaded.texts);
  const { graph } = loaded;
  await refuseStoreAsInput(store.root, loaded);
  const host = createHost(session, store, loaded.kinds, options.backend ?? "auto");
  return {
    host,
    graph,
    expect: loaded.spec.expect,
    nodes: selectNodes(graph, steps),
    warnings,
    advise: async mistakes => {
      const found = session.quiet ? [] : await loaded.advise(mistakes);
      await tellWarnings(session, found, loaded.texts);
      return found;
    },
    refuse: loaded.refuse,
  };
}

/** What vistas itself writes while a step runs cannot be an input of it. */
async function refuseStoreAsInput(root: string, { graph, refuse }: LoadedPipeline): Promise<void> {
  const seen = new Map<string, boolean>();
  const holds = (path: string): boolean => {
    const known = seen.get(path) ?? root.startsWith(path.endsWith("/") ? path : `${path}/`);
    seen.set(path, known);
    return known;
  };
  const mistakes = graph.nodes.flatMap(({ step, inputs }) =>
    inputs.flatMap(({ role, source }) => {
      if (source.type !== "file" || !(root === source.absolute || holds(source.absolute))) return [];
      const message = `the input ${code(role)} holds the store, ${code(root)}, which changes while steps run`;
      const hint =
        "name the files and folders in it that the step reads, or keep the store elsewhere: --root DIR";
      return [{ code: "input-holds-store", message, hint, path: ["steps", step, "inputs", role] } as const];
    }),
  );
  if (mistakes.length > 0) await refuse(mistakes);
}

async function tellWarnings(
  session: Session,
  warnings: readonly Diagnostic[],
  texts: ReadonlyMap<string, string>,
): Promise<void> {
  const { formatDiagnostic } = await import("../spec/frame.js");
  for (const warning of warnings) {
    session.stderr.write(
      `${formatDiagnostic(warning, texts.get(warning.file), { color: session.color })}\n\n`,
    );
  }
}
