import type { JsonObject } from "../../../runner/step-api.js";

/** An optimiser as pipelines write it. */
export type OptimiserOptions = {
  readonly kind: "adam" | "sgd";
  /** Learning rate, the schedule's highest. */
  readonly lr: number;
  readonly schedule: "cosine" | "constant";
  /** Updates in which the rate rises from 0 to `lr`. */
  readonly warmup: number;
  /** Of SGD alone. */
  readonly momentum: number;
  /** Of Adam decoupled (AdamW), of SGD part of the gradient (L2). */
  readonly weightDecay: number;
  /** Of Adam's average of gradients; no option of its own, because only kinds that need another than 0.9 set it. */
  readonly beta1?: number;
};

/** The options' JSON Schema; `lr` is the kind's own default. */
export function optimiserSchema(lr: number): JsonObject {
  return {
    type: "object",
    default: {},
    description: "How the weights follow the gradients.",
    additionalProperties: false,
    properties: {
      kind: {
        enum: ["adam", "sgd"],
        default: "adam",
        description: "Adam (Kingma & Ba 2015), or SGD with momentum.",
      },
      lr: { type: "number", exclusiveMinimum: 0, default: lr, description: "Learning rate, at its highest." },
      schedule: {
        enum: ["cosine", "constant"],
        default: "cosine",
        description: "Half a cosine down to 0 at the last update, or no change.",
      },
      warmup: {
        type: "integer",
        minimum: 0,
        default: 0,
        description: "Updates in which the rate rises to lr; at most as many as there are updates.",
      },
      momentum: { type: "number", minimum: 0, exclusiveMaximum: 1, default: 0.9, description: "Of SGD." },
      weightDecay: {
        type: "number",
        minimum: 0,
        default: 0,
        description:
          "adam: decoupled, as AdamW has it (Loshchilov & Hutter 2019): an update also takes rate x this share off each " +
          "weight. sgd: L2, adds this share of each weight to its gradient. Of all that is trained, biases too.",
      },
    },
  };
}

/** The JSON Schema of the option `checkpoint`, for every kind that trains. */
export function checkpointSchema(updates: number): JsonObject {
  return {
    type: "integer",
    minimum: 0,
    default: updates,
    description:
      "Updates between two checkpoints, from which a killed or longer training goes on; 0: none. Changes no result.",
  };
}
