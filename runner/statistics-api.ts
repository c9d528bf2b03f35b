/** What kinds that summarise repetitions share with the runner's claims. */
export { estimate, type Estimate } from "./core/numbers/statistics.js";
