import { join } from "node:path";
import { fingerprintKey } from "../../cache/fingerprint.js";
import { frame, sha256 } from "../../cache/hash.js";
import type { Mask } from "../../core/secrets/mask.js";
import type { ArtifactRef, Fingerprint } from "../../core/record.js";
import type { GraphNode } from "../../pipeline/graph/graph.js";
import type { KeyLock } from "../../store/locks/key-locks.js";
import type { Host } from "../host.js";
import type { JobHooks } from "../process/job.js";
import { settle } from "./outputs.js";
import { refuseSecrets } from "./secrets.js";
import { copied, isTrusted } from "./staging.js";

/** A run's side of sharing parts with others, and with its own steps that run at the same time. */
export interface PartSharing {
  /** The right to make a part, or when to look for it again. */
  takePart(key: string): KeyLock | Promise<void>;
}

export interface PartsInput {
  readonly host: Host;
  readonly node: GraphNode;
  readonly print: Fingerprint;
  /** The attempt's own, for copies. */
  readonly folder: string;
  readonly hooks: Pick<JobHooks, "progress" | "log">;
  readonly sharing: PartSharing;
  readonly mask: Mask;
}

type PartHooks = Pick<JobHooks, "findPart" | "claimPart" | "keepPart">;

/**
 * What one job may do with parts. They belong to the kind, its code, engine and inputs; what else they depend on is in
 * the key that the kind gives. Of the jobs that claim a part at the same time, in any process, one makes it and the
 * others wait.
 *
 * Why no two jobs can wait for each other: one that has claimed a part waits for none, but makes whatever it asks for
 * itself. So every claim ends, when its part is kept or its job is over.
 */
export class Parts implements PartHooks {
  readonly #owner: Fingerprint;
  readonly #ownerKey: string;
  readonly #claims = new Map<string, KeyLock>();
  #over = false;

  constructor(private readonly input: PartsInput) {
    this.#owner = { ...input.print, with: {} };
    this.#ownerKey = fingerprintKey(this.#owner);
  }

  readonly findPart: JobHooks["findPart"] = name => this.#find(name, this.#keyOf(name));

  readonly claimPart: JobHooks["claimPart"] = async (name, wait) => {
    const key = this.#keyOf(name);
    for (;;) {
      const path = await this.#find(name, key);
      if (path !== undefined) return { state: "there", path };
      if (this.#over || this.#claims.size > 0) return { state: "yours" };
      const got = this.input.sharing.takePart(key);
      if (got instanceof Promise) {
        if (!wait) return { state: "busy" };
        this.input.hooks.progress(0, 0, "waits for a part that another step is making");
        await got;
        this.input.host.store.parts.forget(key);
        continue;
      }
      this.#claims.set(key, got);
      // It may have been made and let go between the look and the claim.
      this.input.host.store.parts.forget(key);
      const made = await this.#find(name, key);
      if (made === undefined) return { state: "yours" };
      this.#release(key);
      return { state: "there", path: made };
    }
  };

  readonly keepPart: JobHooks["keepPart"] = async (name, path) => {
    const { host, node, mask } = this.input;
    const key = this.#keyOf(name);
    try {
      await settle("the part", path, path);
      if (node.secrets !== undefined) await refuseSecrets("a part of the step", path, mask);
      const ref = await host.store.objects.take(path);
      const finished = host.clock.now().toISOString();
      host.store.parts.put({
        ...{ format: 1, key, id: mask.text(name), fingerprint: this.#owner },
        ...{ outputs: { part: ref }, outputNames: { part: "part" } },
        ...{ metrics: {}, curves: {}, seconds: 0, finished, environment: {} },
      });
      return await this.#shown(key, ref);
    } finally {
      this.#release(key);
    }
  };

  /** The job is over: what it claimed and did not make is for others to make. */
  end(): void {
    this.#over = true;
    for (const key of [...this.#claims.keys()]) this.#release(key);
  }

  #keyOf(name: string): string {
    return sha256(frame("vistas.part.1", [this.#ownerKey, name]));
  }

  async #find(name: string, key: string): Promise<string | undefined> {
    const { host, hooks } = this.input;
    const { parts: records, objects } = host.store;
    const ref = records.get(key)?.outputs["part"];
    const why = records.unusable(key);
    if (why !== undefined) hooks.log(`the record of the part ${name} ${why}: it is made again`);
    if (ref === undefined) return undefined;
    const health = await objects.heal(ref);
    if (health === "whole") return this.#shown(key, ref);
    hooks.log(`the part ${name} is ${health} in the store: it is made again`);
    records.drop(key);
    return undefined;
  }

  async #shown(key: string, ref: ArtifactRef): Promise<string> {
    const { host, node, folder } = this.input;
    const path = host.store.objects.path(ref);
    return (await isTrusted(host, node)) ? path : await copied(path, join(folder, "kept", sha256(key)));
  }

  #release(key: string): void {
    try {
      this.#claims.get(key)?.release();
    } catch {
      // The disk fails: whoever waits for it takes over when this run has left.
    }
    this.#claims.delete(key);
  }
}
