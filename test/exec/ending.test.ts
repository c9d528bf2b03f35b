import { expect, it } from "@jest/globals";
import { endingOf } from "../../runner/exec/attempt/label-file-name.js";

it.each([
  ["scan.nii.gz", ".nii.gz"],
  ["a.tar.zst", ".tar.zst"],
  ["calls.vcf.gz.tbi", ".vcf.gz.tbi"],
  ["x.ome.tiff", ".ome.tiff"],
  ["table.csv", ".csv"],
  ["report.2024.gz", ".gz"],
  ["v1.2.csv", ".csv"],
  ["model", ""],
  [".nii.gz", ".gz"],
])("the ending of %s is %s", (name, ending) => {
  expect(endingOf(name)).toBe(ending);
});
