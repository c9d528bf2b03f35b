/** Paths that try to leave: in pipelines, in what steps leave behind, in records, in folders that are checked out. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { sha256 } from "../../runner/cache/hash.js";
import { Checkout } from "../../runner/store/checkout/checkout.js";
import { systemClock } from "../../runner/core/clock.js";
import { Store } from "../../runner/store/store.js";
import { systemDisk, type Disk } from "../../runner/store/disk.js";
import { Project } from "../rig/project.js";
import { tempFolder } from "../rig/temp.js";

/** A folder beside the project with something that must neither be read nor written. */
function outside(): { folder: string; file: string } {
  const folder = tempFolder();
  writeFileSync(join(folder, "victim"), "the victim's own words");
  return { folder, file: join(folder, "victim") };
}

const inStore = (p: Project, text: string): string[] =>
  existsSync(p.path("artifacts"))
    ? readdirSync(p.path("artifacts"), { recursive: true, withFileTypes: true })
        .filter(entry => entry.isFile() && readFileSync(join(entry.parentPath, entry.name)).includes(text))
        .map(entry => entry.name)
    : [];

interface Mistake {
  readonly code: string;
  readonly file: string;
  readonly range?: { readonly start: { readonly line: number } };
}

async function mistakes(p: Project): Promise<readonly Mistake[]> {
  const { code, stdout } = await p.vistas(["validate", "p.yaml", "--json"]);
  expect(code).toBe(2);
  return JSON.parse(stdout) as Mistake[];
}

describe("paths in a pipeline", () => {
  it("of inputs do not leave the project: no dots, no home, no link, no name without end", async () => {
    const { folder } = outside();
    const paths = [
      "./..",
      "./../x",
      "./a/../../x",
      "./",
      "../x",
      "~/.ssh/id",
      "./link",
      "./link/victim",
      `./${"x".repeat(4096)}`,
    ];
    const steps = paths.map(
      (path, i) => `  s${i}: { run: [cat, "\${{ inputs.d }}"], inputs: { d: ${JSON.stringify(path)} } }`,
    );
    const p = new Project({ "p.yaml": `steps:\n${steps.join("\n")}\n` });
    symlinkSync(folder, p.path("link"));
    const found = await mistakes(p);
    expect(found.map(({ range }) => range?.start.line)).toEqual(paths.map((_, i) => i + 2));
    const codes = ["outside-project", "unknown-step", "missing-file"];
    expect(found.filter(({ code }) => !codes.includes(code))).toEqual([]);
    expect(found[6]?.code).toBe("outside-project");
    expect(found[7]?.code).toBe("outside-project");
  });

  it("of outputs are plain names that every disk tells apart", async () => {
    const names = [
      "..",
      "../x",
      "/etc/x",
      "a/../../x",
      "./x",
      "a//b",
      "a\\\\..\\\\b",
      "x".repeat(300),
      "d/".repeat(600) + "x",
      "nul",
      "con.txt",
      "x.",
      "x ",
      "\\u0007",
      "${{ params.p }}",
    ];
    const steps = names.map((name, i) => `  s${i}: { run: ["true"], outputs: { o: "${name}" } }`);
    const pairs = ['README", q: "readme', 'e\\u0301", q: "\\u00e9', 'a", q: "a/b', 'a", q: "A/'];
    const clashes = pairs.map((pair, i) => `  c${i}: { run: ["true"], outputs: { o: "${pair}" } }`);
    const p = new Project({ "p.yaml": `params: { p: x }\nsteps:\n${[...steps, ...clashes].join("\n")}\n` });
    const found = await mistakes(p);
    expect(found.map(({ code, range }) => [code, range?.start.line])).toEqual(
      [...names, ...pairs].map((_, i) => ["bad-output", i + 3]),
    );
  });

  it("hold no NUL, which would end them early", async () => {
    const p = new Project({
      "p.yaml": 'steps:\n  s: { run: ["true"], inputs: { d: "./a\\0/../../etc" } }\n',
    });
    expect((await mistakes(p)).map(({ code }) => code)).toContain("control-character");
  });

  it("of plugins stay in the project and out of the store, links included", async () => {
    const { folder } = outside();
    const evil = `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(join(folder, "ran"))}, ""); export default {};`;
    writeFileSync(join(folder, "evil.js"), evil);
    const p = new Project({
      "artifacts/objects/evil.js": evil,
      "p.yaml":
        "plugins: [./link.js, ../evil.js, ./artifacts/objects/evil.js, ./ln/evil.js]\nsteps:\n  s: { run: [echo] }\n",
    });
    symlinkSync(join(folder, "evil.js"), p.path("link.js"));
    symlinkSync(p.path("artifacts", "objects"), p.path("ln"));
    const found = await mistakes(p);
    expect(found.map(({ code }) => code)).toEqual([
      "outside-project",
      "outside-project",
      "bad-plugin",
      "bad-plugin",
    ]);
    expect(existsSync(join(folder, "ran"))).toBe(false);
  });
});

describe("what changes while a run is under way", () => {
  it("a file or folder that becomes a link out of the project is not followed", async () => {
    const { folder, file } = outside();
    const p = new Project({ "data/x": "x", "one.txt": "1", "nested/sub/x": "x" });
    symlinkSync(folder, p.path("nested", "sub", "out"));
    p.write(
      "p.yaml",
      `
steps:
  swap: { run: 'rm -r ${p.path("data")} ${p.path("one.txt")}; ln -s ${folder} ${p.path("data")}; ln -s ${file} ${p.path("one.txt")}; echo > \${{ outputs.o }}', outputs: { o: o } }
  folder: { run: 'cp -r \${{ inputs.d }} \${{ outputs.o }}', inputs: { d: ./data, after: swap }, outputs: { o: o } }
  file: { run: 'cp \${{ inputs.d }} \${{ outputs.o }}', inputs: { d: ./one.txt, after: swap }, outputs: { o: o } }
  nested: { run: 'cp -rL \${{ inputs.d }} \${{ outputs.o }}', inputs: { d: ./nested }, outputs: { o: o } }
`,
    );
    const { ends } = await p.runEvents(["--keep-going"], { code: 1 });
    const errors = Object.fromEntries(ends.map(({ id, error = "" }) => [id, error]));
    for (const id of ["folder", "file", "nested"])
      expect(errors[id]).toContain("is a link out of the project folder");
    expect(inStore(p, "the victim's own words")).toEqual([]);
  });
});

describe("what a step leaves behind", () => {
  const attacks: readonly (readonly [string, (victim: string, p: Project) => string, RegExp | undefined])[] =
    [
      ["a link to a file outside", victim => `ln -s ${victim} "$O"`, /symbolic link out/],
      ["a link to a folder outside", victim => `ln -s ${join(victim, "..")} "$O"`, /symbolic link out/],
      ["a folder with such a link", victim => `mkdir "$O"; ln -s ${victim} "$O/x"`, /symbolic link out/],
      ["a pipe", () => `mkfifo "$O"`, /neither a file nor a folder/],
      ["a folder with a pipe", () => `mkdir "$O"; mkfifo "$O/x"`, /neither a file nor a folder/],
      [
        "a link in place of the folder for outputs",
        victim => `cd "$O/../.."; rm -r outputs; ln -s ${join(victim, "..")} outputs`,
        /outside of the step's folder/,
      ],
      [
        "such a link into the store",
        (_, p) => `cd "$O/../.."; rm -r outputs; ln -s ${p.path("artifacts")} outputs`,
        /outside of the step's folder/,
      ],
      // Another name of the same file: its bytes are taken, it itself is left alone.
      ["a hard link to a file outside", victim => `ln ${victim} "$O" || cp ${victim} "$O"`, undefined],
    ];

  it("is taken only if it is its own", async () => {
    const { file } = outside();
    const p = new Project();
    const steps = attacks.map(
      ([, attack], i) =>
        `  s${i}:\n    run: |\n      O=\${{ outputs.o }}\n      ${attack(file, p)}\n    outputs: { o: ${i === 5 ? "victim" : i === 6 ? "format.json" : "o"} }`,
    );
    p.write("p.yaml", `steps:\n${steps.join("\n")}\n`);
    const { ends } = await p.runEvents(["--keep-going", "--jobs", "1"], { code: 1 });
    for (const [i, [name, , message]] of attacks.entries()) {
      const end = ends.find(({ id }) => id === `s${i}`);
      expect([name, end?.outcome]).toEqual([name, message === undefined ? "ran" : "failed"]);
      if (message !== undefined) expect(end?.error).toMatch(message);
    }
    expect(readFileSync(file, "utf8")).toBe("the victim's own words");
    writeFileSync(file, "changed later");
    expect(await p.output("s7", "o")).toBe("the victim's own words");
    expect(lstatSync(p.path("artifacts", "format.json")).isFile()).toBe(true);
  });
});

describe("records and trees of strangers", () => {
  const TREE =
    "steps:\n  s: { run: 'mkdir ${{ outputs.t }}; echo x > ${{ outputs.t }}/in', outputs: { t: t } }\n";

  /** Rewrites every record, as someone who can reckon its checksum would. */
  function forge(p: Project, change: (text: string) => string): void {
    for (const name of readdirSync(p.path("artifacts", "records"), { recursive: true, encoding: "utf8" })) {
      const file = p.path("artifacts", "records", name);
      if (!lstatSync(file).isFile()) continue;
      const body = change(
        readFileSync(file, "utf8").slice('{"sha256":"'.length + 64 + '","body":'.length, -2),
      );
      writeFileSync(file, `{"sha256":"${sha256(body)}","body":${body}}\n`);
    }
  }

  const digestIn = (p: Project): string => {
    let found = "";
    forge(p, text => {
      found = /"digest":"(\w{64})","bytes":2/.exec(text)?.[1] ?? found;
      return text;
    });
    return found;
  };

  it("are never checked out, read or removed where they point outside", async () => {
    const { folder, file } = outside();
    const p = new Project({ "p.yaml": TREE });
    await p.run();
    forge(p, text => text.replace('"outputNames":{"t":"t"}', '"outputNames":{"t":"../../../escaped"}'));
    const named = await p.vistas(["checkout", "p.yaml", "s.t", "out/deep/deeper"]);
    expect(named.code).not.toBe(0);
    expect(existsSync(p.path("escaped"))).toBe(false);

    await p.run();
    const digest = digestIn(p);
    expect(digest).toHaveLength(64);
    const up = "../".repeat(20) + file.slice(1);
    forge(p, text => text.replaceAll(digest, up));
    expect(await p.run()).toEqual({ s: "ran" });
    expect(readFileSync(file, "utf8")).toBe("the victim's own words");

    const entry = JSON.stringify({
      format: "vistas.tree.1",
      entries: [["../../escaped", "file", sha256("x\n"), 2]],
    });
    const forged = sha256(entry);
    mkdirSync(p.path("artifacts", "objects", forged.slice(0, 2)), { recursive: true });
    writeFileSync(p.path("artifacts", "objects", forged.slice(0, 2), `${forged}.tree`), entry);
    forge(p, text => text.replaceAll(digest, forged));
    expect((await p.vistas(["checkout", "p.yaml", "s.t", "out"])).code).not.toBe(0);
    expect(await p.run()).toEqual({ s: "ran" });
    expect(readdirSync(p.folder).sort()).toEqual([".cache", "artifacts", "p.yaml"]);
    expect(readdirSync(folder)).toEqual(["victim"]);
  });

  it("are not written through links that lie where they are checked out", async () => {
    const { folder, file } = outside();
    const p = new Project({
      "p.yaml": TREE.replace("outputs: { t: t }", "outputs: { t: t, f: f, g: sub/g }").replace(
        "'mkdir",
        "'echo new > ${{ outputs.f }}; echo g > ${{ outputs.g }}; mkdir",
      ),
    });
    await p.run();
    mkdirSync(p.path("out"));
    symlinkSync(folder, p.path("out", "t"));
    symlinkSync(file, p.path("out", "f"));
    expect((await p.vistas(["checkout", "p.yaml", "s.t", "out", "--force"])).code).toBe(2);
    symlinkSync(folder, p.path("out", "sub"));
    expect((await p.vistas(["checkout", "p.yaml", "s.g", "out", "--force"])).code).toBe(2);
    expect((await p.vistas(["checkout", "p.yaml", "s.f", "out"])).code).toBe(2);
    expect((await p.vistas(["checkout", "p.yaml", "s.f", "out", "--force"])).code).toBe(0);
    expect(readFileSync(p.path("out", "f"), "utf8")).toBe("new\n");
    expect(readdirSync(folder)).toEqual(["victim"]);
    expect(readFileSync(file, "utf8")).toBe("the victim's own words");
  });

  it("with names that a disk takes for one are refused, and not merged in silence", async () => {
    const [from, to, root] = [tempFolder(), tempFolder(), tempFolder()];
    for (const name of ["README", "readme"]) writeFileSync(join(from, name), name);
    const ref = await new Store(root, systemClock).objects.take(from);
    // A disk that ignores case, as those of Windows and macOS do.
    const folded = (path: string): string => join(dirname(path), basename(path).toLowerCase());
    const folding: Disk = {
      ...systemDisk,
      open: (path, mode, ...more) => systemDisk.open(mode === "w" ? folded(path) : path, mode, ...more),
      copy: (a, b) => systemDisk.copy(a, folded(b)),
      chmod: (path, mode) => systemDisk.chmod(folded(path), mode),
    };
    const checkOut = async (disk: Disk, name: string): Promise<void> => {
      const store = new Store(root, systemClock, disk);
      const checkout = new Checkout(store);
      const artifact = { ref, from: store.objects.path(ref) };
      await checkout.bring(await checkout.compare({ to: join(to, name), artifact }));
    };
    await expect(checkOut(folding, "t")).rejects.toThrow("does not tell README from another name");
    await checkOut(systemDisk, "u");
    expect(readdirSync(to)).toEqual(["u"]);
    expect(readdirSync(join(to, "u")).sort()).toEqual(["README", "readme"]);
  });
});

describe("values of axes in names of files", () => {
  it("stay one name in one folder, however they are written", async () => {
    const values = [
      "../../x",
      "/etc/passwd",
      "a/b",
      "..",
      ".",
      "-rf",

      "é",
      "e\u0301",
      "A",
      "a",
      "x".repeat(4096),
      "con",
      "%2e%2e",
    ];
    const p = new Project({
      "p.yaml": `
steps:
  each: { run: [sh, -c, 'printf %s "$1" > "$2"', sh, "\${{ matrix.v }}", "\${{ outputs.o }}"], outputs: { o: o.txt }, matrix: { v: ${JSON.stringify(values)} } }
  all: { run: 'ls -A \${{ inputs.all }} | wc -l > \${{ outputs.o }}; cat \${{ inputs.all }}/* >> \${{ outputs.o }}', inputs: { all: each }, over: [v], outputs: { o: o } }
`,
    });
    const called = await p.vistas(["run", "p.yaml", "--reporter", "silent"]);
    expect([called.code, called.stderr]).toEqual([0, ""]);
    const all = await p.output("all", "o");
    for (const value of values) expect(all).toContain(value);
    expect(readdirSync(p.folder).sort()).toEqual([".cache", "artifacts", "p.yaml"]);
    const runs = readdirSync(p.path("artifacts", "logs"));
    expect(readdirSync(p.path("artifacts", "logs", runs[0] ?? ""))).toHaveLength(values.length + 1);
    const out = await p.vistas(["checkout", "p.yaml", "each", "out"]);
    expect(out.code).toBe(0);
    expect(readdirSync(p.path("out"))).toHaveLength(values.length);
  });
});
