/**
 * The table of operators beside onnxruntime itself: the same numbers, or a refusal. A model that the table takes and
 * computes otherwise would give other images on other engines.
 */
import fc from "fast-check";
import type { Engine } from "../../../steps/engine/index.js";
import { type Check, demand } from "./check.js";
import type { AttributeValue, Constant, Operation } from "../../rig/onnx.js";
import { difference, type SmallModel } from "./operator-models.js";

const TOLERANCE = 1e-4;

/** Numbers about 0 with halves, whole numbers and zeros among them. */
const mixed = (count: number): Float32Array =>
  Float32Array.from(
    { length: count },
    (_, i) => [0, 0.5, -0.5, 1.5, 2.5, -1.5, -2.5, 0.3, -0.7, 3, -3, 1e-3][i % 12] ?? 0,
  );
const positive = (count: number): Float32Array => mixed(count).map(value => Math.abs(value) + 0.1);
const vector = (...data: number[]): Constant => ({ shape: [data.length], data });
const ints = (...data: number[]): Constant => ({ type: "int64", shape: [data.length], data });
const scalar = (value: number, type: Constant["type"] = "float"): Constant => ({
  type,
  shape: [],
  data: [value],
});

const one = (
  op: string,
  attributes: Record<string, AttributeValue> = {},
  more: Partial<SmallModel> = {},
): SmallModel => ({
  shape: [12],
  values: mixed,
  operations: [{ op, inputs: ["x", ...Object.keys(more.constants ?? {})], attributes }],
  ...more,
});
const image = (
  op: string,
  attributes: Record<string, AttributeValue> = {},
  more: Partial<SmallModel> = {},
): SmallModel => one(op, attributes, { shape: [2, 4, 5], ...more });

/** x cast to `type`, `op` of it and the constants, and cast back. */
const inType = (
  type: number,
  op: string,
  constants: Record<string, Constant>,
  attributes: Record<string, AttributeValue> = {},
): SmallModel => ({
  shape: [12],
  values: count => mixed(count).map(value => 3 * value),
  constants,
  operations: [
    { op: "Cast", inputs: ["x"], outputs: ["cast"], attributes: { to: type } },
    { op, inputs: ["cast", ...Object.keys(constants)], outputs: ["made"], attributes },
    { op: "Cast", inputs: ["made"], attributes: { to: 1 } },
  ],
});
const test = (op: string, inputs: readonly string[], constants: Record<string, Constant>): SmallModel => ({
  shape: [12],
  values: mixed,
  constants,
  operations: [
    { op, inputs, outputs: ["made"] },
    { op: "Cast", inputs: ["made"], attributes: { to: 1 } },
  ],
});

const UNARY = [
  ...[
    "Abs",
    "Cos",
    "Sin",
    "Erf",
    "Exp",
    "Floor",
    "Ceil",
    "Round",
    "Sign",
    "Neg",
    "Relu",
    "Sigmoid",
    "Softplus",
  ],
  ...[
    "Softsign",
    "Tanh",
    "Elu",
    "Selu",
    "HardSigmoid",
    "HardSwish",
    "LeakyRelu",
    "Identity",
    "Celu",
    "ThresholdedRelu",
  ],
  ...["Sinh", "Cosh", "Tan", "Atan", "Asinh", "Mish", "Softmax", "LogSoftmax"],
];
const models: Readonly<Record<string, SmallModel>> = {
  ...Object.fromEntries(UNARY.map(op => [op, one(op, {}, { opset: op === "Mish" ? 18 : 17 })])),
  ...Object.fromEntries(
    ["Log", "Sqrt", "Reciprocal", "Acosh"].map(op => [
      op,
      one(op, {}, { values: op === "Acosh" ? n => positive(n).map(v => v + 1) : positive }),
    ]),
  ),
  "Log and Sqrt of negative numbers": {
    ...one("Sqrt"),
    operations: [
      { op: "Sqrt", inputs: ["x"], outputs: ["a"] },
      { op: "IsNaN", inputs: ["a"], outputs: ["b"] },
      { op: "Where", inputs: ["b", "x", "a"] },
    ],
  },
  "Elu of alpha": one("Elu", { alpha: { float: 0.4 } }),
  Gelu: one("Gelu", {}, { opset: 20 }),
  "Gelu by tanh": one("Gelu", { approximate: "tanh" }, { opset: 20 }),
  ...Object.fromEntries(
    [1, 6, 7, 9, 2, 3].map(to => [
      `Cast to ${to}`,
      {
        ...one("Cast"),
        values: to === 2 ? positive : mixed,
        operations: [
          { op: "Cast", inputs: ["x"], outputs: ["c"], attributes: { to } },
          { op: "Cast", inputs: ["c"], attributes: { to: 1 } },
        ],
      },
    ]),
  ),
  "Cast to int64, to bool": {
    ...one("Cast"),
    operations: [
      { op: "Cast", inputs: ["x"], outputs: ["a"], attributes: { to: 7 } },
      { op: "Cast", inputs: ["a"], outputs: ["b"], attributes: { to: 9 } },
      { op: "Cast", inputs: ["b"], attributes: { to: 1 } },
    ],
  },
  "Mod of whole numbers": inType(7, "Mod", { d: vectorInts(12, [3, -3, 5]) }),
  "Mod with fmod": one("Mod", { fmod: 1 }, { constants: { d: scalar(1.1) } }),
  "Mod with fmod of whole numbers": inType(7, "Mod", { d: vectorInts(12, [3, -3, 5]) }, { fmod: 1 }),
  "Div of whole numbers": inType(7, "Div", { d: vectorInts(12, [2, -2, 4]) }),
  "Div of int32": inType(6, "Div", { d: { ...vectorInts(12, [2, -2, 4]), type: "int32" } }),
  "Mul of whole numbers": inType(7, "Mul", { d: vectorInts(12, [2, -2, 4]) }),
  Pow: one("Pow", {}, { values: positive, constants: { p: scalar(2.3) } }),
  "Pow of negative numbers": one("Pow", {}, { constants: { p: scalar(3) } }),
  "Pow by a vector": one("Pow", {}, { constants: { p: vectorOf(12, [2, 3, 1, 0]) } }),
  "Pow by whole numbers": one("Pow", {}, { constants: { p: { type: "int64", shape: [], data: [2] } } }),
  "Pow of whole numbers": inType(7, "Pow", { p: { type: "int64", shape: [], data: [2] } }),
  "Add of a vector": one("Add", {}, { constants: { v: vectorOf(12, [1, -2, 3]) } }),
  Div: one("Div", {}, { constants: { v: vectorOf(12, [1, -2, 3]) } }),
  Clip: one("Clip", {}, { constants: { low: scalar(-1), high: scalar(1) } }),
  PRelu: image("PRelu", {}, { constants: { s: { shape: [2, 1, 1], data: [0.1, 0.3] } } }),
  ...Object.fromEntries(
    ["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"].map(op => [
      op,
      test(op, ["x", "v"], { v: scalar(0.5) }),
    ]),
  ),
  IsNaN: test("IsNaN", ["x"], {}),
  ...Object.fromEntries(
    ["And", "Or", "Xor"].map(op => [
      op,
      {
        ...one(op),
        constants: { a: scalar(0), b: scalar(1) },
        operations: [
          { op: "Greater", inputs: ["x", "a"], outputs: ["p"] },
          { op: "Less", inputs: ["x", "b"], outputs: ["q"] },
          { op, inputs: ["p", "q"], outputs: ["r"] },
          { op: "Cast", inputs: ["r"], attributes: { to: 1 } },
        ],
      },
    ]),
  ),
  "Where beside NaN": {
    ...one("Where"),
    constants: { zero: scalar(0) },
    operations: [
      { op: "Greater", inputs: ["x", "zero"], outputs: ["p"] },
      { op: "Log", inputs: ["x"], outputs: ["l"] },
      { op: "Where", inputs: ["p", "l", "x"] },
    ],
  },
  "Max and Min": {
    ...one("Max"),
    constants: { a: vectorOf(12, [0, 1]), b: scalar(0.7) },
    operations: [
      { op: "Max", inputs: ["x", "a"], outputs: ["m"] },
      { op: "Min", inputs: ["m", "b"] },
    ],
  },
  "Gather from the end": one("Gather", { axis: 1 }, { constants: { i: ints(-1, 0, -3, 2) } }),
  "Gather by numbers of the latent": {
    shape: [4],
    values: mixed,
    constants: { table: { shape: [8, 3], data: Array.from({ length: 24 }, (_, i) => i) } },
    operations: [
      { op: "Cast", inputs: ["x"], outputs: ["i"], attributes: { to: 7 } },
      { op: "Gather", inputs: ["table", "i"] },
    ],
  },
  "MatMul by a vector": one("MatMul", {}, { constants: { v: vectorOf(12, [1, -2, 3]) } }),
  "MatMul of a vector": {
    ...one("MatMul"),
    shape: [4, 3],
    constants: { v: vector(1, 2, 3, 4) },
    operations: [{ op: "MatMul", inputs: ["v", "x"] }],
  },
  "MatMul of batches": one(
    "MatMul",
    {},
    { shape: [2, 3, 4], constants: { m: { shape: [4, 2], data: [1, 2, 3, 4, 5, 6, 7, 8] } } },
  ),
  Gemm: one(
    "Gemm",
    { transB: 1, alpha: { float: 0.5 }, beta: { float: 2 } },
    {
      constants: {
        w: { shape: [2, 12], data: Array.from({ length: 24 }, (_, i) => Math.sin(i)) },
        c: vector(1, 2),
      },
    },
  ),
  "Softmax along an axis": image("Softmax", { axis: 1 }),
  "Softmax up to version 12": image("Softmax", {}, { opset: 11 }),
  CumSum: one("CumSum", {}, { constants: { a: scalar(1, "int64") } }),
  ReduceMean: image("ReduceMean", { axes: [2, 3] }),
  ReduceSum: image("ReduceSum", { keepdims: 0 }, { constants: { a: ints(-1) } }),
  ReduceMax: image("ReduceMax", { axes: [1], keepdims: 0 }),
  ReduceProd: image("ReduceProd", { axes: [1] }),
  ReduceL2: image("ReduceL2", { axes: [1] }),
  ReduceL1: image("ReduceL1", { axes: [1] }),
  ReduceLogSumExp: image("ReduceLogSumExp", { axes: [1] }),
  LayerNormalization: image(
    "LayerNormalization",
    { axis: -1 },
    { constants: { s: vector(1, 2, 3, 4, 5), b: vector(5, 4, 3, 2, 1) } },
  ),
  GroupNormalization: image(
    "GroupNormalization",
    { num_groups: 2 },
    { opset: 21, shape: [4, 3, 3], constants: { s: vector(1, 2, 3, 4), b: vector(0, 1, 2, 3) } },
  ),
  "GroupNormalization of version 18": image(
    "GroupNormalization",
    { num_groups: 2 },
    { opset: 18, shape: [4, 3, 3], constants: { s: vector(1, 2), b: vector(0, 1) } },
  ),
  InstanceNormalization: image(
    "InstanceNormalization",
    {},
    { constants: { s: vector(1, 2), b: vector(0, 1) } },
  ),
  LpNormalization: one("LpNormalization", { axis: 1 }),
  "Conv with groups": image(
    "Conv",
    { group: 2, pads: [1, 1, 1, 1] },
    { constants: { w: { shape: [4, 1, 3, 3], data: Array.from({ length: 36 }, (_, i) => Math.sin(i)) } } },
  ),
  "Conv with strides and SAME_LOWER": image(
    "Conv",
    { auto_pad: "SAME_LOWER", strides: [2, 2] },
    { constants: { w: { shape: [3, 2, 3, 3], data: Array.from({ length: 54 }, (_, i) => Math.sin(i)) } } },
  ),
  ConvTranspose: image(
    "ConvTranspose",
    { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] },
    { constants: { w: { shape: [2, 3, 3, 3], data: Array.from({ length: 54 }, (_, i) => Math.sin(i)) } } },
  ),
  "ConvTranspose with groups": image(
    "ConvTranspose",
    { strides: [2, 2], group: 2 },
    { constants: { w: { shape: [2, 2, 3, 3], data: Array.from({ length: 36 }, (_, i) => Math.sin(i)) } } },
  ),
  MaxPool: image("MaxPool", { kernel_shape: [2, 2], strides: [2, 2], pads: [0, 1, 0, 1] }),
  AveragePool: image("AveragePool", { kernel_shape: [2, 2], strides: [1, 1] }),
  "AveragePool with padding": image("AveragePool", { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
  GlobalAveragePool: image("GlobalAveragePool"),
  GlobalMaxPool: image("GlobalMaxPool"),
  DepthToSpace: image("DepthToSpace", { blocksize: 2 }, { shape: [8, 2, 3] }),
  "DepthToSpace by columns": image("DepthToSpace", { blocksize: 2, mode: "CRD" }, { shape: [8, 2, 3] }),
  SpaceToDepth: image("SpaceToDepth", { blocksize: 2 }, { shape: [3, 4, 6] }),
  Pad: image("Pad", {}, { constants: { p: ints(0, 0, 1, 2, 0, 0, 2, 1) } }),
  "Pad by reflection": image("Pad", { mode: "reflect" }, { constants: { p: ints(0, 0, 1, 2, 0, 0, 2, 1) } }),
  "Pad by the edge": image("Pad", { mode: "edge" }, { constants: { p: ints(0, 0, 1, 2, 0, 0, 2, 1) } }),
  "Slice backwards": image(
    "Slice",
    {},
    { constants: { s: ints(-1), e: ints(-100), a: ints(3), t: ints(-2) } },
  ),
  Split: {
    ...image("Split"),
    operations: [
      { op: "Split", inputs: ["x"], outputs: ["a", "b"], attributes: { axis: 1 } },
      { op: "Sub", inputs: ["b", "a"] },
    ],
  },
  Tile: image("Tile", {}, { constants: { r: ints(1, 2, 1, 3) } }),
  Expand: image("Expand", {}, { shape: [1, 4, 5], constants: { s: ints(1, 3, 1, 1) } }),
  Transpose: image("Transpose", { perm: [0, 2, 3, 1] }),
  Flatten: image("Flatten", { axis: 2 }),
  Einsum: image(
    "Einsum",
    { equation: "nchw,cd->ndhw" },
    { constants: { w: { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] } } },
  ),
  "TopK, ArgMax": {
    ...one("ArgMax"),
    operations: [
      { op: "ArgMax", inputs: ["x"], outputs: ["i"], attributes: { axis: 1 } },
      { op: "Cast", inputs: ["i"], attributes: { to: 1 } },
    ],
  },
  OneHot: {
    shape: [3],
    values: count => Float32Array.from({ length: count }, (_, i) => i % 4),
    constants: { depth: scalar(4, "int64"), v: vector(0, 1) },
    operations: [
      { op: "Cast", inputs: ["x"], outputs: ["i"], attributes: { to: 7 } },
      { op: "OneHot", inputs: ["i", "depth", "v"] },
    ],
  },
  Trilu: one(
    "Trilu",
    { upper: 0 },
    { shape: [4, 4], operations: [{ op: "Trilu", inputs: ["x"], attributes: { upper: 0 } }] },
  ),
  ...resizes(),
};

function resizes(): Record<string, SmallModel> {
  const made: Record<string, SmallModel> = {};
  const places = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"];
  for (const place of places)
    for (const [height, width] of [
      [8, 10],
      [6, 7],
      [3, 3],
      [1, 1],
    ] as const) {
      const constants = { roi: vector(), scales: vector(), sizes: ints(3, 2, height, width) };
      const model = (attributes: Record<string, AttributeValue>): SmallModel =>
        image(
          "Resize",
          { coordinate_transformation_mode: place, ...attributes },
          {
            constants,
            operations: [
              {
                op: "Resize",
                inputs: ["x", "", "", "sizes"],
                attributes: { coordinate_transformation_mode: place, ...attributes },
              },
            ],
          },
        );
      made[`Resize linear ${place} to ${height} x ${width}`] = model({ mode: "linear" });
      made[`Resize cubic ${place} to ${height} x ${width}`] = model({ mode: "cubic" });
      for (const nearest_mode of ["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"])
        made[`Resize nearest ${nearest_mode} ${place} to ${height} x ${width}`] = model({
          mode: "nearest",
          nearest_mode,
        });
    }
  made["Resize by scales"] = image(
    "Resize",
    { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" },
    {
      constants: { roi: vector(), scales: vector(1, 1, 2, 2) },
      operations: [
        {
          op: "Resize",
          inputs: ["x", "roi", "scales"],
          attributes: {
            mode: "nearest",
            coordinate_transformation_mode: "asymmetric",
            nearest_mode: "floor",
          },
        },
      ],
    },
  );
  made["Resize linear by broken scales"] = image(
    "Resize",
    { mode: "linear" },
    {
      constants: { roi: vector(), scales: vector(1, 1, 1.6, 1.7) },
      operations: [{ op: "Resize", inputs: ["x", "roi", "scales"], attributes: { mode: "linear" } }],
    },
  );
  return made;
}

function vectorOf(length: number, pattern: readonly number[]): Constant {
  return vector(...Array.from({ length }, (_, i) => pattern[i % pattern.length] ?? 0));
}

function vectorInts(length: number, pattern: readonly number[]): Constant {
  return { ...vectorOf(length, pattern), type: "int64" };
}

/** What the table does not take; everything else it must. */
const REFUSED =
  /^(Resize cubic|Resize linear by broken|Resize linear pytorch.* to 1 x 1|AveragePool with padding|CumSum|Einsum|SpaceToDepth|TopK|Trilu)/;

export const operators: readonly Check[] = [
  ...Object.entries(models).map(([name, model]) => ({
    name: `${name}: as onnxruntime has it`,
    run: async (engine: Engine): Promise<void> => {
      const apart = await difference(engine, model);
      if (typeof apart === "string") demand(REFUSED.test(name), `refused: ${apart}`);
      else demand(apart <= TOLERANCE, `differs by ${apart}`);
    },
  })),
  { name: "random graphs give what onnxruntime makes of them, or are refused", run: randomGraphs },
];

async function randomGraphs(engine: Engine): Promise<void> {
  let refused = 0;
  const runs = 200;
  await fc.assert(
    fc.asyncProperty(randomModel(), async model => {
      const apart = await difference(engine, model, 2);
      if (typeof apart === "string") refused++;
      else demand(apart <= 1e-6, `differs by ${apart}: ${JSON.stringify(model)}`);
    }),
    { seed: 11, numRuns: runs },
  );
  demand(refused < runs / 3, `${refused} of ${runs} are refused`);
}

/** A chain of operators, each of which reads the last value and perhaps an earlier one. */
function randomModel(): fc.Arbitrary<SmallModel> {
  // Exact ones alone: a step from one number to another would make much of a rounding before it.
  const unary = fc.constantFrom("Abs", "Neg", "Relu", "Floor", "Ceil", "Round", "Sign", "Identity");
  const binary = fc.constantFrom("Add", "Sub", "Mul", "Max", "Min");
  const step = fc.oneof(
    fc.record({ kind: fc.constant("unary" as const), op: unary, back: fc.nat(5), to: fc.constant(1) }),
    fc.record({ kind: fc.constant("binary" as const), op: binary, back: fc.nat(5), to: fc.constant(1) }),
    fc.record({
      kind: fc.constant("cast" as const),
      op: fc.constant("Cast"),
      back: fc.nat(5),
      to: fc.constantFrom(6, 7, 9),
    }),
    fc.record({
      kind: fc.constant("where" as const),
      op: fc.constantFrom("Greater", "Less", "Equal"),
      back: fc.nat(5),
      to: fc.constant(1),
    }),
    fc.record({
      kind: fc.constant("whole" as const),
      op: fc.constantFrom("Div", "Mul", "Add", "Sub", "Max", "Min"),
      back: fc.nat(5),
      to: fc.constantFrom(6, 7),
    }),
  );
  return fc.array(step, { minLength: 1, maxLength: 6 }).map(steps => {
    const operations: Operation[] = [];
    const names = ["x"];
    for (const [i, { kind, op, back, to }] of steps.entries()) {
      const last = names.at(-1) ?? "x";
      const earlier = names[Math.max(0, names.length - 1 - back)] ?? "x";
      const made = `v${i}`;
      if (kind === "unary") operations.push({ op, inputs: [last], outputs: [made] });
      else if (kind === "binary") operations.push({ op, inputs: [last, earlier], outputs: [made] });
      else if (kind === "cast")
        operations.push(
          { op, inputs: [last], outputs: [`${made} cast`], attributes: { to } },
          { op: "Cast", inputs: [`${made} cast`], outputs: [made], attributes: { to: 1 } },
        );
      else if (kind === "where")
        operations.push(
          { op, inputs: [last, "half"], outputs: [`${made} test`] },
          { op: "Where", inputs: [`${made} test`, last, earlier], outputs: [made] },
        );
      else
        operations.push(
          { op: "Cast", inputs: [last], outputs: [`${made} cast`], attributes: { to } },
          { op, inputs: [`${made} cast`, `three ${to}`], outputs: [`${made} whole`] },
          { op: "Cast", inputs: [`${made} whole`], outputs: [made], attributes: { to: 1 } },
        );
      names.push(made);
    }
    operations.push({ op: "Identity", inputs: [names.at(-1) ?? "x"] });
    const constants = { half: scalar(0.5), "three 6": scalar(3, "int32"), "three 7": scalar(3, "int64") };
    return {
      shape: [2, 3, 2],
      values: (count: number) => mixed(count).map(value => 2 * value),
      constants,
      operations,
    };
  });
}
