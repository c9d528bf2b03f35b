import type { Labels } from "../../runner/step-api.js";

/** One probe's result, a number or what else was read of it, and its place on the gathered axes: `{ seed: 0 }`. */
export interface Probe<T = number> {
  readonly labels: Labels;
  readonly value: T;
}

export const armNames = ["generated", "real", "random", "raw"] as const;
export type ArmName = (typeof armNames)[number];
/** The probes of each role. */
export type Arms<T = number> = ByArm<readonly Probe<T>[]>;

/** One probe of the generated arm beside those of the other arms that belong to it. */
export type Block<T = number> = { readonly labels: Labels } & ByArm<T>;

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
  const blocks = generated.map(({ labels, value }) => ({
    labels,
    generated: value,
    real: partnerOf(labels, real, "real"),
    ...(random === undefined ? {} : { random: partnerOf(labels, random, "random") }),
    ...(raw === undefined ? {} : { raw: partnerOf(labels, raw, "raw") }),
  }));
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

function partnerOf<T>(labels: Labels, probes: readonly Probe<T>[], name: ArmName): T {
  const agreeing = probes.filter(probe => agree(labels, probe.labels));
  const [partner, second] = agreeing;
  const block = `generated[${text(labels)}]`;
  if (partner === undefined) throw new Error(`${block} has no partner among the probes of ${name}`);
  if (second === undefined) return partner.value;
  throw new Error(
    `${block} has several partners in ${name}: ${agreeing.map(p => `[${text(p.labels)}]`).join(", ")}`,
  );
}

/** The labels are the same on every axis that both have. */
function agree(a: Labels, b: Labels): boolean {
  return Object.entries(b).every(([axis, label]) => !Object.hasOwn(a, axis) || a[axis] === label);
}
