import { describe, expect, it } from "@jest/globals";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { x as extract } from "tar";
import { Project } from "../rig/project.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** The blocks of a language in a section of a document that ends at the next heading. */
function blocks(document: string, section: string, language: string): string[] {
  const text = readFileSync(`${root}${document}`, "utf8");
  const [, after = ""] = text.split(`## ${section}\n`);
  const [own = ""] = after.split(/^## /m);
  return [...own.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, "g"))].map(
    ([, code = ""]) => code,
  );
}

/** A project of a stranger's, with vistas installed from its packed tarball. */
async function strangersProject(files: Readonly<Record<string, string>>): Promise<Project> {
  const project = new Project({ "package.json": '{ "name": "stranger", "type": "module" }', ...files });
  const installed = project.path("node_modules", "vistas");
  mkdirSync(installed, { recursive: true });
  const { stdout } = await execa(
    "npm",
    ["pack", "--ignore-scripts", "--json", "--silent", "--pack-destination", project.folder],
    { cwd: root },
  );
  const [{ filename = "" } = {}] = JSON.parse(stdout) as { filename?: string }[];
  await extract({ file: project.path(filename), cwd: installed, strip: 1 });
  symlinkSync(`${root}node_modules`, project.path("node_modules", "vistas", "node_modules"));
  return project;
}

const SECTION = "Layers, losses and augmentations of your own";
const [vicreg = ""] = blocks("docs/plugins.md", SECTION, "ts");
const [steps = ""] = blocks("docs/plugins.md", SECTION, "yaml");
const published = "./node_modules/vistas/artifacts/published/fashion-mnist";
const data = `
  data:
    uses: fetch-dataset
    with:
      dataset: small
      source: ${published}
      sha256: { train-images-idx3-ubyte: IMAGES, train-labels-idx1-ubyte: LABELS }
      files: { train: { images: train-images-idx3-ubyte, labels: train-labels-idx1-ubyte } }
      trainCount: 100
      holdout: 20
      classes: [a, b, c, d, e, f, g, h, i, j]
  plain: { uses: train-contrastive, inputs: { images: data.train }, with: { updates: 0, encoder: { kind: mlp, hidden: [4] } } }
`;

describe("a project with vistas from its tarball", () => {
  it("compiles and runs the TypeScript kind of docs/plugins.md, whose code is in its own key alone", async () => {
    const project = await strangersProject({ "kinds/vicreg.ts": vicreg });
    const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
    const types = ["--types", "node", "--typeRoots", `${root}node_modules/@types`, "--skipLibCheck"];
    const compiled = await execa(
      process.execPath,
      [tsc, "--strict", "--module", "nodenext", "--target", "es2022", ...types, "kinds/vicreg.ts"],
      { cwd: project.folder, reject: false },
    );
    expect(compiled.stdout).toBe("");
    const sums = readFileSync(project.path(`${published}/SHA256SUMS`), "utf8");
    const sum = (name: string): string => new RegExp(`# (\\w{64}) {2}${name}`).exec(sums)?.[1] ?? "";
    const text = steps
      .replace("vicreg.ts", "vicreg.js")
      .replace("steps:\n", `steps:${data}`)
      .replace("IMAGES", sum("train-images-idx3-ubyte"))
      .replace("LABELS", sum("train-labels-idx1-ubyte"));
    project.write("p.yaml", text);
    const vistas = async (...args: string[]): Promise<string> => {
      const cli = project.path("node_modules/vistas/dist/runner/cli.js");
      const { stdout } = await execa(process.execPath, [cli, ...args], {
        cwd: project.folder,
      });
      return stdout;
    };
    await vistas("run", "p.yaml", "--backend", "wasm");
    const shown = JSON.parse(await vistas("show", "p.yaml", "encoder", "--json")) as {
      metrics: Record<string, number>;
      outputs: Record<string, { path: string }>;
    };
    expect(Number.isFinite(shown.metrics["loss"])).toBe(true);
    const card = readFileSync(`${shown.outputs["encoder"]?.path ?? ""}/model.json`, "utf8");
    expect(JSON.parse(card)).toMatchObject({ model: { layers: [{}, { units: 8 }, { type: "scale" }] } });
    const plan = async (): Promise<Record<string, string>> => {
      const { steps: planned } = JSON.parse(
        await vistas("plan", "p.yaml", "--json", "--backend", "wasm"),
      ) as {
        steps: { id: string; status: string }[];
      };
      return Object.fromEntries(planned.map(({ id, status }) => [id, status]));
    };
    expect(await plan()).toEqual({ data: "cached", plain: "cached", encoder: "cached" });
    project.write("kinds/vicreg.js", project.read("kinds/vicreg.js").replace("1e-4", "1e-3"));
    expect(await plan()).toEqual({ data: "cached", plain: "cached", encoder: "run" });
    // What it imports through a door is its code as well.
    project.write("kinds/vicreg.js", project.read("kinds/vicreg.js").replace("1e-3", "1e-4"));
    const loss = "node_modules/vistas/dist/steps/nn/augment.js";
    project.write(loss, project.read(loss).replace("0.299", "0.298"));
    expect(await plan()).toMatchObject({ data: "cached", encoder: "run" });
  });

  it("runs TypeScript as it stands where Node does, and elsewhere says what to do", async () => {
    const project = new Project({
      "package.json": '{ "type": "module" }',
      "kinds/count.ts": `import { writeFileSync } from "node:fs";
        import { defineStep, type StepContext } from "vistas";
        export default defineStep({
          kind: "count", summary: "s", with: { properties: { n: { type: "integer", default: 3 } } }, outputs: ["o"],
          run(ctx: StepContext<{ readonly n: number }>) { writeFileSync(ctx.outputs["o"]!, String(ctx.with.n)); },
        });`,
      "p.yaml": "plugins: [./kinds/count.ts]\nsteps: { a: { uses: count } }\n",
    });
    const { code, stderr } = await project.vistas(["run", "p.yaml"]);
    if ("typescript" in process.features) {
      expect(stderr).not.toContain("Warning");
      expect(code).toBe(0);
      expect(await project.output("a", "o")).toBe("3");
      const source = project.read("kinds/count.ts");
      project.write(
        "kinds/count.ts",
        source.replace("readonly n: number", "readonly n: number; readonly m: 1"),
      );
      expect(await project.run()).toEqual({ a: "cached" });
      project.write("kinds/count.ts", source.replace("String(ctx.with.n)", "`${ctx.with.n}!`"));
      expect(await project.run()).toEqual({ a: "ran" });
      return;
    }
    expect(code).toBe(2);
    expect(stderr).toContain("p.yaml:1:11");
    expect(stderr).toContain("`./kinds/count.ts` is TypeScript, which Node ");
    expect(stderr).toContain("Node 22.18 or later");
  });
});
