import { cases } from "../ops/index.js";
import { agree, type Check, inputsOf, stepOf } from "./check.js";

/** Without a compiled form; `programs.ts` tests what becomes of such a one. */
const REFUSED = ["topk"];

/** Every operation of the table, value and gradients. */
export const table: readonly Check[] = cases
  .filter(({ name }) => !REFUSED.includes(name))
  .map(({ name, shapes, build, gradients }) => ({
    name,
    run: engine => agree(engine, stepOf(engine, shapes.length, build, gradients), inputsOf(shapes)),
  }));
