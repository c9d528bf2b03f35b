import { describe, expect, it } from "@jest/globals";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import kind from "../../steps/kinds/fetch-dataset/index.js";
import { sha256 } from "../../steps/formats/digest.js";
import { readImages } from "../../steps/artifacts/images.js";
import { runKind } from "../rig/context.js";

const folder = fileURLToPath(new URL("../../../artifacts/published/fashion-mnist/", import.meta.url));
const lines = readFileSync(join(folder, "SHA256SUMS"), "utf8").split("\n");
/** Digest by name: of the files, and, in the comments, of their payloads. */
const sums = (prefix: string): Record<string, string> =>
  Object.fromEntries(
    lines.flatMap(line => {
      const match = new RegExp(`^${prefix}([0-9a-f]{64}) {2}(\\S+)$`).exec(line);
      return match === null ? [] : [[match[2] ?? "", match[1] ?? ""]];
    }),
  );

describe("the published subset of Fashion-MNIST", () => {
  it("is under 6 MB, with a licence and the checksums that its files have", () => {
    const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
    expect(bytes).toBeLessThan(6e6);
    expect(readFileSync(join(folder, "LICENSE"), "utf8")).toContain("Zalando SE");
    const files = sums("");
    expect(Object.keys(files).length).toBe(4);
    for (const [name, digest] of Object.entries(files))
      expect(sha256(readFileSync(join(folder, name)))).toBe(digest);
  });

  it("comes through fetch-dataset: 1,000 train and 300 test images of each of ten classes", async () => {
    const { outputs } = await runKind(kind, { with: { source: folder, sha256: sums("# ") } });
    for (const [part, each] of [
      ["train", 1000],
      ["test", 300],
    ] as const) {
      const { count, shape, labels, classes } = await readImages(outputs[part] ?? "");
      expect([count, shape, classes.length]).toEqual([10 * each, [28, 28, 1], 10]);
      for (let label = 0; label < 10; label++) expect(labels?.filter(l => l === label).length).toBe(each);
    }
  });
});
