/** What tools and editors leave in input folders does not count, and programs are not shown it. */
import { mkdirSync, symlinkSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import ignore from "ignore";
import { IGNORED_BY_DEFAULT, ignoredIn } from "../../runner/pipeline/files/ignored.js";
import { Project } from "../rig/project.js";

const PIPELINE = `
steps:
  s:
    run: (cd src; find . | sort) > \${{ outputs.o }}
    inputs: { d: ./src }
    outputs: { o: o }
`;

const project = (): Project => new Project({ "p.yaml": PIPELINE, "src/a.py": "x = 1\n", "src/sub/b.py": "" });
const SEEN = ".\n./a.py\n./sub\n./sub/b.py\n";

const LEFT_BY_TOOLS = [
  ...["__pycache__/a.cpython-311.pyc", "sub/__pycache__/b.pyc", ".git/index", ".DS_Store", "sub/Thumbs.db"],
  ...[".ipynb_checkpoints/a-checkpoint.ipynb", ".a.py.swp", "#a.py#", "a.py~", ".~lock.t.ods#", "~$t.xlsx"],
];

describe("a step does not run again after an input folder got", () => {
  it("what tools leave there", async () => {
    const p = project();
    await p.run();
    for (const name of LEFT_BY_TOOLS) p.write(`src/${name}`, "anything");
    expect(await p.run()).toEqual({ s: "cached" });
    expect(await p.run(["--force"])).toEqual({ s: "ran" });
    expect(await p.output("s", "o")).toBe(SEEN);
  });

  it("an editor's lock, a link that leads nowhere", async () => {
    const p = project();
    symlinkSync("me@host.123:1", p.path("src/.#a.py"));
    expect(await p.run()).toEqual({ s: "ran" });
    expect(await p.output("s", "o")).toBe(SEEN);
  });

  it("a __pycache__ from the step itself, in a folder that is read in place", async () => {
    const p = project();
    p.write(
      "q.yaml",
      `steps: { s: { run: "mkdir ${p.path("src")}/__pycache__; echo > \${{ outputs.o }}", inputs: { d: ${p.path("src")} }, outputs: { o: o } } }`,
    );
    expect((await p.vistas(["run", "q.yaml"])).code).toBe(0);
    expect((await p.vistas(["plan", "q.yaml"])).stdout).toMatch(/unchanged/);
  });
});

describe("a step runs again after", () => {
  it("its input folder got a file of another name", async () => {
    const p = project();
    await p.run();
    for (const name of ["sub/pycache", ".gitignore", ".hidden", "sub/x.swp"]) {
      p.write(`src/${name}`, "anything");
      expect(await p.run()).toEqual({ s: "ran" });
    }
  });

  it("a change of a file of an ignored name that is an input itself", async () => {
    const p = project();
    p.write("p.yaml", PIPELINE.replace("d: ./src", "d: ./src, f: ./notes~, g: ./__pycache__"));
    p.write("notes~", "1").write("__pycache__/a", "1");
    await p.run();
    p.write("notes~", "2");
    expect(await p.run()).toEqual({ s: "ran" });
    p.write("__pycache__/a", "2");
    expect(await p.run()).toEqual({ s: "ran" });
  });
});

describe(".vistasignore", () => {
  it("leaves out by gitignore's rules, and counts by what it leaves in", async () => {
    const p = project();
    p.write("src/big.tmp", "1")
      .write("src/keep.tmp", "1")
      .write("src/sub/out/x", "1")
      .write("other/out/x", "1");
    await p.run();
    p.write(".vistasignore", "# notes\n*.tmp\n!keep.tmp\n/src/sub/out/\n");
    expect(await p.run()).toEqual({ s: "ran" });
    expect(await p.output("s", "o")).toBe(".\n./a.py\n./keep.tmp\n./sub\n./sub/b.py\n");
    p.write("src/big.tmp", "2").write("src/sub/out/y", "2");
    p.write(".vistasignore", "*.tmp\n!keep.tmp\n/src/sub/out/\n*.log\n");
    expect(await p.run()).toEqual({ s: "cached" });
    p.write("src/keep.tmp", "2");
    expect(await p.run()).toEqual({ s: "ran" });
  });

  it("takes a default back", async () => {
    const p = project();
    p.write(".vistasignore", "!.*.swp\n").write("src/.a.swp", "1");
    await p.run();
    p.write("src/.a.swp", "2");
    expect(await p.run()).toEqual({ s: "ran" });
  });

  it("lies beside a pipeline in pipelines/, or in the project above it", async () => {
    const p = project();
    mkdirSync(p.path("pipelines"));
    p.write("pipelines/p.yaml", PIPELINE)
      .write(".vistasignore", "*.a\n")
      .write("pipelines/.vistasignore", "*.b\n");
    const plan = async () => (await p.vistas(["plan", "pipelines/p.yaml"])).stdout;
    expect((await p.vistas(["run", "pipelines/p.yaml", "--quiet"])).code).toBe(0);
    p.write("src/x.a", "").write("src/x.b", "");
    expect(await plan()).toMatch(/unchanged/);
    p.write("src/x.c", "");
    expect(await plan()).not.toMatch(/unchanged/);
  });

  it("applies inside a folder that lies elsewhere", async () => {
    const p = project();
    const away = new Project({ "data/a": "1", "data/b.tmp": "1" });
    p.write("p.yaml", PIPELINE.replace("./src", away.path("data")).replace("cd src", "cd $HOME"));
    p.write(".vistasignore", "*.tmp\n");
    await p.run();
    away.write("data/b.tmp", "2");
    expect(await p.run()).toEqual({ s: "cached" });
    away.write("data/a", "2");
    expect(await p.run()).toEqual({ s: "ran" });
  });

  it("that is no text is a mistake", async () => {
    const p = project();
    p.write(".vistasignore", "a\0b");
    expect((await p.vistas(["run", "p.yaml"])).code).toBe(2);
  });
});

it("the defaults mean the same with a .vistasignore and without", async () => {
  const empty = new Project({ ".vistasignore": "" });
  const [plain, byLibrary] = [await ignoredIn([]), await ignoredIn([empty.folder])];
  const names = fc.oneof(
    fc.constantFrom(
      "__pycache__",
      ".git",
      "a.swp",
      ".a.swp",
      ".swq",
      ".#x",
      "#x#",
      "x~",
      "~",
      "~$x",
      ".~lock.#",
      "._x",
    ),
    fc.string({
      unit: fc.constantFrom(".", "#", "~", "a", "s", "w", "p", "_", "$"),
      minLength: 1,
      maxLength: 6,
    }),
  );
  fc.assert(
    fc.property(fc.array(names, { minLength: 1, maxLength: 2 }), fc.boolean(), (path, folder) => {
      const name = path.join("/");
      fc.pre(ignore.isPathValid(name) && path.every(part => part !== "." && part !== ".."));
      // The library also asks after the folders that a path lies in; the walk never comes below one that is left out.
      fc.pre(path.length === 1 || !plain(path[0] ?? "", true));
      expect(byLibrary(name, folder)).toBe(plain(name, folder));
    }),
  );
  expect(IGNORED_BY_DEFAULT.every(pattern => !pattern.includes("/"))).toBe(true);
});
