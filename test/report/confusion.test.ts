import { describe, expect, it } from "@jest/globals";
import { confusionSvg } from "../../steps/evaluation/confusion.js";
import { elements } from "./well-formed.js";

describe("the drawing of a confusion matrix", () => {
  it("has a cell for each pair of classes that was seen, as dark as its share of the row, with its count", () => {
    const svg = confusionSvg(
      ["cat", "<dog> & \u0007"],
      [
        [3, 1],
        [0, 5],
      ],
    );
    const cells = elements(svg).filter(({ attributes }) => attributes["fill-opacity"] !== undefined);
    expect(cells.map(({ attributes }) => attributes["fill-opacity"])).toEqual(["0.750", "0.250", "1.000"]);
    expect(svg).toContain("cat taken for &#60;dog&#62; &#38; &#65533;: 1 of 4");
    expect(svg.match(/text-anchor="middle">\d+</g)).toEqual(
      ["3", "1", "5"].map(n => `text-anchor="middle">${n}<`),
    );
    expect(svg).toMatch(/^<svg [^>]*\bwidth="\d+" height="\d+"/);
  });

  it("survives a class without images, and hundreds of classes", () => {
    expect(
      confusionSvg(
        ["a", "b"],
        [
          [0, 0],
          [1, 0],
        ],
      ),
    ).not.toContain("NaN");
    const many = Array.from({ length: 300 }, (_, i) => `class ${i}`);
    const diagonal = many.map((_, i) => many.map((_, j) => Number(i === j)));
    const svg = confusionSvg(many, diagonal);
    expect(elements(svg).filter(({ name }) => name === "rect")).toHaveLength(301);
    expect(svg).not.toContain("class 7</text>");
  });
});
