/**
 * Losses of a generator and its discriminator, from the discriminator's scores (logits, any shape) of real and of
 * generated samples. Means over the batch.
 */
import type { Scalar, Tensor, TensorFlow } from "../../engine/types.js";

export const ADVERSARIAL_LOSSES = ["non-saturating", "hinge"] as const;
export type AdversarialLoss = (typeof ADVERSARIAL_LOSSES)[number];

/**
 * non-saturating (Goodfellow et al., "Generative Adversarial Nets", NeurIPS 2014): -log D(x) - log(1 - D(G(z))).
 * hinge (Lim & Ye, "Geometric GAN", 2017; Miyato et al., ICLR 2018): max(0, 1 - D(x)) + max(0, 1 + D(G(z))).
 */
export function discriminatorLoss(tf: TensorFlow, loss: AdversarialLoss, real: Tensor, fake: Tensor): Scalar {
  switch (loss) {
    case "non-saturating":
      return tf.add(mean(tf, tf.softplus(tf.neg(real))), mean(tf, tf.softplus(fake)));
    case "hinge":
      return tf.add(mean(tf, tf.relu(tf.sub(1, real))), mean(tf, tf.relu(tf.add(1, fake))));
  }
}

/** non-saturating: -log D(G(z)), whose gradient does not vanish while D wins. hinge: -D(G(z)). */
export function generatorLoss(tf: TensorFlow, loss: AdversarialLoss, fake: Tensor): Scalar {
  switch (loss) {
    case "non-saturating":
      return mean(tf, tf.softplus(tf.neg(fake)));
    case "hinge":
      return tf.neg(mean(tf, fake));
  }
}

function mean(tf: TensorFlow, x: Tensor): Scalar {
  return tf.mean<Scalar>(x);
}
