import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { composeTools } from "../../../runner/compose.js";
import { UsageError, type Diagnostic, type Range } from "../../../runner/core/diagnostic.js";
import { plan } from "../../../runner/exec/plan.js";
import { loadPipeline } from "../../../runner/pipeline/load-pipeline.js";
import { readLock } from "../../../runner/lock/read.js";
import { renderGraph } from "../../../runner/report/graph/draw-graph.js";
import { formatDiagnostics } from "../../../runner/pipeline/mistakes/code-frame.js";
import type { Kind, Kinds } from "../../../runner/pipeline/schema/kinds.js";
import { decodeText } from "../../../runner/pipeline/document/file-text.js";
import { Store } from "../../../runner/store/store.js";
import type { Case } from "./cases.js";
import { files } from "./corpus.js";

/** What became of a case, or what is wrong with what became of it. */
export type Verdict = "valid" | "refused" | { readonly fault: string };

/** Seconds of processor time within which every text must be judged. */
export const MOST_SECONDS = 2;

/**
 * Judges cases as `validate`, `plan`, `graph` and the reading of locks do, in this process: each is a graph that can
 * be planned and drawn, or mistakes with places that exist; never another exception, never long.
 */
export class Judge {
  private constructor(
    readonly kinds: readonly Kind[],
    private readonly folder: string,
  ) {}

  static async in(folder: string): Promise<Judge> {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    // What makes a kind's code is nothing to a text; taking it from one small file saves reading hundreds.
    const module = join(folder, "data.txt.js");
    writeFileSync(module, "export default 1;\n");
    const { kinds } = composeTools();
    const all = await Promise.all(kinds.names.map(name => kinds.get(name)));
    return new Judge(
      all.flatMap(kind => (kind === undefined ? [] : { ...kind, module })),
      folder,
    );
  }

  async judge(given: Case): Promise<Verdict> {
    const before = process.cpuUsage();
    const verdict = await this.#judge(given);
    const { user, system } = process.cpuUsage(before);
    const seconds = (user + system) / 1e6;
    return seconds <= MOST_SECONDS ? verdict : { fault: `it took ${seconds.toFixed(1)} s` };
  }

  async #judge(given: Case): Promise<Verdict> {
    const texts = new Map<string, string>();
    try {
      if (given.type === "lock") {
        texts.set("p.lock.json", given.text);
        readLock(given.text, "p.lock.json");
        return "valid";
      }
      if (given.type === "bytes") {
        texts.set("p.yaml", Buffer.from(given.bytes).toString());
        await this.#plan(decodeText(given.bytes, "p.yaml"), []);
        return "valid";
      }
      texts.set("p.yaml", given.text).set("params.yaml", given.params ?? "");
      await this.#plan(given.text, given.sets, given.params);
      return "valid";
    } catch (error) {
      if (!(error instanceof UsageError)) return { fault: faultOf(error) };
      const astray = error.diagnostics.filter(diagnostic => !hasPlace(diagnostic, texts));
      if (error.diagnostics.length === 0) return { fault: "it was refused without a diagnostic" };
      if (astray.length > 0) return { fault: `no place: ${JSON.stringify(astray[0])}` };
      formatDiagnostics(error.diagnostics, error.texts, { color: true });
      return "refused";
    }
  }

  async #plan(text: string, sets: readonly string[], params?: string): Promise<void> {
    const { folder } = this;
    if (params !== undefined) writeFileSync(join(folder, "params.yaml"), params);
    const kinds: Kinds = {
      names: this.kinds.map(({ kind }) => kind),
      get: name => Promise.resolve(this.kinds.find(({ kind }) => kind === name)),
    };
    const loaded = await loadPipeline({
      ...{ file: "p.yaml", cwd: folder, text, sets, kinds, env: { LANG: "C" } },
      paramsFiles: params === undefined ? [] : ["params.yaml"],
    });
    await loaded.warnings();
    const { graph } = loaded;
    // Beyond that, more of the same.
    const nodes = graph.nodes.slice(0, 500);
    if (nodes.length < graph.nodes.length) return;
    renderGraph(graph, "json", { instances: false });
    renderGraph(graph, "mermaid", { instances: true });
    const tools = composeTools();
    const engine = { backend: "cpu", numericClass: "fuzz", deterministic: true, why: "" };
    await plan(
      {
        ...{
          store: new Store(join(folder, "artifacts"), tools.clock),
          kinds: loaded.kinds,
          clock: tools.clock,
        },
        ...{ engine: () => Promise.resolve(engine), executor: tools.executor, capacity: tools.capacity() },
        ...{ env: { LANG: "C" }, version: "0" },
      },
      graph,
      nodes,
    );
  }
}

/** A mistake of a file stands somewhere in it; one of the call stands in no file. */
function hasPlace({ file, range, related = [] }: Diagnostic, texts: ReadonlyMap<string, string>): boolean {
  if (file === "") return true;
  const places = [{ file, range }, ...related.map(beside => ({ file: beside.file, range: beside.range }))];
  return places.every(place => place.range !== undefined && isInside(place.range, texts.get(place.file)));
}

function isInside({ start, end }: Range, text: string | undefined): boolean {
  const line = text?.split("\n")[start.line - 1];
  return (
    text !== undefined &&
    line !== undefined &&
    start.offset <= end.offset &&
    end.offset <= text.length &&
    start.column >= 1 &&
    start.column <= line.length + 1
  );
}

function faultOf(error: unknown): string {
  // A file that a plan cannot read (a folder without leave, a socket) is the user's to see, in one line.
  if (error instanceof Error && error.name === "UnreadableInput") return "";
  return error instanceof Error ? (error.stack ?? error.message).slice(0, 600) : String(error);
}
