import { type Activation, activate, activationSchema } from "./activation.js";
import { biased, type LayerType, weighted, whole } from "./layer.js";

export type DenseSpec = {
  readonly type: "dense";
  readonly units: number;
  readonly bias?: boolean;
  readonly activation?: Activation;
};

/** x [n] -> x kernel + bias [units]; kernel [n, units]. */
export const dense: LayerType<DenseSpec> = {
  options: { units: whole, bias: { type: "boolean" }, activation: activationSchema },
  required: ["units"],
  stage: "dense",
  shapes(spec, input) {
    const [size = 0] = input;
    if (input.length !== 1) throw new Error(`takes a vector [n], not [${input.join(", ")}]`);
    const fans = { fanIn: size, fanOut: spec.units };
    return { output: [spec.units], weights: weighted([size, spec.units], fans, spec, spec.units) };
  },
  forward: (pass, spec, x) =>
    activate(pass.tf, biased(pass, spec, pass.tf.matMul(x, pass.weight("kernel"))), spec.activation),
};
