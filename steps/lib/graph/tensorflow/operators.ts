import type { Operator } from "../operators.js";
export const tensorflowOperators: Readonly<Record<string, Operator>> = {};
