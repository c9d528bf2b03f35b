export { readModel, writeModel } from "./codec.js";
export * from "./messages.js";
