/**
 * Identity, which is `tf.clone`, and so every tensor that is kept for the backward pass. The package copies the
 * numbers; tensors never change, so sharing them, as its Reshape and the cpu backend do, is enough.
 */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { Repair } from "../kernels/scope.js";
import { composed } from "./compose.js";

export const identity: Repair = composed("Identity", (scope, { x }: { readonly x: TensorInfo }) =>
  scope.view(x, x.shape),
);
