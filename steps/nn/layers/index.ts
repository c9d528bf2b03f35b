/** The types of layers that a list may have: to add one, write its file and its line here. */
import { activation, type ActivationSpec } from "./activation.js";
import { batchNorm, type BatchNormSpec } from "./batch-norm.js";
import { conv2d, type Conv2dSpec } from "./conv2d.js";
import { conv2dTranspose, type Conv2dTransposeSpec } from "./conv2d-transpose.js";
import { dense, type DenseSpec } from "./dense.js";
import type { LayerTypes } from "./layer.js";
import {
  globalAveragePool,
  type GlobalAveragePoolSpec,
  maxPool,
  type MaxPoolSpec,
  upsample,
  type UpsampleSpec,
} from "./pooling.js";
import { flatten, type FlattenSpec, reshape, type ReshapeSpec } from "./reshape.js";
import { residual, type ResidualSpec } from "./residual.js";

export type BuiltinLayer =
  | ActivationSpec
  | BatchNormSpec
  | Conv2dSpec
  | Conv2dTransposeSpec
  | DenseSpec
  | FlattenSpec
  | GlobalAveragePoolSpec
  | MaxPoolSpec
  | ReshapeSpec
  | ResidualSpec
  | UpsampleSpec;

export const builtinLayers = {
  dense,
  conv2d,
  conv2dTranspose,
  batchNorm,
  upsample,
  maxPool,
  globalAveragePool,
  reshape,
  flatten,
  residual,
  activation,
} satisfies Record<BuiltinLayer["type"], unknown> as LayerTypes;

/** vistas's types and `own` ones. Throws a TypeError where a name is vistas's already. */
export function allLayers(own: LayerTypes = {}): LayerTypes {
  for (const name of Object.keys(own))
    if (Object.hasOwn(builtinLayers, name))
      throw new TypeError(`vistas has a layer '${name}'; give yours another name`);
  return { ...builtinLayers, ...own };
}
