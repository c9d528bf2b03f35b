import { describe, expect, it } from "@jest/globals";
import { nameClasses } from "../../steps/kinds/fetch-dataset/classes.js";
import type { RawPart } from "../../steps/kinds/fetch-dataset/part.js";

const part = (labels: number[], folders: string[] = [], from = "y.npy"): RawPart => ({
  count: labels.length,
  shape: [1, 1, 1],
  images: new Uint8Array(labels.length),
  labels: Float64Array.from(labels),
  ...{ folders, from },
});

function named(
  names: string[],
  parts: RawPart[],
): { classes: readonly string[]; labels: number[][]; lines: string[] } {
  const lines: string[] = [];
  const result = nameClasses(names, parts, line => void lines.push(line));
  return { classes: result.classes, labels: result.parts.map(({ labels }) => [...(labels ?? [])]), lines };
}

describe("classes of numbers", () => {
  it("are those that occur in a part, named by their numbers, in their order", () => {
    expect(named([], [part([10, 0, 5, 10]), part([5, 7])])).toEqual({
      classes: ["0", "5", "7", "10"],
      labels: [
        [3, 0, 1, 3],
        [1, 2],
      ],
      lines: [],
    });
    expect(named([], [part([2 ** 40, 1])]).classes).toEqual(["1", "1099511627776"]);
  });

  it("have the names of their numbers; a name without images is no class", () => {
    const { classes, labels, lines } = named(["none", "a", "b", "c"], [part([1, 3]), part([3, 1])]);
    expect([classes, labels]).toEqual([
      ["a", "c"],
      [
        [0, 1],
        [1, 0],
      ],
    ]);
    expect(lines).toEqual(["named classes without images are left out: none, b"]);
  });

  it("beyond the names are refused, with the payload and the image", () => {
    expect(() => named(["a", "b"], [part([0, 1]), part([0, 2], [], "t.npy")])).toThrow(
      "t.npy: label 2 of image 1 is none of the 2 classes that are named, 0 to 1",
    );
  });
});

describe("classes of folders", () => {
  const folders = ["cat", "dog"];
  it("are their names; `classes` may put them in another order, and an image keeps its folder's name", () => {
    expect(named([], [part([0, 1], folders)])).toMatchObject({ classes: folders, labels: [[0, 1]] });
    expect(named(["dog", "cat"], [part([0, 1], folders)])).toMatchObject({
      classes: ["dog", "cat"],
      labels: [[1, 0]],
    });
  });

  it("may get other names, by order, which is told", () => {
    const { classes, lines } = named(["Katze", "Hund"], [part([0, 1], folders)]);
    expect([classes, lines]).toEqual([
      ["Katze", "Hund"],
      ["classes named by order: cat is 'Katze', dog is 'Hund'"],
    ]);
  });

  it.each([[["cat", "dgo"]], [["Dog", "Cat"]], [["cat"]], [["cat", "dog", "eel"]], [["dog ", "x"]]])(
    "are not renamed by mistake: %j",
    names => {
      expect(() => named(names, [part([0, 1], folders)])).toThrow("are not the folders, cat, dog");
    },
  );

  it("are the same in both parts", () => {
    expect(() => named([], [part([0, 1], folders), part([0, 1], ["cat", "eel"])])).toThrow(
      "train and test must have the same class folders: only train has dog; only test has eel",
    );
  });
});
