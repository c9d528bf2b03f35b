import { basename } from "node:path";
import { codeDigests, type CodeHost } from "../../cache/code.js";
import { fingerprintKey } from "../../cache/fingerprint.js";
import { InternalError } from "../../core/diagnostic.js";
import { exactLabelText } from "../../core/labels.js";
import type { JsonObject } from "../../core/json.js";
import { plainOf } from "../../core/spelled.js";
import type { Fingerprint, FingerprintInput } from "../../core/record.js";
import { configText } from "../../pipeline/graph/step/config-files.js";
import type { FileSource } from "../../pipeline/files/file-source.js";
import { ignoredBelow } from "../../pipeline/files/ignored.js";
import type {
  ArtifactSource,
  CommandWork,
  ConfigFile,
  Graph,
  GraphNode,
} from "../../pipeline/graph/graph.js";
import { codeHost, type Host } from "../host.js";
import { Programs } from "../programs/index.js";
import type { TreeEntry } from "../../store/objects/manifest.js";
import { isStaged, type ResultOf } from "./node-inputs.js";
import { sameResults } from "./same-results.js";

/** Makes the fingerprints, and so the keys, of step instances whose inputs are known. */
export class Keyer {
  readonly #codeHost: CodeHost;
  /** By module: with nothing to do it is asked after once a run. A step that runs asks again. */
  readonly #code = new Map<string, Promise<Record<string, string>>>();
  readonly #programs: Programs;
  constructor(
    private readonly host: Host,
    private graph: Graph,
  ) {
    this.#programs = new Programs(host, graph);
    this.#codeHost = codeHost(host.store);
  }

  /** Another graph of the same pipeline, in which more instances are known. */
  grow(graph: Graph): void {
    this.graph = graph;
  }

  /** The fingerprint as of this moment, whatever was found before. Throws as `fingerprint` does. */
  fingerprintNow(node: GraphNode, resultOf: ResultOf): Promise<{ print: Fingerprint; key: string }> {
    this.#code.clear();
    this.#programs.forget();
    return this.fingerprint(node, resultOf);
  }

  /** Throws `UnreadableInput` for a file that cannot be read, `UnknowableCode` for a kind whose code cannot be told. */
  async fingerprint(node: GraphNode, resultOf: ResultOf): Promise<{ print: Fingerprint; key: string }> {
    const inputs: FingerprintInput[] = [];
    for (const input of node.inputs) {
      if (input.source.type === "file") inputs.push(await this.#file(input.role, input.source, node));
      else if (input.source.type === "artifact")
        inputs.push(await this.#artifact(input.role, input.source, node, resultOf, ""));
      else {
        const same = sameResults(input.source, node, resultOf);
        for (const [i, entry] of input.source.entries.entries()) {
          const label = exactLabelText(entry.place);
          const artifact = await this.#artifact(input.role, entry, node, resultOf, label);
          const earlier = same[i];
          inputs.push(earlier === undefined ? artifact : { ...artifact, sameAs: exactLabelText(earlier) });
        }
      }
    }
    const env = Object.fromEntries(node.env.map(({ name, value }) => [name, value ?? null]));
    const secrets = node.secrets === undefined ? {} : { secrets: node.secrets };
    const repeat = node.repeats === true ? { repeat: exactLabelText(node.labels) } : {};
    const programs =
      node.work.type === "command" ? { programs: await this.#programs.of(node, resultOf) } : {};
    const print = { ...(await this.#identity(node)), inputs, env, ...repeat, ...secrets, ...programs };
    return { print, key: fingerprintKey(print) };
  }

  async #identity(node: GraphNode): Promise<Pick<Fingerprint, "kind" | "code" | "with" | "numeric">> {
    const { work } = node;
    if (work.type === "command")
      return {
        kind: "run",
        code: {},
        with: { ...commandIdentity(work), ...confinement(node) },
        numeric: "",
      };
    const kind = await this.host.kinds.get(work.kind);
    if (kind === undefined) throw new InternalError(`no kind ${work.kind}`);
    let code = this.#code.get(kind.module);
    if (code === undefined) this.#code.set(kind.module, (code = codeDigests(kind.module, this.#codeHost)));
    const numeric = kind.numeric ? (await this.host.engine()).numericClass : "";
    return { kind: work.kind, code: await code, with: work.with, numeric };
  }

  async #file(role: string, source: FileSource, node: GraphNode): Promise<FingerprintInput> {
    const { type, digest, entries } = await this.host.store.digester.content(
      source.absolute,
      ignoredBelow(this.graph.ignored, source),
    );
    // A program sees a staged file under its relative path; of any other file it sees the name alone.
    return {
      role,
      label: "",
      source: "file",
      path: isStaged(source, node) ? source.path : basename(source.absolute),
      type,
      digest,
      ...(entries !== undefined && entries.length <= MOST_NAMED ? { files: namedFiles(entries) } : {}),
    };
  }

  async #artifact(
    role: string,
    from: ArtifactSource,
    user: GraphNode,
    resultOf: ResultOf,
    label: string,
  ): Promise<FingerprintInput> {
    const ref = resultOf(from.node)?.outputs[from.output];
    if (ref === undefined) throw new InternalError(`${from.node}.${from.output} is not known yet`);
    // A program sees the artifact's file name (and may go by its ending), a kind only that of a gathered one.
    const path =
      user.work.type === "command" || label !== "" ? await outputName(this.host, this.graph, from) : "";
    return { role, label, source: "artifact", path, type: ref.type, digest: ref.digest };
  }
}

/** Files of a folder that are named in a record: some 100 bytes each. */
const MOST_NAMED = 1000;

function namedFiles(entries: readonly TreeEntry[]): Record<string, string> {
  return Object.fromEntries(
    entries.map(entry => [
      entry.path,
      entry.type === "folder" ? "folder" : `${entry.type} ${entry.digest.slice(0, 12)}`,
    ]),
  );
}

/** The file or folder name that a step gave to an output of its own. */
export async function outputName(
  host: Host,
  graph: Graph,
  { node, output }: ArtifactSource,
): Promise<string> {
  const work = graph.byId.get(node)?.work;
  const path =
    work?.type === "command"
      ? work.outputs[output]
      : work && (await host.kinds.get(work.kind))?.outputs[output]?.path;
  if (path === undefined) throw new InternalError(`${node} has no output ${output}`);
  return basename(path);
}

/** The command with its holes left open: where inputs and outputs lie must not change the key. */
function commandIdentity({ form, words, outputs, files }: CommandWork): JsonObject {
  const command = { form, command: words.map(word => word.map(part => ({ ...part }))), outputs };
  return files === undefined
    ? command
    : {
        ...command,
        files: Object.fromEntries(Object.entries(files).map(([name, file]) => [name, fileIdentity(file)])),
      };
}

/** What a program cannot see may change its result as well as what it can. */
function confinement({ sandbox, network }: GraphNode): JsonObject {
  return { ...(sandbox === undefined ? {} : { sandbox }), ...(network === undefined ? {} : { network }) };
}

/** The bytes count; the value is there to name what changed in them. */
function fileIdentity(file: ConfigFile): JsonObject {
  return { value: plainOf(file.value), text: configText(file) };
}
