import process from "node:process";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { execa } from "execa";
import { missing } from "../../../steps/engine/packages.js";
import { describeOrSkip } from "../../rig/skip.js";
import { GROUPS, MARK } from "./run-checks.js";

const ABOUT: Readonly<Record<string, string>> = {
  table: "compiled operations give what eager ones do, values and gradients",
  shapes: "compiled operations of random shapes give what eager ones do",
  programs: "compiled programs",
  trainings: "compiled trainings",
  foreign: "compiled generators of other programs",
  operators: "the table of operators beside onnxruntime",
};

describeOrSkip("the engine onnx", missing("onnx"), () => {
  for (const [group, checks] of Object.entries(GROUPS))
    describe(ABOUT[group] ?? group, () => {
      let outcomes: Readonly<Record<string, string>> = {};
      beforeAll(async () => {
        const program = fileURLToPath(new URL("./run-checks.js", import.meta.url));
        const { stdout } = await execa(process.execPath, [program, group]);
        const line = stdout.split("\n").find(text => text.startsWith(MARK)) ?? "";
        outcomes = JSON.parse(line.slice(MARK.length)) as Record<string, string>;
        // A busy machine takes its time.
      }, 300_000);

      it.each(checks.map(({ name }) => name))("%s", name => {
        expect(outcomes[name]).toBe("ok");
      });
    });
});
