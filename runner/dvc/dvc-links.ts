import { posix } from "node:path";
import { valueAt } from "../pipeline/document/place.js";
import type { Problems } from "../pipeline/document/problems.js";
import { code } from "../pipeline/mistakes/wording.js";
import { interpolate, plainText, type Scope } from "./interpolation.js";
import type { Instance } from "./instances.js";
import type { Stage, Text } from "./stages.js";

/** An output of one instance of a stage. */
interface Product {
  readonly stage: Stage;
  readonly instance: Instance;
  /** Its position among the stage's outputs. */
  readonly out: number;
  readonly path: string;
}

/** What stands at a dependency's path: an output, or a part of one; or, in a folder, an output below it. */
export interface Target extends Product {
  /** Way from the output down to what is meant; empty for all of it. */
  readonly inside: string;
  /** Way from the dependency's path down to the output; empty for the path itself. */
  readonly under: string;
}

/**
 * Which stages give which what, by path. A stage stays one step with a `matrix` where each instance of a consumer takes
 * the same of it; else its instances are steps of their own.
 */
export class Links {
  readonly #products = new Map<string, Product>();
  /** Stages whose instances are written as steps of their own. */
  readonly #split = new Set<Stage>();
  readonly #targets = new Map<string, readonly Target[]>();

  constructor(
    readonly stages: readonly Stage[],
    readonly problems: Problems,
  ) {
    for (const stage of stages)
      for (const instance of stage.instances)
        for (const [out, text] of stage.outs.entries()) {
          const path = this.path(stage, text, instance.scope);
          const other = this.#products.get(path);
          if (other !== undefined)
            problems.add(
              "bad-output",
              `${code(other.stage.name)} writes ${code(path)} as well`,
              valueAt(...text.at),
            );
          this.#products.set(path, { stage, instance, out, path });
        }
    // A name of a tracked param that differs from instance to instance would be a key that does.
    for (const stage of stages)
      if (
        stage.axes.length > 0 &&
        stage.params.some(({ names = [] }) => names.some(name => name.includes("${")))
      )
        this.#split.add(stage);
    while (this.#splitMore());
  }

  isSplit(stage: Stage): boolean {
    return this.#split.has(stage);
  }

  /** A path of a stage, from the folder of dvc.yaml. */
  path(stage: Stage, text: Text, scope: Scope): string {
    return joined(this.#text(stage.wdir, scope), this.#text(text, scope));
  }

  /** The same with its `${}`. */
  written(stage: Stage, text: Text): string {
    return joined(stage.wdir.written, text.written);
  }

  /** `x/${item}.csv` of a dependency `data/x/${item}.csv` inside an output `data`. */
  insideAsWritten(consumer: Stage, dep: Text, { stage, out }: Target): string | undefined {
    const output = stage.outs[out];
    const outer = output && `${this.written(stage, output)}/`;
    const path = this.written(consumer, dep);
    return outer !== undefined && !outer.includes("${") && path.startsWith(outer)
      ? path.slice(outer.length)
      : undefined;
  }

  /** The outputs that a dependency is, or holds; none: it is a file or folder of the user's. */
  targets(stage: Stage, dep: Text, instance: Instance): readonly Target[] {
    const path = this.path(stage, dep, instance.scope);
    const known = this.#targets.get(path) ?? this.#look(path);
    this.#targets.set(path, known);
    return known;
  }

  #look(path: string): readonly Target[] {
    for (let above = path; above !== "." && above !== "/" && above !== ""; above = posix.dirname(above)) {
      const product = this.#products.get(above);
      if (product !== undefined) return [{ ...product, inside: posix.relative(above, path), under: "" }];
    }
    return [...this.#products.values()]
      .filter(product => product.path.startsWith(`${path}/`))
      .map(product => ({ ...product, inside: "", under: posix.relative(path, product.path) }));
  }

  #text(text: Text, scope: Scope): string {
    const unknown = (name: string): void =>
      this.problems.add("unknown-name", `${code(name)} has no value`, valueAt(...text.at));
    const plain = plainText(interpolate(text.written, scope, unknown));
    if (plain === undefined)
      this.problems.add("not-text", "a list or a mapping stands where a path is made", valueAt(...text.at));
    return plain ?? text.written;
  }

  #splitMore(): boolean {
    for (const consumer of this.stages) {
      const groups = this.isSplit(consumer)
        ? consumer.instances.map(instance => [instance])
        : [consumer.instances];
      for (const instances of groups) {
        const wrong = this.#unfit(consumer, instances);
        if (wrong === undefined) continue;
        this.#split.add(wrong);
        return true;
      }
    }
    return false;
  }

  /** A stage that must be split so that these instances of a consumer can be one step. */
  #unfit(consumer: Stage, instances: readonly Instance[]): Stage | undefined {
    const [first] = instances;
    if (first === undefined) return undefined;
    const axes = instances.length > 1 || !this.isSplit(consumer) ? Object.keys(first.labels) : [];
    const taken = new Map<
      string,
      { producer: Stage; gathered: readonly string[]; seen: Map<Instance, Set<string>> }
    >();
    for (const dep of consumer.deps) {
      const shapes = new Set<string>();
      for (const instance of instances) {
        const targets = this.targets(consumer, dep, instance);
        shapes.add(JSON.stringify(targets.map(target => this.#shape(consumer, dep, target, axes))));
        for (const target of targets) {
          if (this.isSplit(target.stage)) continue;
          const shared = Object.keys(target.instance.labels).filter(axis => axes.includes(axis));
          if (shared.some(axis => target.instance.labels[axis] !== instance.labels[axis]))
            return target.stage;
          const gathered = Object.keys(target.instance.labels).filter(axis => !axes.includes(axis));
          const key = `${target.stage.name}.${target.out}`;
          const group = taken.get(key) ?? {
            producer: target.stage,
            gathered,
            seen: new Map<Instance, Set<string>>(),
          };
          taken.set(key, group);
          const seen = group.seen.get(instance) ?? new Set();
          group.seen.set(instance, seen.add(target.instance.suffix));
        }
      }
      if (shapes.size > 1) {
        const producer = this.targets(consumer, dep, first)[0]?.stage;
        // Of a producer that is split already, each instance of the consumer takes another.
        return producer === undefined || this.isSplit(producer) || producer.axes.length === 0
          ? consumer
          : producer;
      }
    }
    for (const { producer, gathered, seen } of taken.values()) {
      // A step that gathers an axis gets all of it.
      const points = new Set(
        producer.instances.map(({ labels }) => JSON.stringify(gathered.map(axis => labels[axis]))),
      );
      if (gathered.length > 0 && [...seen.values()].some(set => set.size !== points.size)) return producer;
    }
    return undefined;
  }

  /** What must be alike in all instances of a step. */
  #shape(consumer: Stage, dep: Text, target: Target, axes: readonly string[]): readonly unknown[] {
    const { stage, instance, out, under } = target;
    const inside = this.insideAsWritten(consumer, dep, target) ?? target.inside;
    const labels = Object.entries(instance.labels).filter(
      ([axis]) => this.isSplit(stage) || !axes.includes(axis),
    );
    return [stage.name, out, labels, inside, under];
  }
}

export function joined(wdir: string, path: string): string {
  const whole = path.startsWith("/") ? path : posix.join(wdir, path);
  return posix.normalize(whole).replace(/(.)\/+$/, "$1");
}
