import { describe, expect, it } from "@jest/globals";
import {
  ATTRIBUTE_TYPE,
  DATA_TYPE,
  readModel,
  writeModel,
  type ModelProto,
} from "../../steps/formats/onnx/index.js";

const none = { floats: [], ints: [], strings: [] };
const noData = {
  ...{ floatData: [], int32Data: [], int64Data: [], doubleData: [], uint64Data: [], externalData: [] },
};

describe("the ONNX codec", () => {
  const model: ModelProto = {
    irVersion: 8,
    producerName: "vistas",
    opsetImport: [{ version: 17 }, { domain: "com.microsoft", version: 1 }],
    functions: [],
    graph: {
      name: "g",
      node: [
        {
          opType: "Gemm",
          input: ["x", "w", ""],
          output: ["y"],
          attribute: [
            { ...none, name: "transB", type: ATTRIBUTE_TYPE.int, i: -1 },
            { ...none, name: "alpha", type: ATTRIBUTE_TYPE.float, f: 0.5 },
            { ...none, name: "perm", type: ATTRIBUTE_TYPE.ints, ints: [1, 0, 2 ** 40] },
            { ...none, name: "mode", type: ATTRIBUTE_TYPE.string, s: Buffer.from("linear") },
          ],
        },
      ],
      initializer: [
        { ...noData, name: "w", dims: [2, 1], dataType: DATA_TYPE.float, rawData: Buffer.alloc(8, 1) },
      ],
      sparseInitializer: [],
      input: [
        {
          name: "x",
          type: {
            tensorType: { elemType: DATA_TYPE.float, shape: { dim: [{ dimParam: "n" }, { dimValue: 2 }] } },
          },
        },
      ],
      output: [],
      valueInfo: [],
    },
  };

  it("gives back what it wrote", () => {
    expect(readModel(writeModel(model))).toEqual(model);
  });

  it("writes the bytes that ONNX's schema asks for", () => {
    const bytes = writeModel({ irVersion: 8, opsetImport: [{ version: 17 }], functions: [] });
    expect(Buffer.from(bytes).toString("hex")).toBe("080842021011");
  });

  it("reads lists packed and unpacked, and passes over what it does not know", () => {
    // NodeProto attribute "p": ints (field 8) 1, 2 packed; then 3 by itself; and a doc_string (field 13).
    const attribute = Buffer.from("0a0170" + "42020102" + "4003" + "6a0178", "hex");
    const node = Buffer.concat([Buffer.from([0x2a, attribute.length]), attribute]);
    const graph = Buffer.concat([Buffer.from([0x0a, node.length]), node]);
    const read = readModel(Buffer.concat([Buffer.from([0x3a, graph.length]), graph]));
    expect(read.graph?.node[0]?.attribute[0]).toEqual({ ...none, name: "p", ints: [1, 2, 3] });
  });

  it("refuses what is no message, or is cut short", () => {
    const bytes = writeModel(model);
    expect(() => readModel(Buffer.from("not a model"))).toThrow();
    expect(() => readModel(bytes.subarray(0, bytes.length - 3))).toThrow();
  });
});
