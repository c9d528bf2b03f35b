import { defineContrastive } from "./define-contrastive.js";

/**
 * SimCLR (Chen et al., "A Simple Framework for Contrastive Learning of Visual Representations", ICML 2020) on views
 * that a generator made (Jahanian et al., ICLR 2022) or on T_x views of real images: one kind for both arms of the
 * comparison, so that they differ in their data alone.
 */
export default defineContrastive({
  kind: "train-contrastive",
  summary:
    "Trains an encoder to tell views of one thing from views of others; updates: 0 makes a random one.",
});
