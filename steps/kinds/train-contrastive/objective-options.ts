import type { JsonObject } from "../../../runner/step-api.js";

/** What training lowers, as pipelines write it. */
export type ObjectiveOptions = {
  readonly kind: "nt-xent" | "supcon" | "alignment-uniformity";
  /** Of alignment-uniformity. */
  readonly t: number;
  readonly weight: number;
};

export const objectiveSchema: JsonObject = {
  type: "object",
  default: {},
  description: "What training lowers.",
  additionalProperties: false,
  properties: {
    kind: {
      enum: ["nt-xent", "supcon", "alignment-uniformity"],
      default: "nt-xent",
      description:
        "nt-xent: views of one anchor belong together; supcon: those of one class do (the views or images need labels); alignment-uniformity: Wang & Isola 2020.",
    },
    t: {
      type: "number",
      exclusiveMinimum: 0,
      default: 2,
      description: "alignment-uniformity: how fast the push between two latents fades with their distance.",
    },
    weight: {
      type: "number",
      minimum: 0,
      default: 1,
      description: "alignment-uniformity: of uniformity against alignment.",
    },
  },
};

/** SimCLR's. */
export const defaultObjective: ObjectiveOptions = { kind: "nt-xent", t: 2, weight: 1 };
