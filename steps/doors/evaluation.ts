/** `vistas/evaluation`: evaluations of encoders whose layers are of types of your own. */
export { defineKnn } from "../kinds/evaluate-knn/define-knn.js";
export { defineProbe } from "../kinds/evaluate-probe/define-probe.js";
