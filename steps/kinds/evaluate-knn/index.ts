import { defineKnn } from "./define-knn.js";

/**
 * The k-nearest-neighbour classifier (Cover & Hart, "Nearest Neighbor Pattern Classification", 1967), exact: a
 * representation is good when images of a class lie side by side in it. Nothing is trained, so nothing is tuned.
 */
export default defineKnn({
  kind: "evaluate-knn",
  summary: "Classifies images by the labels of their nearest neighbours in feature space, and tests that.",
});
