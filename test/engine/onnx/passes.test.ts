import { describe, expect, it } from "@jest/globals";
import {
  withoutAliases,
  withoutRepeats,
  withoutDeadCode,
  simplify,
} from "../../../steps/engine/trace/passes.js";
import type { Graph, Node, Value } from "../../../steps/engine/trace/index.js";

const value = (shape: number[] = [2, 3], dtype: Value["dtype"] = "float32"): Value => ({ shape, dtype });
const node = (
  kernel: string,
  inputs: Record<string, Value>,
  outputs: Value[],
  attributes: Record<string, unknown> = {},
): Node => ({ kernel, inputs, outputs, attributes, origin: new Error() });
const graph = (nodes: Node[], outputs: Record<string, Value>, next: Record<string, Value> = {}): Graph => ({
  ...{ inputs: {}, state: {}, nodes, outputs, next },
});
const kernels = ({ nodes }: Graph): string[] => nodes.map(({ kernel }) => kernel);

describe("dead code", () => {
  it("goes, all the way up; what state or outputs need stays", () => {
    const [x, a, b, c, d] = [value(), value(), value(), value(), value()];
    const nodes = [
      node("Exp", { x }, [a]),
      node("Log", { x: a }, [b]),
      node("Neg", { x: b }, [value()]),
      node("Sin", { x: a }, [c]),
      node("Cos", { x }, [d]),
    ];
    expect(kernels(withoutDeadCode(graph(nodes, { y: c }, { s: d })))).toEqual(["Exp", "Sin", "Cos"]);
  });

  it("keeps a node of which one output is used", () => {
    const [x, a, b] = [value(), value(), value()];
    expect(kernels(withoutDeadCode(graph([node("SplitV", { x }, [a, b])], { b })))).toEqual(["SplitV"]);
  });
});

describe("aliases", () => {
  it.each([
    ["Identity", {}, value(), true],
    ["Reshape", { shape: [2, 3] }, value(), true],
    ["Reshape", { shape: [6] }, value([6]), false],
    ["Cast", { dtype: "float32" }, value(), true],
    ["Cast", { dtype: "int32" }, value([2, 3], "int32"), false],
    ["Transpose", { perm: [0, 1] }, value(), true],
    ["Transpose", { perm: [1, 0] }, value([3, 2]), false],
    ["Tile", { reps: [1, 1] }, value(), true],
    ["Exp", {}, value(), false],
  ] as const)("%s with %j to %j", (kernel, attributes, output, gone) => {
    const x = value();
    const nodes = [node(kernel, { x }, [output], attributes), node("Neg", { x: output }, [value()])];
    const after = withoutAliases(graph(nodes, { y: output }));
    expect(kernels(after)).toEqual(gone ? ["Neg"] : [kernel, "Neg"]);
    expect(after.outputs["y"]).toBe(gone ? x : output);
    expect(after.nodes.at(-1)?.inputs["x"]).toBe(gone ? x : output);
  });

  it("does not take a square's transposition for one", () => {
    const x = value([3, 3]);
    const y = value([3, 3]);
    const turned = graph([node("Transpose", { x }, [y], { perm: [1, 0] })], { y });
    expect(kernels(withoutAliases(turned))).toEqual(["Transpose"]);
  });
});

describe("repeats", () => {
  const constant = (...numbers: number[]): Value => ({
    ...{ shape: [numbers.length], dtype: "float32" },
    data: Float32Array.from(numbers),
  });

  it("are computed once, also when they stand on repeats", () => {
    const [x, a, b, c, d] = [value(), value(), value(), value(), value()];
    const nodes = [
      node("Exp", { x }, [a]),
      node("Exp", { x }, [b]),
      node("Neg", { x: a }, [c]),
      node("Neg", { x: b }, [d]),
    ];
    const after = withoutRepeats(graph(nodes, { c, d }));
    expect(kernels(after)).toEqual(["Exp", "Neg"]);
    expect(after.outputs["d"]).toBe(c);
  });

  it("differ by kernel, attributes, inputs and their order", () => {
    const [a, b] = [value(), value()];
    const nodes = [
      node("Sub", { a, b }, [value()]),
      node("Sub", { a: b, b: a }, [value()]),
      node("Add", { a, b }, [value()]),
      node("Sum", { x: a }, [value()], { axis: 0 }),
      node("Sum", { x: a }, [value()], { axis: 1 }),
    ];
    expect(withoutRepeats(graph(nodes, {})).nodes).toHaveLength(5);
  });

  it("know constants by their numbers, shape and type", () => {
    const x = value();
    const add = (b: Value): Node => node("Add", { a: x, b }, [value()]);
    const matrix = { ...constant(1, 2), shape: [1, 2] };
    const nodes = [add(constant(1, 2)), add(constant(1, 2)), add(constant(1, 3)), add(matrix)];
    expect(withoutRepeats(graph(nodes, {})).nodes).toHaveLength(3);
  });
});

it("together they leave what is needed", () => {
  const [x, copy, other, a, b] = [value(), value(), value(), value(), value()];
  const nodes = [
    node("Identity", { x }, [copy]),
    node("Reshape", { x: copy }, [other], { shape: [2, 3] }),
    node("Exp", { x: copy }, [a]),
    node("Exp", { x: other }, [b]),
    node("Neg", { x: b }, [value()]),
  ];
  const after = simplify(graph(nodes, { a, b }));
  expect(kernels(after)).toEqual(["Exp"]);
  expect(after.outputs["b"]).toBe(a);
});
