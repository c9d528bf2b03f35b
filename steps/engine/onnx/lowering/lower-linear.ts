import type { BatchMatMulAttrs, EinsumAttrs, FusedBatchNormAttrs } from "@tensorflow/tfjs-core";
import type { Builder } from "../graph-builder.js";
import type { Lowerings, Operand } from "../lowering-call.js";

/** Matrix products and batch normalisation with given statistics. */
export const linear: Lowerings = {
  BatchMatMul: call => {
    const { b } = call;
    const [x, y] = [call.input("a"), call.input("b")];
    const { transposeA, transposeB } = call.attributes as BatchMatMulAttrs;
    if (x.dtype !== "float32" || y.dtype !== "float32") call.refuse("of whole numbers has no compiled form");
    if (x.shape.length === 2 && y.shape.length === 2 && (transposeA || transposeB))
      return b.op("Gemm", [x.name, y.name], { transA: Number(transposeA), transB: Number(transposeB) });
    return b.op("MatMul", [turned(b, x, transposeA), turned(b, y, transposeB)]);
  },
  Einsum: call => {
    const { equation } = call.attributes as EinsumAttrs;
    return call.b.op(
      "Einsum",
      call.list.map(({ name }) => name),
      { equation },
    );
  },
  FusedBatchNorm: call => {
    const { b } = call;
    const { varianceEpsilon } = call.attributes as FusedBatchNormAttrs;
    const [x, mean, variance] = [call.input("x"), call.input("mean"), call.input("variance")];
    const deviation = b.op("Sqrt", [b.op("Add", [variance.name, b.scalar(varianceEpsilon)])]);
    const inverse = b.op("Reciprocal", [deviation]);
    const scale = call.has("scale") ? b.op("Mul", [inverse, call.input("scale").name]) : inverse;
    const scaled = b.op("Mul", [b.op("Sub", [x.name, mean.name]), scale]);
    return call.has("offset") ? b.op("Add", [scaled, call.input("offset").name]) : scaled;
  },
};

/** onnxruntime takes the transposition into the product. */
function turned(b: Builder, { name, shape }: Operand, transpose: boolean): string {
  if (!transpose) return name;
  const rank = shape.length;
  const perm = [...Array(rank - 2).keys(), rank - 1, rank - 2];
  return b.op("Transpose", [name], { perm });
}
