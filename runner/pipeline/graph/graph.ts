import type { JsonObject, JsonPath } from "../../core/json.js";
import type { Labels, Place } from "../../core/labels.js";
import type { Written } from "../../core/spelled.js";
import type { FileSource, Ignored } from "../files/file-source.js";

/** A pipeline, expanded: one node a step instance, in an order in which every input comes before its user. */
export interface Graph {
  /** The pipeline's `name:`, or its file name without the ending. */
  readonly name: string;
  /** The pipeline file, absolute. */
  readonly file: string;
  /** Folder that `./` inputs and plugins are relative to, absolute. */
  readonly project: string;
  readonly nodes: readonly GraphNode[];
  readonly byId: ReadonlyMap<string, GraphNode>;
  /** Instances that a `when:` leaves out, and those that would take from them. */
  readonly skipped: readonly SkippedNode[];
  /** What does not count in input folders; names are relative to the project, or to a folder outside it. */
  readonly ignored: Ignored;
  /** The resolved params, for records and reports. */
  readonly params: JsonObject;
}

/** One step instance: everything about it that does not depend on the bytes of its inputs. */
export interface GraphNode {
  /** `encoder[seed=0]` */
  readonly id: string;
  /** `encoder` */
  readonly step: string;
  /** As they are spelled in the pipeline. */
  readonly labels: Labels;
  readonly work: KindWork | CommandWork;
  /** In code-unit order of the role. */
  readonly inputs: readonly NodeInput[];
  /** In code-unit order of the name. */
  readonly env: readonly EnvEntry[];
  /** Names of variables whose values are read when the step runs and told nowhere; absent where there are none. */
  readonly secrets?: readonly string[];
  /** Names of variables that reach the step and not its key; absent where there are none. */
  readonly pass?: readonly string[];
  /** Its program sees what the step declares and nothing else. */
  readonly sandbox?: true;
  /** Whether its program may reach the network; undefined: nothing said. */
  readonly network?: boolean;
  /** Where its program finds what it runs on; absent: on the PATH of the call. */
  readonly environment?: Environment;
  readonly resources: Resources;
  readonly timeoutMs?: number;
  /** Further attempts after a failure. */
  readonly retries: number;
  /** The labels are part of the key: each is a draw of its own from a random program. */
  readonly repeats?: true;
  /** The step refuses an engine that does not give the same bits every time. */
  readonly deterministic?: true;
  /** Outputs that go once all that take from the node are done; absent where there are none. Never part of its identity. */
  readonly temporary?: readonly string[];
  /** Where the step stands in the pipeline. */
  readonly at: JsonPath;
  /** What `./` is for a step of a block; else it is the project of the graph. */
  readonly project?: string;
  /** Outputs whose lists its axes have: they say whether it is there. Absent where there are none. */
  readonly lists?: readonly (ArtifactSource & { readonly axis: string })[];
  /** It stands for instances that are known only when other steps have run. */
  readonly open?: Open;
}

/** Why a node is not an instance yet, or stands for none. */
export interface Open {
  /** In words. */
  readonly text: string;
  /** Axes whose label is open. */
  readonly axes: readonly string[];
}

/** An instance that is left out. */
export interface SkippedNode extends Pick<GraphNode, "id" | "step" | "labels" | "at"> {
  /** Kind name, or `run`. */
  readonly kind: string;
  /** Role -> ids of the instances that it would take from. */
  readonly inputs: Readonly<Record<string, readonly string[]>>;
  readonly reason: string;
  /** Of a step that has no instances at all: its axes. */
  readonly open?: Pick<Open, "axes">;
}

/** A step of a kind (`uses:`). */
export interface KindWork {
  readonly type: "kind";
  readonly kind: string;
  /** Resolved, validated, defaults filled in. */
  readonly with: JsonObject;
}

/** A program of the user's (`run:`). */
export interface CommandWork {
  readonly type: "command";
  /** `argv`: one template a word. `shell`: one template, the script; its values are already quoted. */
  readonly form: "argv" | "shell";
  readonly words: readonly Template[];
  /** Output name -> file or folder name, relative to the step's output folder. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Files that are written into the step's folder before it starts, by relative path; absent where there are none. */
  readonly files?: Readonly<Record<string, ConfigFile>>;
}

/** In its texts, `pathMark` stands for the path of an input or output. */
export interface ConfigFile {
  readonly format: "yaml" | "json" | "toml" | "text";
  /** A text where `format` is "text", a mapping where it is "toml". */
  readonly value: Written;
}

/**
 * Text with holes. Params, matrix values and environment values are already in the text; paths stay symbolic,
 * because where things lie must not change a result's identity.
 */
export type Template = readonly TemplatePart[];
export type TemplatePart =
  | { readonly text: string }
  /** The absolute path of an input; `quote` says how a shell script must wrap it. */
  | { readonly input: string; readonly quote?: ShellQuote }
  | { readonly output: string; readonly quote?: ShellQuote };
/** The quoting that surrounds a hole in a shell script: none, "double" or 'single'. */
export type ShellQuote = "none" | "double" | "single";

export interface NodeInput {
  readonly role: string;
  readonly source: FileSource | ArtifactSource | GatheredSource;
}

export interface ArtifactSource {
  readonly type: "artifact";
  readonly node: string;
  readonly output: string;
}

/** Every instance along the gathered axes, in axis order. */
export interface GatheredSource {
  readonly type: "gathered";
  readonly entries: readonly (ArtifactSource & { readonly place: Place })[];
  /** Ids of instances along the axes that are left out; none of them: absent. */
  readonly absent?: readonly string[];
}

/** `environment:` of a `run` step. One object an environment, shared by all its steps. */
export type Environment = {
  /** Where it stands in the pipeline. */
  readonly at: JsonPath;
  /** As it is written. */
  readonly name: string;
} & (
  | { readonly type: "venv" | "conda"; readonly folder: string }
  | {
      readonly type: "uv";
      /** `uv.lock`, absolute. */
      readonly lock: string;
      readonly groups: readonly string[];
      readonly extras: readonly string[];
    }
  | { readonly type: "npm"; readonly lock: string; readonly dev: boolean }
  | { readonly type: "container"; readonly digest: string }
);

/** An environment variable; `value` undefined: not set. Its name and value are part of the key. */
export interface EnvEntry {
  readonly name: string;
  readonly value: string | undefined;
}

export interface Resources {
  /** Cores. */
  readonly cpus: number;
  readonly gpus: number;
  /** Bytes; 0: not stated. */
  readonly memory: number;
}
