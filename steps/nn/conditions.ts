/**
 * What a class-conditional generator takes: rows of z [rows, dim], each followed by its class as a one-hot vector,
 * [rows, dim + classes]. Without classes, z itself. Throws a RangeError for a label that is none of the classes.
 */
export function withClasses(
  z: Float32Array<ArrayBuffer>,
  dim: number,
  labels: ArrayLike<number>,
  classes: number,
): Float32Array<ArrayBuffer> {
  if (classes === 0) return z;
  const width = dim + classes;
  const rows = new Float32Array(labels.length * width);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] ?? -1;
    if (!(label >= 0 && label < classes)) throw new RangeError(`class ${label} is none of ${classes}`);
    rows.set(z.subarray(i * dim, (i + 1) * dim), i * width);
    rows[i * width + dim + label] = 1;
  }
  return rows;
}
