/** A GPU as far as its driver's tool knows it. */
export interface Gpu {
  readonly name: string;
  /** Bytes. */
  readonly memory: number | undefined;
}

/** The GPU that this process was lent: the first of `CUDA_VISIBLE_DEVICES`. */
export async function gpu(): Promise<Gpu> {
  const lent = process.env.CUDA_VISIBLE_DEVICES?.split(",")[0]?.trim();
  const which = lent === undefined || lent === "" ? [] : [`--id=${lent}`];
  const query = ["--query-gpu=name,memory.total", "--format=csv,noheader,nounits", ...which];
  // Only here: loading it takes as long as half of an engine, and a step on the processor has no use for it.
  const { execa } = await import("execa");
  // No nvidia-smi, no name: another vendor's card computes as well.
  const { stdout, failed } = await execa("nvidia-smi", query, { reject: false, timeout: 10_000 });
  const line = failed ? "" : (stdout.split("\n", 1)[0] ?? "");
  const [, name = "GPU", mebibytes = ""] = /^(.+), (\d+)$/.exec(line.trim()) ?? [];
  return { name, memory: mebibytes === "" ? undefined : Number(mebibytes) * 2 ** 20 };
}
