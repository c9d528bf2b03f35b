import type { HostOperator } from "../operators.js";
export const tensorflowHostOperators: Readonly<Record<string, HostOperator>> = {};
