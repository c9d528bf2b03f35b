export { readModel, writeModel } from "./codec.js";
export * from "./types.js";
