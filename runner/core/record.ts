import type { Json, JsonObject } from "./json.js";
import type { Labels } from "./labels.js";

/** A file, a file that may be executed, or a folder. */
export type ArtifactType = "file" | "executable" | "tree";

/** Content identity of an artifact: of a file, the SHA-256 of its bytes; of a folder, that of its manifest. */
export interface ArtifactRef {
  readonly type: ArtifactType;
  /** 64 lower-case hex digits. */
  readonly digest: string;
  /** Total size in bytes. */
  readonly bytes: number;
  /** Of a temporary output: `KEY/NAME`, under which its bytes lie as long as they are needed. */
  readonly temporary?: string;
}

/** Points of a curve: [at, value], in the order recorded. */
export type Curve = readonly (readonly [at: number, value: number])[];

/** What was hashed to make a key, kept in readable form so that `why` can name the difference. */
export interface Fingerprint {
  readonly kind: string;
  /** Digest of the kind's code by module, `""` for commands; module names are relative to the package. */
  readonly code: Readonly<Record<string, string>>;
  /** Resolved options, or `{ command, outputs }` for `run:` steps. */
  readonly with: JsonObject;
  readonly inputs: readonly FingerprintInput[];
  /** Declared environment; null: not set. */
  readonly env: Readonly<Record<string, string | null>>;
  /** Of a step with `repeats`: its place on its axes. Absent elsewhere. */
  readonly repeat?: string;
  /** Names of secret variables; their values are written nowhere. Absent where there are none. */
  readonly secrets?: readonly string[];
  /** The programs that a command starts, as far as they can be known. Absent for steps of a kind. */
  readonly programs?: readonly ProgramPrint[];
  /** The engine's numeric class, `""` for kinds that are not numeric. */
  readonly numeric: string;
}

/** A program outside the step's inputs. Where it lies does not count. */
export interface ProgramPrint {
  /** `python3`, `sort` */
  readonly name: string;
  /** Of its content; `absent` where there is no such program. */
  readonly digest: string;
  /** Of an interpreter: `python 3.11.7`. */
  readonly version?: string;
  /** What an interpreter finds installed, sorted: `numpy 1.26.4, scipy 1.11.1`; see runner/exec/programs. */
  readonly packages?: string;
  /** The environment that it belongs to, as the pipeline calls it: `./.venv`. For people, never part of a key. */
  readonly in?: string;
}

export interface FingerprintInput {
  readonly role: string;
  /** Place on the gathered axes; `""` for an input that is not gathered. */
  readonly label: string;
  /** A file or folder of the user, or an artifact of another step. */
  readonly source: "file" | "artifact";
  /** The label of an earlier gathered input that is the very same result, not a repetition of it; absent elsewhere. */
  readonly sameAs?: string;
  /** The name under which the step sees it: of a staged file its relative path; `""` where it sees none. */
  readonly path: string;
  readonly type: ArtifactType;
  readonly digest: string;
  /**
   * Of a folder of the user's that holds few files: the start of each one's digest, by path, so that `why` can name those
   * that changed. No part of the key, which has the digest of them all.
   */
  readonly files?: Readonly<Record<string, string>>;
}

/** What a key produced. Written once, when every output is safely in the store. */
export interface StepRecord {
  readonly format: 1;
  readonly key: string;
  /** The step instance that first made it. */
  readonly id: string;
  readonly fingerprint: Fingerprint;
  readonly outputs: Readonly<Record<string, ArtifactRef>>;
  /** The file or folder name that each output was written under: what a copy of it is called. */
  readonly outputNames: Readonly<Record<string, string>>;
  /** NaN and the infinities are values too; `jsonText` writes them. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly curves: Readonly<Record<string, Curve>>;
  /** Why the output `metrics`, which was kept, gave no metrics. Absent where it gave some, or there is none. */
  readonly metricsFault?: string;
  readonly seconds: number;
  /** ISO 8601, UTC. */
  readonly finished: string;
  readonly environment: JsonObject;
  /** The id of its result, see `resultId`; absent in records from before results had ids. */
  readonly result?: string;
}

export type Outcome = "ran" | "cached" | "failed" | "skipped" | "cancelled";

/** One step instance of one run. */
export interface RunStep {
  readonly id: string;
  readonly step: string;
  readonly labels: Labels;
  /** Kind name, or `run`. */
  readonly kind: string;
  readonly outcome: Outcome;
  readonly key: string | null;
  /** Which of the results of its key it had: they differ where a step is not deterministic. */
  readonly result?: string;
  readonly seconds: number;
  /** Why it ran, was reused or was left out. */
  readonly reason: string;
  /** It was left out by a `when:`, its own or that of what it takes from; absent where it was not. */
  readonly byCondition?: true;
  /** Role -> ids of the instances whose artifacts it took, or the path of a user's file. */
  readonly inputs: Readonly<Record<string, readonly string[]>>;
  readonly error?: string;
  /** The folder that its failed attempt left, unless that is gone by now, and the command that ran there. */
  readonly work?: string;
  readonly command?: string;
}

export interface RunRecord {
  readonly format: 1;
  /** Sortable by time: `20261123-061019-0c53f9a`. */
  readonly id: string;
  /** What the user calls it, if anything: such a run is kept until it is called so no more. */
  readonly name?: string;
  readonly pipeline: string;
  /** The project whose pipeline it is, as `projectIdentity` gives it: stores may be shared by several. */
  readonly project: string;
  /** The pipeline file, relative to the project. */
  readonly file: string;
  /** What the pipeline had and the run did not select; absent where it selected everything. */
  readonly leftOut?: LeftOut;
  /** ISO 8601, UTC. */
  readonly started: string;
  readonly finished: string;
  readonly seconds: number;
  readonly outcome: "done" | "failed" | "interrupted";
  /** Of the project, when the run began; absent where it is in no repository, or git could not say. */
  readonly revision?: Revision;
  readonly params: JsonObject;
  readonly environment: JsonObject;
  readonly steps: readonly RunStep[];
  readonly counts: Readonly<Record<Outcome, number>>;
}

/** Where a project stood in its history. */
export interface Revision {
  /** 40 hex digits, or 64 in a repository by SHA-256. */
  readonly commit: string;
  /** Tracked files differed from it. */
  readonly dirty: boolean;
}

/** The part of a pipeline that a run did not select. */
export interface LeftOut {
  /** Steps of which it selected no instance. */
  readonly steps: readonly string[];
  /** Instances of steps of which it selected others; `index`: which of its step's instances it is, from 0. */
  readonly instances: readonly (Pick<RunStep, "id" | "step" | "labels"> & { readonly index: number })[];
}

/** What `show`, `report` and `diff` look at: a run's step beside what its key produced. */
export interface StepResult {
  readonly step: RunStep;
  /** Null for a step that has no result (failed, skipped, cancelled). */
  readonly record: StepRecord | null;
  /** Where each output's bytes are now; a folder for a tree. Missing ones are left out. */
  readonly paths: Readonly<Record<string, string>>;
  /** One line where the same key has come to other results as well: the step is not deterministic. */
  readonly variation?: string;
}

export type { Json };
