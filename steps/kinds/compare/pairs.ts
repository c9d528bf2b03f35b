import type { Labels } from "../../../runner/step-api.js";

/** One probe's result, a number or what else was read of it, and its place on the gathered axes: `{ seed: 0 }`. */
export interface Probe<T = number> {
  readonly labels: Labels;
  readonly value: T;
  /** An earlier probe of the arm that is the very same result: no repetition of it. */
  readonly sameAs?: Labels;
}

export const armNames = ["generated", "real", "random", "raw"] as const;
export type ArmName = (typeof armNames)[number];
/** The probes of each role. */
export type Arms<T = number> = ByArm<readonly Probe<T>[]>;

/** One probe of the generated arm beside those of the other arms that belong to it. */
export type Block<T = number> = {
  readonly labels: Labels;
  /** Both arms' probes are the very same results as those of an earlier block: it counts no second time. */
  readonly again?: true;
} & ByArm<T>;

export type ByArm<T> = {
  readonly generated: T;
  readonly real: T;
  readonly random?: T;
  readonly raw?: T;
};

/**
 * Puts beside each generated probe the one of each other arm whose labels agree on every axis that both have: same
 * seed with same seed, and an arm without axes (raw pixels) with all. Throws when one has no partner, or several, or
 * when an arm has a probe that is nobody's partner: a comparison must not drop results silently.
 */
export function pairProbes<T>(arms: Arms<T>): Block<T>[] {
  const { generated, real, random, raw } = arms;
  if (generated.length === 0) throw new Error("there is no probe of generated views");
  const seen = new Set<string>();
  const blocks = generated.map((probe): Block<T> => {
    const { labels, value } = probe;
    const partner = partnerOf(labels, real, "real");
    const pair = `${text(probe.sameAs ?? labels)} ${text(partner.sameAs ?? partner.labels)}`;
    const again = seen.has(pair);
    seen.add(pair);
    return {
      labels,
      ...(again && { again }),
      generated: value,
      real: partner.value,
      ...(random === undefined ? {} : { random: partnerOf(labels, random, "random").value }),
      ...(raw === undefined ? {} : { raw: partnerOf(labels, raw, "raw").value }),
    };
  });
  for (const [name, probes] of Object.entries({ real, random, raw })) {
    const left = probes?.find(probe => !generated.some(({ labels }) => agree(labels, probe.labels)));
    if (left !== undefined) throw new Error(`no generated probe belongs to ${name}[${text(left.labels)}]`);
  }
  return blocks;
}

/** `seed=0,sigma=0.3` */
export function text(labels: Labels): string {
  return Object.entries(labels)
    .map(([axis, label]) => `${axis}=${String(label)}`)
    .join(",");
}

/** The probes less those that are the very same result as an earlier one. */
export function distinctProbes<T>(probes: readonly Probe<T>[]): readonly Probe<T>[] {
  return probes.filter(probe => probe.sameAs === undefined);
}

/** The blocks less those that are an earlier one again. */
export function distinctBlocks<T>(blocks: readonly Block<T>[]): readonly Block<T>[] {
  return blocks.filter(block => block.again !== true);
}

function partnerOf<T>(labels: Labels, probes: readonly Probe<T>[], name: ArmName): Probe<T> {
  const agreeing = probes.filter(probe => agree(labels, probe.labels));
  const [partner, second] = agreeing;
  const block = `generated[${text(labels)}]`;
  if (partner === undefined) throw new Error(`${block} has no partner among the probes of ${name}`);
  if (second === undefined) return partner;
  throw new Error(
    `${block} has several partners in ${name}: ${agreeing.map(p => `[${text(p.labels)}]`).join(", ")}`,
  );
}

/** The labels are the same on every axis that both have. */
function agree(a: Labels, b: Labels): boolean {
  return Object.entries(b).every(([axis, label]) => !Object.hasOwn(a, axis) || a[axis] === label);
}
