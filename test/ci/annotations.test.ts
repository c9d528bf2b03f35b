import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { validateXML } from "xmllint-wasm";
import { fixture } from "../rig/fixtures.js";
import { Project } from "../rig/project.js";

describe("a pipeline that is not valid, in CI", () => {
  const p = new Project({
    "jobs/pipelines/p.yaml": `params: { "50%": 1 }
steps:
  a: { run: "echo ::error::forged > \${{ outputs.o }}", outputs: { o: o.txt }, inputs: { x: nothing } }
  b: { uses: no-kind }
`,
  });
  const call = (words: string[], env: Record<string, string>) =>
    p.vistas(words, { cwd: p.path("jobs"), env });

  it("is annotated at its lines on GitHub's runners, and nowhere else", async () => {
    const github = { GITHUB_ACTIONS: "true", GITHUB_WORKSPACE: p.folder };
    const { stderr } = await call(["validate", "p.yaml"], github);
    const commands = stderr.split("\n").filter(line => line.startsWith("::"));
    expect(commands).toEqual([
      // A percent sign would begin an escape.
      expect.stringMatching(/^::error .*line=1,.*title=vistas bad-name::`50%25` cannot be a name here%0A/),
      expect.stringMatching(
        /^::error file=jobs\/pipelines\/p\.yaml,line=3,col=\d+,endColumn=\d+,title=vistas unknown-step::there is no step `nothing`/,
      ),
      expect.stringMatching(/^::error file=jobs\/pipelines\/p\.yaml,line=4,.*unknown-kind::.*%0A/),
    ]);
    expect((await call(["validate", "p.yaml"], {})).stderr).not.toMatch(/^::/m);
  });

  it("gives `reproduce` a JUnit file and a summary that say so", async () => {
    const { code } = await call(["reproduce", "p.yaml", "--junit", "r.xml", "--markdown", "r.md"], {});
    expect(code).toBe(2);
    const xml = p.read("jobs/r.xml");
    const { errors } = await validateXML({
      xml: { fileName: "r.xml", contents: xml },
      schema: { fileName: "junit.xsd", contents: readFileSync(fixture("junit/junit.xsd"), "utf8") },
    });
    expect(errors).toEqual([]);
    expect(xml).toContain('tests="3" failures="0" errors="3"');
    expect(p.read("jobs/r.md")).toContain("is not valid: nothing ran");
    expect(p.read("jobs/r.md")).toContain("- `pipelines/p.yaml:3:");
  });
});
