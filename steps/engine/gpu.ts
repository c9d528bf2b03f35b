import { execa } from "execa";

/** The name of the GPU that this process was lent (the first of `CUDA_VISIBLE_DEVICES`), or `GPU` if it is not known. */
export async function gpuName(): Promise<string> {
  const lent = process.env.CUDA_VISIBLE_DEVICES?.split(",")[0]?.trim();
  const which = lent === undefined || lent === "" ? [] : [`--id=${lent}`];
  const query = ["--query-gpu=name", "--format=csv,noheader", ...which];
  // No nvidia-smi, no name: another vendor's card computes as well.
  const { stdout, failed } = await execa("nvidia-smi", query, { reject: false, timeout: 10_000 });
  const name = failed ? "" : stdout.split("\n", 1)[0]?.trim();
  return name === undefined || name === "" ? "GPU" : name;
}
