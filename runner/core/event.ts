import type { Outcome } from "./record.js";

/**
 * What happens during a run, in order. Reporters (terminal tree, plain lines, NDJSON) are functions of this
 * stream and of nothing else. `time` is ISO 8601, UTC; `seconds` are wall-clock.
 */
export type RunEvent =
  | {
      readonly type: "run-start";
      readonly time: string;
      readonly run: string;
      readonly pipeline: string;
      readonly total: number;
    }
  /** A step made a list by which the run has other instances than before. */
  | {
      readonly type: "run-grow";
      readonly time: string;
      readonly total: number;
      /** By step. */
      readonly instances: Readonly<Record<string, number>>;
    }
  | {
      readonly type: "step-start";
      readonly time: string;
      readonly id: string;
      readonly kind: string;
      readonly reason: string;
      readonly attempt: number;
    }
  | {
      readonly type: "step-progress";
      readonly time: string;
      readonly id: string;
      readonly done: number;
      readonly total: number;
      readonly note: string;
      /** The step has not started: another run, which is named, is making the same. */
      readonly waitsFor?: { readonly run: string; readonly host: string; readonly pid: number };
    }
  | {
      /** What a step has appended to its file of metrics: the latest value of each that it gave. */
      readonly type: "metrics";
      readonly time: string;
      readonly id: string;
      readonly metrics: Readonly<Record<string, number>>;
      readonly step?: number;
    }
  | { readonly type: "step-log"; readonly time: string; readonly id: string; readonly line: string }
  | {
      readonly type: "step-retry";
      readonly time: string;
      readonly id: string;
      readonly attempt: number;
      readonly error: string;
    }
  | StepEnd
  | { readonly type: "notice"; readonly time: string; readonly message: string }
  | RunEnd;

export interface StepEnd {
  readonly type: "step-end";
  readonly time: string;
  readonly id: string;
  readonly kind: string;
  readonly outcome: Outcome;
  readonly key: string | null;
  readonly metrics: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly reason: string;
  /** A failed step's message, then the tail of its log. */
  readonly error?: string;
  /** The folder that a failed attempt left, and the command that ran there, to be pasted into a shell. */
  readonly work?: string;
  readonly command?: string;
  /** Path of the whole log of a step that ran. */
  readonly log?: string;
}

export interface RunEnd {
  readonly type: "run-end";
  readonly time: string;
  readonly run: string;
  readonly outcome: "done" | "failed" | "interrupted";
  readonly ran: number;
  readonly cached: number;
  readonly failed: number;
  readonly skipped: number;
  readonly cancelled: number;
  readonly seconds: number;
}

export type EventSink = (event: RunEvent) => void;
