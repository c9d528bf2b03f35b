import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { InternalError } from "../../core/diagnostic.js";
import { plainLabels } from "../../core/labels.js";
import type { ArtifactRef } from "../../core/record.js";
import { configText } from "../../pipeline/graph/step/config-files.js";
import type { FileSource } from "../../pipeline/files/file-source.js";
import { ignoredBelow } from "../../pipeline/files/ignored.js";
import { filesBelow } from "../../pipeline/files/pattern.js";
import type { ArtifactSource, Graph, GraphNode, Template } from "../../pipeline/graph/graph.js";
import { quoteForShell } from "../../pipeline/shell/shell.js";
import type { Gathered } from "../../step-api.js";
import { copyReadOnly } from "./copy-inputs.js";
import type { Host } from "../host.js";
import type { CommandProgram, KindProgram } from "../process/job.js";
import { outputName } from "../keys/keyer.js";
import { isStaged, type ResultOf } from "../keys/node-inputs.js";
import { endingOf, labelFileName } from "./label-file-name.js";
import type { Lease } from "../leases.js";
import { sameResults } from "../keys/same-results.js";

/** A step's folder while it runs: `work/` (its cwd), `inputs/`, `outputs/`, `tmp/`, `parts/`. */
export interface Stage {
  readonly cwd: string;
  readonly tmp: string;
  readonly program: CommandProgram | KindProgram;
  /** The real path of the folder that outputs lie in, as it was before the step ran. */
  readonly home: string;
  /** Output name -> where the step is to write it. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Copies of the user's files that the program sees, to be compared with what the key says. */
  readonly copies: readonly { readonly role: string; readonly path: string }[];
}

/** Lays out everything that a step may see, and nothing else. Rejects with the signal's reason when that stops it. */
export async function stage(
  host: Host,
  graph: Graph,
  node: GraphNode,
  resultOf: ResultOf,
  folder: string,
  lease: Lease,
  signal: AbortSignal,
): Promise<Stage> {
  const cwd = join(folder, "work");
  const tmp = join(folder, "tmp");
  mkdirSync(cwd, { recursive: true });
  mkdirSync(tmp);
  const outputs = await outputPaths(host, node, join(folder, "outputs"));
  const home = realpathSync.native(join(folder, "outputs"));
  const trusted = await isTrusted(host, node);
  const seen: Seen = { inputs: {}, gathered: {}, copies: [] };
  for (const { role, source } of node.inputs) {
    if (source.type === "file") {
      const home = join(folder, "inputs", role);
      seen.inputs[role] = await stageFile(role, source, node, graph, { cwd, home, seen, signal });
    } else if (source.type === "artifact") {
      const path = artifactPath(host, source, resultOf);
      const place = join(folder, "inputs", role);
      if (node.work.type === "command")
        seen.inputs[role] = await copied(path, join(place, await outputName(host, graph, source)), signal);
      else seen.inputs[role] = trusted ? path : await copied(path, place, signal);
    } else {
      const home = join(folder, "inputs", role);
      const entries: Gathered[] = [];
      const same = sameResults(source, node, resultOf);
      for (const [i, entry] of source.entries.entries()) {
        const path = artifactPath(host, entry, resultOf);
        const place = join(home, labelFileName(entry.place) + endingOf(await outputName(host, graph, entry)));
        if (trusted) linked(path, place);
        else await copied(path, place, signal);
        const earlier = same[i];
        entries.push({
          labels: plainLabels(entry.place),
          path: trusted ? path : place,
          ...(earlier !== undefined && { sameAs: plainLabels(earlier) }),
        });
      }
      seen.inputs[role] = home;
      seen.gathered[role] = entries;
    }
  }
  writeFiles(node, cwd, { inputs: seen.inputs, outputs });
  return {
    cwd,
    tmp,
    home,
    outputs,
    copies: seen.copies,
    program: await program(host, node, seen, outputs, lease),
  };
}

/** The files of `files:`, in the program's own folder. */
function writeFiles({ work }: GraphNode, cwd: string, paths: Parameters<typeof configText>[1]): void {
  for (const [name, file] of Object.entries((work.type === "command" && work.files) || {})) {
    const path = join(cwd, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, configText(file, paths));
  }
}

interface Seen {
  readonly inputs: Record<string, string>;
  readonly gathered: Record<string, readonly Gathered[]>;
  readonly copies: { role: string; path: string }[];
}

async function program(
  host: Host,
  { work }: GraphNode,
  { inputs, gathered }: Seen,
  outputs: Readonly<Record<string, string>>,
  lease: Lease,
): Promise<CommandProgram | KindProgram> {
  if (work.type === "command") {
    const words = work.words.map(word => fill(word, inputs, outputs));
    // `-e`: a failing line fails the step, as people know it from CI.
    return { type: "command", argv: work.form === "argv" ? words : ["/bin/sh", "-e", "-c", words.join("")] };
  }
  const kind = await host.kinds.get(work.kind);
  if (kind === undefined) throw new InternalError(`no kind ${work.kind}`);
  const backend = kind.numeric ? (await host.engine()).backend : "";
  const device = { backend, cpus: Math.max(1, Math.floor(lease.cpus)), gpus: lease.gpus };
  return {
    type: "kind",
    module: kind.module,
    plugin: kind.plugin,
    kind: kind.kind,
    with: work.with,
    inputs,
    gathered,
    outputs,
    device,
  };
}

function fill(
  template: Template,
  inputs: Readonly<Record<string, string>>,
  outputs: Readonly<Record<string, string>>,
): string {
  return template
    .map(part => {
      if ("text" in part) return part.text;
      const path = "input" in part ? inputs[part.input] : outputs[part.output];
      if (path === undefined) throw new InternalError("a hole of a command names no input or output");
      return part.quote === undefined ? path : quoteForShell(path, part.quote);
    })
    .join("");
}

async function outputPaths(host: Host, { work }: GraphNode, home: string): Promise<Record<string, string>> {
  const declared =
    work.type === "command"
      ? Object.entries(work.outputs)
      : Object.entries((await host.kinds.get(work.kind))?.outputs ?? {}).map(
          ([name, { path }]) => [name, path] as const,
        );
  mkdirSync(home);
  return Object.fromEntries(
    declared.map(([name, path]) => {
      const absolute = join(home, path);
      mkdirSync(dirname(absolute), { recursive: true });
      return [name, absolute];
    }),
  );
}

/**
 * A copy lies at the file's own relative path, read-only: a program that looks beside its script finds only what was
 * declared. Files that match a pattern are shown without the others of their folder: where something else lies there as
 * well, in a folder of the role's own.
 */
async function stageFile(
  role: string,
  source: FileSource,
  node: GraphNode,
  { project, ignored }: Graph,
  { cwd, home, seen, signal }: Staging,
): Promise<string> {
  const rule = ignoredBelow(ignored, source);
  if (!isStaged(source, node)) {
    if (source.pattern === undefined) return source.absolute;
    for (const name of filesBelow(source.absolute, rule, Infinity))
      linked(join(source.absolute, name), join(home, name));
    return home;
  }
  const copy = (to: string): Promise<void> =>
    copyReadOnly(source.absolute, to, { inside: source.block?.project ?? project, ignored: rule, signal });
  const target = resolve(cwd, source.path);
  await copy(target);
  const own =
    source.pattern !== undefined && (source.path === "./" || overlaps(source, node)) ? home : target;
  if (own !== target) await copy(own);
  seen.copies.push({ role, path: own });
  return own;
}

interface Staging {
  readonly cwd: string;
  /** A folder of the role's own. */
  readonly home: string;
  readonly seen: Seen;
  readonly signal: AbortSignal;
}

/** Whether another input has files at or below the place of this one, or is a folder around it. */
function overlaps(source: FileSource, { inputs }: GraphNode): boolean {
  return inputs.some(({ source: other }) => {
    if (other.type !== "file" || other === source) return false;
    const [a, b] = [`${other.path}/`, `${source.path}/`];
    return a.startsWith(b) || b.startsWith(a) || other.path === "./";
  });
}

/**
 * Whether a step may be shown where its inputs lie in the store. Only kinds of vistas itself may, which read them and no
 * more. A program of the user's gets copies: no mode of a file keeps its owner, or root, from writing into it, and what
 * is written through a link is written into the store.
 */
export async function isTrusted(host: Host, { work }: GraphNode): Promise<boolean> {
  return work.type === "kind" && (await host.kinds.get(work.kind))?.plugin === false;
}

/** An artifact as the step's own: by reflink where the disk can, which takes no room. */
export async function copied(path: string, name: string, signal?: AbortSignal): Promise<string> {
  await copyReadOnly(path, name, signal === undefined ? {} : { signal });
  return name;
}

/** Shows an artifact under another name without copying it. */
function linked(path: string, name: string): void {
  mkdirSync(dirname(name), { recursive: true });
  symlinkSync(path, name);
}

function artifactPath(host: Host, { node, output }: ArtifactSource, resultOf: ResultOf): string {
  const ref: ArtifactRef | undefined = resultOf(node)?.outputs[output];
  if (ref === undefined) throw new InternalError(`${node}.${output} is not known yet`);
  return host.store.objects.path(ref);
}
