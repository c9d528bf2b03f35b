import { defineProbe } from "./define-probe.js";

/**
 * The linear probe: how good a frozen representation is, measured by multinomial logistic regression on it.
 * Without an encoder the features are the raw pixels, the baseline that stands beside every result.
 */
export default defineProbe({
  kind: "evaluate-probe",
  summary: "Fits a linear classifier on frozen features of labelled images, and tests it on others.",
});
