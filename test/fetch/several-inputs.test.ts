/** What a foreign model's inputs are taken for, and how the range of its images is told. */
import { describe, expect, it } from "@jest/globals";
import { takenInputs } from "../../steps/kinds/fetch-generator/taken-inputs.js";
import type { FetchGeneratorOptions } from "../../steps/kinds/fetch-generator/fetch-options.js";
import { rangeOf, type GraphInput, type TensorGraph } from "../../steps/foreign/index.js";
import type { Attribute, GraphNode, HostArray } from "../../steps/foreign/tensor-graph.js";

const input = (name: string, shape: readonly number[], type: GraphInput["type"] = "float32"): GraphInput => ({
  name,
  shape,
  type,
});

const graphOf = (inputs: readonly GraphInput[], more: Partial<TensorGraph> = {}): TensorGraph => ({
  ...{ dialect: "onnx", opset: 17, inputs, output: "y", bytes: false, constants: new Map(), nodes: [] },
  ...more,
});

const taken = (
  inputs: readonly GraphInput[],
  options: Partial<FetchGeneratorOptions> = {},
): ReturnType<typeof takenInputs> => takenInputs(graphOf(inputs), options, () => undefined);

const z = input("z", [-1, 8]);

describe("the inputs of a foreign model", () => {
  it.each([
    ["[N, z]", [-1, 8], 8],
    ["[N, z, 1, 1]", [-1, 8, 1, 1], 8],
    ["places", [-1, 4, 4, 4], 64],
    ["styles a layer", [1, 18, 512], 9216],
  ])("a latent may be %s", (_, shape, dim) => {
    expect(taken([input("whatever", shape)])).toMatchObject({ dim, classes: [] });
  });

  it.each(["y", "label", "labels", "class_label", "class_id", "input_label", "cond", "serving:y"])(
    "'%s' beside a latent takes the class",
    name => {
      expect(taken([z, input(name, [-1, 3])])).toMatchObject({
        inputs: { latent: "z", label: { name, form: "one-hot" } },
        classes: ["0", "1", "2"],
      });
    },
  );

  it.each(["noise", "input_1", "latent_code"])("'%s' is the latent where nothing else can be", name => {
    expect(taken([input("y", [-1, 3]), input(name, [-1, 8])]).inputs.latent).toBe(name);
  });

  it("a whole number a row is a class's index, whatever it is called", () => {
    for (const type of ["int32", "int64"] as const)
      for (const shape of [[-1], [-1, 1]])
        expect(taken([z, input("k", shape, type)], { classes: ["a", "b"] })).toMatchObject({
          inputs: { label: { name: "k", form: "index" } },
          classes: ["a", "b"],
        });
  });

  it("what the options say counts", () => {
    const inputs = [input("a", [-1, 8]), input("b", [-1, 8])];
    expect(taken(inputs, { inputs: { latent: "b", label: "a" } })).toMatchObject({
      inputs: { latent: "b", label: { name: "a", form: "one-hot" } },
    });
    expect(taken(inputs, { inputs: { constants: { a: 0 } } }).inputs).toEqual({
      latent: "b",
      constants: { a: 0 },
    });
    expect(taken([z], { inputs: { label: { form: "joined" } }, classes: 3 })).toMatchObject({
      dim: 5,
      classes: ["0", "1", "2"],
    });
  });

  it("a truncation truncates nothing unless it is told", () => {
    const inputs = [z, input("truncation_psi", [])];
    expect(taken(inputs).inputs.constants).toEqual({ truncation_psi: 1 });
    expect(taken(inputs, { inputs: { constants: { truncation_psi: 0.5 } } }).inputs.constants).toEqual({
      truncation_psi: 0.5,
    });
  });

  it.each<[string, readonly GraphInput[], Partial<FetchGeneratorOptions>, RegExp]>([
    [
      "noise beside a latent",
      [z, input("noise", [-1, 1, 8, 8])],
      {},
      /cannot be told.*constants: \{ noise: 0 \}/,
    ],
    ["two labels", [z, input("y", [-1, 3]), input("label", [-1, 3])], {}, /may each be the class/],
    ["an index of unknown classes", [z, input("y", [-1], "int64")], {}, /say the classes/],
    ["another number of classes", [z, input("y", [-1, 4])], { classes: 5 }, /takes 4 classes.*gives 5/],
    ["classes and no place for them", [z], { classes: 5 }, /form: joined/],
    ["a name that is none", [z], { inputs: { latent: "w" } }, /no input 'w' \(it has 'z'\)/],
    ["an open size", [input("z", [-1, -1])], {}, /latent: \{ dim: 128 \}/],
    ["several open sizes", [input("z", [-1, 4, -1, -1])], { latent: { dim: 64 } }, /latent: \{ shape:/],
    ["whole numbers as a latent", [input("z", [-1, 8], "int64")], {}, /floating-point/],
    ["a vector without a batch", [input("z", [8])], {}, /a generator takes latents/],
  ])("%s is refused, with what to say", (_, inputs, options, message) => {
    expect(() => taken(inputs, options)).toThrow(message);
  });
});

const array = (...data: number[]): HostArray => ({
  type: "float32",
  shape: [],
  data: Float32Array.from(data),
});
const call = (
  op: string,
  inputs: readonly string[],
  output = "y",
  attributes: Readonly<Record<string, Attribute>> = {},
): GraphNode => ({
  name: op,
  op,
  inputs,
  outputs: [output],
  attributes: new Map(Object.entries(attributes)),
});

describe("the range of a model's images", () => {
  const constants = new Map([
    ["-1", array(-1)],
    ["0", array(0)],
    ["1", array(1)],
    ["half", array(0.5)],
    ["255", array(255)],
    ["6", array(6)],
    ["several", array(1, 2, 3)],
  ]);
  const of = (...nodes: GraphNode[]): ReturnType<typeof rangeOf> =>
    rangeOf(graphOf([z], { nodes, constants }));
  it.each<[string, GraphNode[], readonly [number, number] | undefined]>([
    ["tanh", [call("Tanh", ["x"])], [-1, 1]],
    ["a sigmoid, moved", [call("Sigmoid", ["x"], "a"), call("Reshape", ["a"])], [0, 1]],
    ["a clip", [call("Clip", ["x", "-1", "1"])], [-1, 1]],
    ["a clip of old", [call("Clip", ["x"], "y", { min: 0, max: 1 })], [0, 1]],
    ["a clip of one side", [call("Clip", ["x", "0"])], undefined],
    ["a clip of no usual range", [call("Clip", ["x", "0", "6"])], undefined],
    ["a clip of unknown bounds", [call("Clip", ["x", "a", "b"])], undefined],
    ["Max and Min", [call("Max", ["x", "0"], "a"), call("Min", ["1", "a"])], [0, 1]],
    [
      "tanh, halved and raised",
      [call("Tanh", ["x"], "a"), call("Mul", ["a", "half"], "b"), call("Add", ["half", "b"])],
      [0, 1],
    ],
    ["a sigmoid times 255", [call("Sigmoid", ["x"], "a"), call("Mul", ["a", "255"])], [0, 255]],
    ["a sigmoid within a wider clip", [call("Sigmoid", ["x"], "a"), call("Clip", ["a", "-1", "1"])], [0, 1]],
    ["tanh times a number a channel", [call("Tanh", ["x"], "a"), call("Mul", ["a", "several"])], undefined],
    ["half a tanh", [call("Tanh", ["x"], "a"), call("Mul", ["a", "half"])], undefined],
    ["a convolution", [call("Conv", ["x"])], undefined],
  ])("of %s", (_, nodes, range) => {
    expect(of(...nodes)?.range).toEqual(range);
  });

  it("of 8-bit numbers is 0 to 255, and of a clip it is known that it is one", () => {
    expect(rangeOf(graphOf([z], { bytes: true }))?.range).toEqual([0, 255]);
    expect(of(call("Clip", ["x", "-1", "1"]))?.clipped).toBe(true);
    expect(of(call("Tanh", ["x"], "a"), call("Clip", ["a", "-1", "1"]))?.clipped).toBe(false);
  });
});
