import { join } from "node:path";
import { isObject, type Json } from "../../core/json.js";
import type { DeterminismLabel } from "../../lock/lock.js";
import type { Disk } from "../disk.js";
import { paths } from "../paths.js";
import { readEnvelope, writeEnvelope } from "./envelope.js";

/** What running a step twice came to, remembered by its key. */
export interface Audit {
  readonly format: 1;
  readonly key: string;
  readonly label: DeterminismLabel;
  /** What the label goes by. */
  readonly detail: string;
  /** ISO 8601, UTC. */
  readonly finished: string;
}

/** Whether a document is the audit of a key. */
export function isAudit(body: Json | undefined, key: string): boolean {
  return (
    isObject(body) &&
    body["format"] === 1 &&
    body["key"] === key &&
    LABELS.some(label => label === body["label"]) &&
    typeof body["detail"] === "string" &&
    typeof body["finished"] === "string"
  );
}

const LABELS: readonly DeterminismLabel[] = ["exact", "within tolerance", "stochastic"];

/** Determinism audits: `audits/<2>/<key>.json`. Losing them costs no result. */
export class Audits {
  constructor(
    private readonly root: string,
    private readonly disk: Disk,
  ) {}

  get(key: string): Audit | undefined {
    const body = readEnvelope(this.disk, this.#file(key));
    return isAudit(body, key) ? (body as unknown as Audit) : undefined;
  }

  put(audit: Audit): void {
    writeEnvelope(this.disk, this.#file(audit.key), audit);
  }

  #file(key: string): string {
    return join(this.root, paths.document("audits", key));
  }
}
