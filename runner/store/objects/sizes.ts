import { join } from "node:path";
import type { ArtifactRef } from "../../core/record.js";
import type { Disk } from "../disk.js";
import { blobName, paths } from "../paths.js";
import { manifestText, parseManifest } from "./manifest.js";
import { taken } from "../gc/survey.js";

export interface Size {
  /** What the files hold, each as often as it occurs. */
  readonly bytes: number;
  /** What they take up on the disk: equal files once, without holes, in whole blocks. 0 for what is no longer there. */
  readonly disk: number;
}

/** Sizes of artifacts. Asks the disk once for each object, however many artifacts share it; reads no artifact. */
export class Sizes {
  readonly #taken = new Map<string, number>();
  readonly #files = new Map<string, readonly string[]>();

  constructor(
    private readonly root: string,
    private readonly disk: Disk,
  ) {}

  /** Of several artifacts together. */
  of(refs: readonly ArtifactRef[]): Size {
    const objects = new Set(refs.flatMap(ref => this.#objects(ref)));
    let disk = 0;
    for (const name of objects) disk += this.#takes(name);
    return { bytes: refs.reduce((sum, ref) => sum + ref.bytes, 0), disk };
  }

  #takes(name: string): number {
    let size = this.#taken.get(name);
    if (size === undefined) {
      const stat = this.disk.lstat(this.#file(name));
      this.#taken.set(name, (size = stat === undefined ? 0 : taken(stat)));
    }
    return size;
  }

  #objects({ type, digest }: ArtifactRef): readonly string[] {
    if (type !== "tree") return [blobName(type, digest)];
    let names = this.#files.get(digest);
    if (names === undefined) this.#files.set(digest, (names = this.#inTree(blobName(type, digest))));
    return names;
  }

  #inTree(manifest: string): readonly string[] {
    try {
      const entries = parseManifest(manifestText(this.disk, this.#file(manifest)) ?? "");
      return [manifest, ...entries.flatMap(e => (e.type === "folder" ? [] : this.#objects(e)))];
    } catch {
      return []; // Missing or damaged: nothing that could be shown is there.
    }
  }

  #file(name: string): string {
    return join(this.root, paths.blob(name));
  }
}
