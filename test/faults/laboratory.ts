import { cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../runner/core/clock.js";
import type { RunRecord } from "../../runner/core/record.js";
import type { Host } from "../../runner/exec/host.js";
import type { Executor } from "../../runner/exec/process/job.js";
import { run } from "../../runner/exec/run.js";
import { loadPipeline, type Pipeline } from "../../runner/index.js";
import { systemDisk, type Disk } from "../../runner/store/disk.js";
import { Store } from "../../runner/store/store.js";
import { UserCache } from "../../runner/store/memory/user-cache.js";
import { allText, scripted } from "./programs.js";

export const PIPELINE = `
params: { word: one }
steps:
  first: { run: [text, "\${{ outputs.o }}", "\${{ params.word }}"], outputs: { o: o.txt } }
  tree: { run: [folder, "\${{ inputs.f }}", "\${{ outputs.t }}"], inputs: { f: first }, outputs: { t: t } }
  part: { run: [part, "\${{ outputs.o }}"], outputs: { o: o } }
  last:
    run: [join, "\${{ outputs.o }}", "\${{ inputs.t }}", "\${{ inputs.p }}", "\${{ inputs.d }}"]
    inputs: { t: tree, p: part, d: ./data.txt }
    outputs: { o: o }
`;

/** A small project, and stores in which it can be run with any disk. On a disk in memory where there is one. */
export class Laboratory {
  readonly #folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "vistas-faults-"));
  readonly root = join(this.#folder, "store");
  /** For what a power failure brings back, and what is copied out. */
  readonly aside = join(this.#folder, "aside");
  readonly out = join(this.#folder, "out");
  readonly #pipelines = new Map<string, Pipeline>();

  constructor() {
    const project = join(this.#folder, "project");
    mkdirSync(project);
    writeFileSync(join(project, "p.yaml"), PIPELINE);
    writeFileSync(join(project, "data.txt"), "data\n");
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Makes the store what it was when `save` was called under that name; without one, empty. */
  restore(name?: string): void {
    for (const folder of [this.root, this.aside, this.out]) rmSync(folder, { recursive: true, force: true });
    if (name === undefined) mkdirSync(this.root);
    else cpSync(join(this.#folder, `saved-${name}`), this.root, { recursive: true });
  }

  save(name: string): void {
    cpSync(this.root, join(this.#folder, `saved-${name}`), { recursive: true });
  }

  /** Returns in another millisecond: the run that comes has a later id than any before. */
  nextMillisecond(): void {
    const now = systemClock.now().getTime();
    while (systemClock.now().getTime() === now);
  }

  /**
   * Returns when the clock by which the disk stamps files and the one that records quote have both moved: what was
   * written is older than what will be.
   */
  tick(): void {
    const file = join(this.#folder, "tick");
    const stamp = (): bigint => {
      writeFileSync(file, "");
      return lstatSync(file, { bigint: true }).ctimeNs;
    };
    for (const first = stamp(); stamp() === first;);
    this.nextMillisecond();
  }

  store(disk: Disk = systemDisk): Store {
    return new Store(this.root, systemClock, disk, new UserCache(join(this.#folder, "cache"), disk));
  }

  /** Runs the pipeline, one step at a time. */
  async run(
    store: Store,
    options: { word?: string; forced?: boolean; executor?: Executor } = {},
  ): Promise<RunRecord> {
    const { opened: target } = await this.#pipeline(options.word ?? "one");
    const host: Host = { ...target.host, store, executor: options.executor ?? scripted() };
    return run(host, target.graph, target.nodes, {
      jobs: 1,
      forced: ({ id }) => options.forced === true && id === "first",
    });
  }

  async #pipeline(word: string): Promise<Pipeline> {
    const known = this.#pipelines.get(word);
    if (known !== undefined) return known;
    const project = join(this.#folder, "project");
    const root = join(this.#folder, "of-its-own");
    const loaded = await loadPipeline("p.yaml", { cwd: project, root, params: { word } });
    this.#pipelines.set(word, loaded);
    return loaded;
  }
}

/** Instead of the text of an artifact that the store does not have. */
export const MISSING = "(not there)";

/** What each step of a run came to: the text of its outputs as they are in the store now. */
export async function contents(store: Store, run: RunRecord): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const step of run.steps) {
    const record = step.key === null ? undefined : store.records.of(step.key, step.result);
    for (const [name, ref] of Object.entries(record?.outputs ?? {})) {
      const whole = (await store.objects.heal(ref)) === "whole";
      found[`${step.id}.${name}`] = whole ? allText(store.objects.path(ref)) : MISSING;
    }
  }
  return found;
}
