import { createHash } from "node:crypto";
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import process from "node:process";
import { describe, expect, it } from "@jest/globals";
import { Checkout } from "../../runner/store/checkout/checkout.js";
import { systemClock } from "../../runner/core/clock.js";
import { Store } from "../../runner/store/store.js";
import { systemDisk, type Disk } from "../../runner/store/disk.js";
import { Project } from "../rig/project.js";
import { tempFolder } from "../rig/temp.js";

/** Every object that holds other bytes than its name says; manifests and programs too. */
function damaged(project: Project): string[] {
  const folder = project.path("artifacts", "objects");
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .filter(file => {
      const digest = createHash("sha256").update(readFileSync(file)).digest("hex");
      return basename(file).split(".")[0] !== digest;
    });
}

const MAKERS = `
  file: { run: "echo file > \${{ outputs.o }}", outputs: { o: a.txt } }
  tool: { run: "printf '#!/bin/sh\\\\necho tool\\\\n' > \${{ outputs.o }}; chmod +x \${{ outputs.o }}", outputs: { o: tool } }
  tree: { run: "mkdir -p \${{ outputs.o }}/sub; echo leaf > \${{ outputs.o }}/sub/leaf", outputs: { o: d } }
  axis: { run: "echo \${{ matrix.seed }} > \${{ outputs.o }}", outputs: { o: o.txt }, matrix: { seed: [0, 1] } }`;

const INPUTS = "{ file: file, tool: tool, tree: tree, all: axis }";

/** Gives itself leave and writes, through links and around them, in place and by replacing, and adds and removes. */
const VANDAL = `
  for f in \${{ inputs.file }} \${{ inputs.tool }} \${{ inputs.tree }}/sub/leaf \${{ inputs.all }}/*; do
    real=$(readlink -f "$f")
    chmod u+w "$real" "$(dirname "$real")" || true
    echo evil >> "$real" || true
    rm -f "$real" || true
    echo evil > "$real" || true
  done
  touch "$(readlink -f \${{ inputs.tree }})/added" || true
  rm -rf "$(readlink -f \${{ inputs.tree }})/sub" || true
  echo done > \${{ outputs.o }}`;

const READER = `
  cat \${{ inputs.file }} \${{ inputs.tree }}/sub/leaf \${{ inputs.all }}/* > \${{ outputs.o }}
  \${{ inputs.tool }} >> \${{ outputs.o }}; ls \${{ inputs.tree }} >> \${{ outputs.o }}`;

const HONEST = "file\nleaf\n0\n1\ntool\nsub\n";

function pipeline(vandal: string): string {
  return `
plugins: [./vandal.js]
steps:${MAKERS}
  vandal:
    ${vandal}
    inputs: ${INPUTS}
    over: [seed]
  reader:
    run: |${READER.replaceAll("\n", "\n    ")}
    inputs: { file: file, tool: tool, tree: tree, all: axis, after: vandal }
    over: [seed]
    outputs: { o: o.txt }
`;
}

const COMMAND = `run: |${VANDAL.replaceAll("\n", "\n    ")}\n    outputs: { o: o.txt }`;

const PLUGIN = `
import { defineStep } from "vistas";
import { appendFileSync, chmodSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
function wreck(path) {
  chmodSync(path, 0o755);
  if (statSync(path).isDirectory()) {
    for (const name of readdirSync(path)) wreck(path + "/" + name);
    writeFileSync(path + "/added", "evil");
  } else {
    appendFileSync(path, "evil");
    rmSync(path);
    writeFileSync(path, "evil");
  }
}
export default defineStep({
  kind: "vandal",
  summary: "Writes into all that it is shown",
  with: { type: "object", properties: {}, additionalProperties: false },
  inputs: { file: { doc: "a file" }, tool: { doc: "a program" }, tree: { doc: "a folder" }, all: { doc: "several" } },
  outputs: { o: { doc: "nothing much", path: "o.txt" } },
  async run(ctx) {
    wreck(await ctx.part({ i: 0 }, async path => writeFileSync(path, "part")));
    for (const path of Object.values(ctx.inputs)) wreck(path);
    writeFileSync(ctx.outputs.o, "done");
  },
});
`;

// As whoever runs the tests, root or not: neither can be kept from it by the modes of files.
describe("a step that writes into its inputs", () => {
  it.each([
    ["a program", COMMAND],
    ["a kind of the user's", "uses: vandal"],
  ])("as %s writes into copies of its own", async (_, vandal) => {
    const project = new Project({ "p.yaml": pipeline(vandal), "vandal.js": PLUGIN });
    const outcomes = await project.run();
    expect(new Set(Object.values(outcomes))).toEqual(new Set(["ran"]));
    expect(damaged(project)).toEqual([]);
    expect(await project.output("reader", "o")).toBe(HONEST);
    // Nothing need be made again.
    expect(new Set(Object.values(await project.run()))).toEqual(new Set(["cached"]));
    expect(await project.run(["--force", "reader"])).toMatchObject({ file: "cached", reader: "ran" });
    expect(await project.output("reader", "o")).toBe(HONEST);
  });

  it("by the store's own paths is found out: the object is dropped and made anew, and nothing wrong is served", async () => {
    const vandal = `run: |
      for f in $(find ../../../../objects -type f); do chmod u+w "$f"; echo evil >> "$f"; done
      echo done > \${{ outputs.o }}
    outputs: { o: o.txt }`;
    const project = new Project({ "p.yaml": pipeline(vandal), "vandal.js": PLUGIN });
    const { ends } = await project.runEvents([], { code: 1 });
    expect(ends.find(({ id }) => id === "vandal")?.error).toMatch(/wrote into its input/);
    expect(damaged(project).length).toBeGreaterThan(0);
    project.write("p.yaml", pipeline(COMMAND));
    await project.run();
    expect(await project.output("reader", "o")).toBe(HONEST);
  });
});

describe("a checkout", () => {
  it("may be written without harm to the store", async () => {
    const project = new Project({ "p.yaml": `steps:${MAKERS}\n` });
    await project.run();
    for (const [step, file] of [
      ["file", "a.txt"],
      ["tool", "tool"],
      ["tree", "d/sub/leaf"],
    ] as const) {
      expect((await project.vistas(["checkout", "p.yaml", step, "out"])).code).toBe(0);
      project.write(`out/${file}`, "evil");
    }
    expect(damaged(project)).toEqual([]);
    expect((await project.vistas(["checkout", "p.yaml", "file", "out"])).code).toBe(2);
  });
});

describe("a checkout with --link", () => {
  const folder = tempFolder();
  const objects = new Store(join(folder, "store"), systemClock).objects;
  writeFileSync(join(folder, "made"), "object\n");
  const taken = objects.take(join(folder, "made"));
  // On a disk on which anybody may have been the one who called.
  const as = async (uid: number, disk: Disk): Promise<number> => {
    const ref = await taken;
    const to = join(folder, `out-${uid}`);
    const checkout = new Checkout(new Store(join(folder, "store"), systemClock, disk), "link");
    const mine = process.getuid;
    process.getuid = () => uid;
    try {
      const artifact = { ref, from: objects.path(ref) };
      await checkout.bring(await checkout.compare({ to, artifact }));
    } finally {
      if (mine !== undefined) process.getuid = mine;
    }
    expect(readFileSync(to, "utf8")).toBe("object\n");
    return statSync(to).ino;
  };
  const refusing = (code: string) => () => {
    throw Object.assign(new Error(code), { code });
  };
  const noClones: Disk = { ...systemDisk, clone: refusing("ENOTSUP") };

  it("links where the disk cannot share blocks, but copies for root, whom no mode stops, and across disks", async () => {
    const { ino } = statSync(objects.path(await taken));
    expect(await as(1000, noClones)).toBe(ino);
    expect(await as(0, noClones)).not.toBe(ino);
    expect(await as(1001, { ...noClones, link: refusing("EXDEV") })).not.toBe(ino);
    await expect(as(1002, { ...systemDisk, clone: refusing("EIO") })).rejects.toThrow("EIO");
  });
});
