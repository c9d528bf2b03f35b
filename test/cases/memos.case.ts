import { describe, expect, it } from "@jest/globals";
import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { Project } from "../rig/project.js";

/** A document as the first edition kept it in a store's `cache/`. */
function forge(project: Project, area: string, name: string, value: unknown): void {
  const body = JSON.stringify({ of: name, value });
  const sum = createHash("sha256").update(body).digest("hex");
  mkdirSync(project.path(`artifacts/cache/${area}`), { recursive: true });
  writeFileSync(project.path(`artifacts/cache/${area}/${name}.json`), `{"sha256":"${sum}","body":${body}}\n`);
}

const PIPELINE = 'steps:\n  a: { run: "echo harmless > ${{ outputs.o }}", outputs: { o: o.txt } }\n';
const KIND = (word: string): string => `import { writeFileSync } from "node:fs";
import { defineStep } from "vistas";
export default defineStep({ kind: "k", summary: "x", with: { type: "object", properties: {} }, inputs: {},
  outputs: { o: { doc: "o", path: "o.txt" } }, run(ctx) { writeFileSync(ctx.outputs.o, "${word}"); } });
`;

describe("attack", () => {
  it("01: a parsed pipeline that a store brings is not run in place of the YAML", async () => {
    const project = new Project({ "p.yaml": PIPELINE });
    const name = createHash("sha256").update(PIPELINE).digest("hex");
    const evil = { steps: { a: { run: "echo evil > ${{ outputs.o }}", outputs: { o: "o.txt" } } } };
    forge(project, "documents", name, evil);
    forge(project, "documents", name, { value: evil });
    expect(await project.run()).toEqual({ a: "ran" });
    await project.vistas(["checkout", "p.yaml", "a.o", "out"]);
    expect(project.read("out/o.txt")).toBe("harmless\n");
  });

  it("02: what a store says of a plug-in's text does not hide that it changed", async () => {
    const project = new Project({
      "p.yaml": "plugins: [./k.js]\nsteps:\n  a: { uses: k }\n",
      "k.js": KIND("one"),
    });
    await project.run();
    project.write("k.js", KIND("two"));
    const name = createHash("sha256").update(KIND("two")).digest("hex");
    const old = createHash("sha256").update(KIND("one")).digest("hex");
    forge(project, "modules", name, { digest: old, imports: ["node:fs", "vistas"] });
    expect(await project.run()).toEqual({ a: "ran" });
    rmSync(project.path("out"), { recursive: true, force: true });
    await project.vistas(["checkout", "p.yaml", "a.o", "out"]);
    expect(project.read("out/o.txt")).toBe("two");
  });
});
