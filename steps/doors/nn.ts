/** `vistas/nn`: layers, losses, optimisers and augmentations, and what one of your own has to be. */
export type { Augmentation } from "../nn/augment-options.js";
export { customGradient, type Differentiated } from "../nn/custom-gradient.js";
export { type Activation, activate, activationSchema } from "../nn/layers/activation.js";
export { builtinLayers } from "../nn/layers/index.js";
export type {
  ChainShapes,
  Fans,
  LayerShapes,
  LayerSpec,
  LayerType,
  LayerTypes,
  Pass,
  Shape,
  Weight,
} from "../nn/layers/layer.js";
export { alignmentUniformity } from "../nn/losses/alignment.js";
export { labelTargets, multiPositive, normaliseRows, ntXent, viewTargets } from "../nn/losses/contrastive.js";
export type { ContrastiveBatch, ContrastiveLoss } from "../nn/losses/contrastive-loss.js";
export { crossEntropy, logisticLoss, oneHot } from "../nn/losses/cross-entropy.js";
export { forward, type ModelSpec, modelShapes, parseModelSpec, weightArrays } from "../nn/model.js";
export { type ForwardPass, type InitialState, initialState, trainForward } from "../nn/net.js";
export { adam, type AdamOptions } from "../nn/optimisers/adam.js";
export { type Optimiser, scalarArrays } from "../nn/optimisers/optimiser.js";
export { cosineRate } from "../nn/optimisers/optimisation.js";
export { sgd, type SgdOptions } from "../nn/optimisers/sgd.js";
export { updateFunction } from "../nn/optimisers/update.js";
export { type Loss, valueAndGradients } from "../nn/optimisers/update.js";
