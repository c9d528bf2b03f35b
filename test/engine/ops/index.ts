/**
 * Every kind of operation that steps use, as a table: shapes of the inputs, and what is done with them. It is held
 * against the cpu backend (wasm.test.ts) and its gradients against finite differences (gradients.test.ts).
 */
import { arithmetic } from "./arithmetic.js";
import type { Case } from "./case.js";
import { linear } from "./linear.js";
import { structure } from "./structure.js";

export const cases: readonly Case[] = [...linear, ...arithmetic, ...structure];
