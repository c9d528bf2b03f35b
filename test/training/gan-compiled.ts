/**
 * A program: the losses of a GAN's first updates, compiled by the engine onnx and operation by operation.
 * Usage: node gan-compiled.js ADVERSARIAL-OPTIONS-AS-JSON. Prints a `Compared` as the last line.
 */
import process from "node:process";
import { openEngine } from "../../steps/engine/index.js";
import { eagerProgram } from "../../steps/engine/eager.js";
import type { AdversarialOptions } from "../../steps/kinds/train-generator/generator-options.js";
import { optionsOf, updates } from "./gan-updates.js";

export interface Compared {
  readonly how: string;
  readonly compiled: readonly number[];
  readonly eager: readonly number[];
}

const options = optionsOf(JSON.parse(process.argv[2] ?? "{}") as Partial<AdversarialOptions>);
const engine = await openEngine({ backend: "onnx", cpus: 1 });
const fast = await updates(engine, options, 4, (...given) => engine.program(...given));
const slow = await updates(engine, options, 4, (...given) => eagerProgram(engine.tf, ...given));
const compared: Compared = { how: fast.how, compiled: fast.losses, eager: slow.losses };
process.stdout.write(`\n${JSON.stringify(compared)}\n`, () => process.exit(0));
