/**
 * What a `run:` key holds of programs: every change of an environment that may change a result changes the key, and
 * nothing else does.
 */
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { differenceText } from "../../runner/cache/difference-text.js";
import { differences } from "../../runner/cache/differences.js";
import type { Fingerprint } from "../../runner/core/record.js";
import { Keyer } from "../../runner/exec/keys/keyer.js";
import { loadPipeline } from "../../runner/library.js";
import { tempFolder } from "../rig/temp.js";

/** A machine of its own: folders with fake programs, and a project. */
class Machine {
  readonly folder = tempFolder();

  constructor(readonly run = "[python3, -c, pass]") {
    this.write(
      "project/p.yaml",
      `steps: { s: { run: ${run}, outputs: { o: o }, env: [PYTHONPATH, NODE_PATH] } }`,
    );
  }

  write(path: string, text: string, mode = 0o644): this {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, mode);
    return this;
  }

  at(path: string): string {
    return join(this.folder, path);
  }

  program(path: string, text: string): this {
    return this.write(path, `#!/bin/sh\n${text}\n`, 0o755);
  }

  /** A Python that answers as one does whose packages lie in `NAME/site-packages`. */
  python(name: string, version: string): this {
    const answer = { version, path: [`@/site-packages`], sites: ["@/site-packages"] };
    mkdirSync(this.at(`${name}/site-packages`), { recursive: true });
    return this.program(
      `${name}/bin/python3`,
      `echo '${JSON.stringify(answer)}' | sed "s#@#$(cd "$(dirname "$0")/.." && pwd)#g"`,
    );
  }

  distribution(python: string, name: string, version: string): this {
    this.write(`${python}/site-packages/${name}/__init__.py`, "");
    return this.write(
      `${python}/site-packages/${name}-${version}.dist-info/METADATA`,
      `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n\nVersion: none\n`,
    );
  }

  /** Of all steps, together. */
  async keys(
    path: readonly string[],
    env: Record<string, string> = {},
  ): Promise<{ key: string; print: Fingerprint }[]> {
    const PATH = [...path.map(folder => this.at(folder)), "/usr/bin", "/bin"].join(":");
    const { opened: target } = await loadPipeline("p.yaml", {
      cwd: this.at("project"),
      root: this.at("project/artifacts"),
      env: { PATH, HOME: this.folder, VISTAS_CACHE: this.at("cache"), ...env },
    });
    const keyer = new Keyer(target.host, target.graph);
    return Promise.all(target.nodes.map(node => keyer.fingerprint(node, () => undefined)));
  }

  async key(path: readonly string[], env: Record<string, string> = {}) {
    const [first] = await this.keys(path, env);
    if (first === undefined) throw new Error("no step");
    return first;
  }
}

const texts = (a: { print: Fingerprint }, b: { print: Fingerprint }): string[] =>
  differences(a.print, b.print).map(differenceText);

describe("the key changes, and the difference is named, with", () => {
  it("another interpreter first on PATH", async () => {
    const m = new Machine().python("a", "3.11.7").python("b", "3.12.1");
    expect(texts(await m.key(["a/bin"]), await m.key(["b/bin", "a/bin"]))).toContain(
      "python 3.11.7 -> 3.12.1",
    );
  });

  it("packages: another version, one more, one less", async () => {
    const m = new Machine()
      .python("a", "3.11.7")
      .distribution("a", "numpy", "1.26.4")
      .distribution("a", "old", "1");
    const before = await m.key(["a/bin"]);
    rmSync(m.at("a/site-packages/numpy-1.26.4.dist-info"), { recursive: true });
    rmSync(m.at("a/site-packages/old-1.dist-info"), { recursive: true });
    rmSync(m.at("a/site-packages/old"), { recursive: true });
    m.distribution("a", "numpy", "2.1.0").distribution("a", "scipy", "1.11.1");
    expect(texts(before, await m.key(["a/bin"]))).toEqual([
      "numpy 1.26.4 -> 2.1.0",
      "package old removed (was 1)",
      "package scipy added 1.11.1",
    ]);
  });

  it("a version that is changed inside the same dist-info", async () => {
    const m = new Machine().python("a", "3.11.7").distribution("a", "numpy", "1.26.4");
    const before = await m.key(["a/bin"]);
    m.write("a/site-packages/numpy-1.26.4.dist-info/METADATA", "Name: numpy\nVersion: 1.26.5\n");
    expect(texts(before, await m.key(["a/bin"]))).toEqual(["numpy 1.26.4 -> 1.26.5"]);
  });

  it("a line of an editable package, however it is installed", async () => {
    const m = new Machine().python("a", "3.11.7").write("src/mine/__init__.py", "x = 1\n");
    m.write(
      "a/site-packages/__editable___mine_0_1_finder.py",
      `MAPPING: dict[str, str] = {'mine': '${m.at("src/mine")}'}\n`,
    );
    m.write("a/site-packages/mine-0.1.dist-info/METADATA", "Name: mine\nVersion: 0.1\n");
    m.write(
      "a/site-packages/mine-0.1.dist-info/direct_url.json",
      `{"dir_info": {"editable": true}, "url": "file://${m.at("src")}"}`,
    );
    const before = await m.key(["a/bin"]);
    m.write("src/mine/__init__.py", "x = 2\n");
    const after = await m.key(["a/bin"]);
    expect(texts(before, after)).toEqual(["package mine/ changed"]);
    // A loader that says nothing of where it leads.
    rmSync(m.at("a/site-packages/__editable___mine_0_1_finder.py"));
    const other = await m.key(["a/bin"]);
    m.write("src/mine/__init__.py", "x = 3\n");
    expect(texts(other, await m.key(["a/bin"]))).toEqual(["package mine/ changed"]);
  });

  it("a module that no package owns, and one that was installed from a folder anew", async () => {
    const m = new Machine().python("a", "3.11.7").write("a/site-packages/loose.py", "1");
    m.distribution("a", "local", "0.1").write(
      "a/site-packages/local-0.1.dist-info/direct_url.json",
      '{"url": "file:///x"}',
    );
    m.write(
      "a/site-packages/local-0.1.dist-info/RECORD",
      "local/__init__.py,sha256=a,1\n../../bin/x,sha256=b,1\n",
    );
    const before = await m.key(["a/bin"]);
    m.write(
      "a/site-packages/local-0.1.dist-info/RECORD",
      "local/__init__.py,sha256=a,1\n../../bin/x,sha256=c,1\n",
    );
    expect(await m.key(["a/bin"])).toEqual(before);
    m.write(
      "a/site-packages/local-0.1.dist-info/RECORD",
      "local/__init__.py,sha256=z,1\n../../bin/x,sha256=b,1\n",
    );
    m.write("a/site-packages/loose.py", "2");
    expect(texts(before, await m.key(["a/bin"]))).toEqual([
      "package local changed",
      "package loose.py changed",
    ]);
  });

  it("a program of a line, wherever in it, and of what it is told to start", async () => {
    const line = `"f() { :; }; f; if [ -e x ]; then one; fi | two && x=$(three | nice -n 3 four) > y; env A=1 five -x; sh -c 'six; seven'"`;
    const m = new Machine(line);
    const names = ["one", "two", "three", "four", "five", "six", "seven"];
    for (const name of names) m.program(`bin/${name}`, ":");
    const before = await m.key(["bin"]);
    for (const name of names) {
      m.program(`bin/${name}`, "exit 0");
      expect(texts(before, await m.key(["bin"]))).toEqual([`program ${name} changed`]);
      m.program(`bin/${name}`, ":");
    }
    expect(await m.key(["bin"])).toEqual(before);
    rmSync(m.at("bin/two"));
    expect(texts(before, await m.key(["bin"]))).toEqual(["program two is no longer found"]);
  });

  it("what runs a script, in the first line of a program or of an input", async () => {
    for (const run of ["[tool]", "[./in.sh]"]) {
      const m = new Machine(`${run}, inputs: { i: ./in.sh }`).program("bin/five", ":");
      m.write("bin/tool", "#!/usr/bin/env five\n", 0o755).write(
        "project/in.sh",
        "#!/usr/bin/env -S five -x\n",
        0o755,
      );
      const before = await m.key(["bin"]);
      m.program("bin/five", "exit 0");
      expect(texts(before, await m.key(["bin"]))).toEqual(["program five changed"]);
    }
  });

  it("a program that a shell script among the inputs starts", async () => {
    const m = new Machine(`"sh \${{ inputs.i }}", inputs: { i: ./in.sh }`).program("bin/five", ":");
    m.write("project/in.sh", "five\n");
    const before = await m.key(["bin"]);
    m.program("bin/five", "exit 0");
    expect(texts(before, await m.key(["bin"]))).toEqual(["program five changed"]);
  });

  it("a PATH that the line sets", async () => {
    const m = new Machine(`"five", env: {}`);
    m.write(
      "project/p.yaml",
      `steps: { s: { run: "PATH=${m.at("other")}:$PATH; five", outputs: { o: o } } }`,
    );
    m.program("bin/five", ":").program("other/five", ":");
    const before = await m.key(["bin"]);
    m.program("bin/five", "exit 0");
    expect(await m.key(["bin"])).toEqual(before);
    m.program("other/five", "exit 0");
    expect(texts(before, await m.key(["bin"]))).toEqual(["program five changed"]);
  });

  it("packages of Node in the folders that the store lies in, and in NODE_PATH", async () => {
    const m = new Machine("[node, -e, 1]").write(
      "project/node_modules/a/package.json",
      '{"version": "1.0.0"}',
    );
    m.write("project/node_modules/a/node_modules/b/package.json", '{"version": "2.0.0"}');
    m.write("lib/c/package.json", '{"version": "3.0.0"}').write("linked/index.js", "1");
    symlinkSync(m.at("linked"), m.at("project/node_modules/d"));
    const env = { NODE_PATH: m.at("lib") };
    const before = await m.key([], env);
    m.write("project/node_modules/a/node_modules/b/package.json", '{"version": "2.0.1"}');
    m.write("lib/c/package.json", '{"version": "3.1.0"}').write("linked/index.js", "2");
    expect(texts(before, await m.key([], env))).toEqual([
      "a>b 2.0.0 -> 2.0.1",
      "c 3.0.0 -> 3.1.0",
      "package d changed",
    ]);
  });

  it("packages and the version of R", async () => {
    const m = new Machine("[Rscript, -e, 1]").write(
      "lib/ggplot2/DESCRIPTION",
      "Package: ggplot2\nVersion: 3.4.0\n",
    );
    const answer = (version: string) =>
      m.program("bin/Rscript", `echo '${JSON.stringify({ version, home: "", libraries: [m.at("lib")] })}'`);
    answer("4.3.1");
    const before = await m.key(["bin"]);
    answer("4.4.0").write("lib/ggplot2/DESCRIPTION", "Package: ggplot2\nVersion: 3.5.0\n");
    const found = texts(before, await m.key(["bin"]));
    expect(found).toContain("R 4.3.1 -> 4.4.0");
    expect(found).toContain("ggplot2 3.4.0 -> 3.5.0");
  });

  it("modules of a PYTHONPATH that reaches the step", async () => {
    const m = new Machine().program(
      "a/bin/python3",
      `echo '{"version": "3.11.7", "path": ["", "'$PYTHONPATH'"], "sites": []}'`,
    );
    m.write("modules/mine.py", "1").write("modules/notes.txt", "1");
    const env = { PYTHONPATH: m.at("modules") };
    const before = await m.key(["a/bin"], env);
    m.write("modules/notes.txt", "2").write("modules/__pycache__/mine.pyc", "1");
    expect(await m.key(["a/bin"], env)).toEqual(before);
    m.write("modules/mine.py", "2");
    expect(texts(before, await m.key(["a/bin"], env))).toEqual(["package mine.py changed"]);
  });
});

describe("what an interpreter runs or may load counts", () => {
  it("a script outside the inputs, and the modules beside it, but no data that it is given", async () => {
    const m = new Machine()
      .python("a", "3.11.7")
      .write("x.py", "1")
      .write("beside.py", "1")
      .write("d.csv", "1");
    m.write("p.yaml", "").write(
      "project/p.yaml",
      `steps: { s: { run: [python3, -W, ignore, ${m.at("x.py")}, ${m.at("d.csv")}], outputs: { o: o } } }`,
    );
    const before = await m.key(["a/bin"]);
    m.write("d.csv", "2");
    expect(await m.key(["a/bin"])).toEqual(before);
    m.write("x.py", "2").write("beside.py", "2");
    expect(texts(before, await m.key(["a/bin"]))).toEqual([
      "package beside.py changed",
      "program x.py changed",
    ]);
  });

  it("the build of a conda package, and the local version of any", async () => {
    const m = new Machine().program(
      "a/bin/python3",
      `echo '{"version": "3.11.7", "prefix": "'$HOME'/a", "path": ["'$HOME'/a/site-packages"]}'`,
    );
    m.write("a/conda-meta/blas-1.0-mkl.json", "{}").distribution("a", "torch", "2.1.0+cu118");
    const before = await m.key(["a/bin"]);
    renameSync(m.at("a/conda-meta/blas-1.0-mkl.json"), m.at("a/conda-meta/blas-1.0-openblas.json"));
    rmSync(m.at("a/site-packages/torch-2.1.0+cu118.dist-info"), { recursive: true });
    m.distribution("a", "torch", "2.1.0+cu121");
    expect(texts(before, await m.key(["a/bin"]))).toEqual([
      "conda:blas 1.0-mkl -> 1.0-openblas",
      "torch 2.1.0+cu118 -> 2.1.0+cu121",
    ]);
  });

  it("an interpreter that needs a variable to start, and one that is chosen by a script in its own way", async () => {
    const m = new Machine().python("a", "3.11.7").python("b", "3.12.1").write("chosen", "a");
    m.write(
      "project/p.yaml",
      "steps: { s: { run: [python3, -c, pass], outputs: { o: o }, env: [LD_LIBRARY_PATH] } }",
    );
    m.program(
      "bin/python3",
      `[ "$LD_LIBRARY_PATH" = /x ] && exec $HOME/$(cat $HOME/chosen)/bin/python3 "$@"`,
    );
    const env = { LD_LIBRARY_PATH: "/x" };
    const before = await m.key(["bin"], env);
    m.write("chosen", "b");
    expect(texts(before, await m.key(["bin"], env))).toContain("python 3.11.7 -> 3.12.1");
    expect(texts(before, await m.key(["bin"]))).toContain("python 3.11.7 -> of an unknown version");
  });

  it("where npm took a package from, if that is version control", async () => {
    const m = new Machine("[node, -e, 1]").write(
      "project/node_modules/a/package.json",
      '{"version": "1.0.0"}',
    );
    const from = (commit: string) =>
      m.write(
        "project/node_modules/.package-lock.json",
        `{"packages": {"node_modules/a": {"resolved": "git+https://h/a.git#${commit}"}}}`,
      );
    from("1");
    const before = await m.key([]);
    from("2");
    expect(texts(before, await m.key([]))).toEqual(["package a_(origin) changed"]);
  });
});

describe("what launchers take counts", () => {
  const launched = (run: string, place: string, files: Readonly<Record<string, string>> = {}) => {
    const m = new Machine(run).program("bin/launch", ":").program(place, ":");
    for (const name of ["poetry", "npx", "conda"]) m.program(`bin/${name}`, ":");
    for (const [path, text] of Object.entries(files)) m.write(path, text);
    return m;
  };

  it.each([
    ["[poetry, run, tool]", "project/.venv/bin/tool", { "project/pyproject.toml": "" }],
    ["npx tool", "project/node_modules/.bin/tool", { "project/package.json": "{}" }],
    ["conda run -n one tool", "miniconda3/envs/one/bin/tool", {}],
    ["conda activate one; tool", "miniforge3/envs/one/bin/tool", {}],
    ["cd src; ./tool", "project/src/tool", {}],
    ["[launch, tool]", "bin/launch", {}],
  ])("%s: %s", async (run, place, files) => {
    const m = launched(`${run}, inputs: { i: ./src }`, place, { "project/src/x": "", ...files });
    const before = await m.key(["bin"]);
    m.program(place, "exit 0");
    expect((await m.key(["bin"])).key).not.toBe(before.key);
  });

  it("and a script of the user's is looked into: what it starts, and what it is run by", async () => {
    for (const run of [
      "[launch]",
      `". ./in.sh", inputs: { i: ./in.sh }`,
      `"cd src; ./in.sh", inputs: { i: ./src }`,
    ]) {
      const m = new Machine(run).program("bin/launch", 'exec tool "$@"').program("bin/tool", ":");
      m.program("bin/through", 'exec "$@"');
      m.write("project/in.sh", "tool\n").program("project/src/in.sh", "tool");
      const before = await m.key(["bin"]);
      m.program("bin/tool", "exit 0");
      expect(texts(before, await m.key(["bin"]))).toEqual(["program tool changed"]);
    }
  });

  it("and what one step gives a script says nothing of another step, nor does a number", async () => {
    const steps = ["[through, one]", "[through, two]", "[through, one, 1]", "[through, one, 2]"];
    const m = new Machine()
      .program("bin/through", 'exec "$@"')
      .program("bin/one", ":")
      .program("bin/two", ":");
    m.write(
      "project/p.yaml",
      `steps:\n${steps.map((run, i) => `  s${i}: { run: ${run}, outputs: { o: o } }\n`).join("")}`,
    );
    const named = (await m.keys(["bin"])).map(({ print }) =>
      (print.programs ?? []).map(({ name }) => name).sort(),
    );
    const programs = (name: string) => [name, "sh", "through"].sort();
    expect(named).toEqual([programs("one"), programs("two"), programs("one"), programs("one")]);
  });

  it("a list of words starts echo itself, a line the shell's own", async () => {
    for (const [run, changes] of [
      ["[echo, x]", true],
      ['"echo x"', false],
    ] as const) {
      const m = new Machine(run).program("bin/echo", ":");
      const before = await m.key(["bin"]);
      m.program("bin/echo", "exit 0");
      expect((await m.key(["bin"])).key !== before.key).toBe(changes);
    }
  });
});

/** What is different between two environments, and all that is. */
interface Model {
  readonly first: "a" | "b";
  /** The source of an editable package in both. */
  readonly editable: string;
  /** A program in two folders, the first of which comes first. */
  readonly tool: Readonly<Record<"early" | "late", string | undefined>>;
  readonly a: {
    readonly version: string;
    readonly packages: Readonly<Record<string, string>>;
    readonly loose: string;
  };
  readonly b: Model["a"];
}

it("is the same exactly for environments in which all that counts is the same, whatever happened in between", async () => {
  const python = fc.constantFrom("a" as const, "b" as const);
  const step = fc.oneof(
    fc.record({ do: fc.constant("first" as const), python }),
    fc.record({ do: fc.constant("version" as const), python, to: fc.constantFrom("3.11.7", "3.12.1") }),
    fc.record({
      do: fc.constant("package" as const),
      ...{ python, name: fc.constantFrom("numpy", "scipy"), to: fc.constantFrom("1.0", "2.0", undefined) },
    }),
    fc.record({ do: fc.constant("loose" as const), python, to: fc.constantFrom("x = 1\n", "x = 2\n") }),
    fc.record({ do: fc.constant("editable" as const), python, to: fc.constantFrom("x = 1\n", "x = 2\n") }),
    fc.record({
      do: fc.constant("tool" as const),
      ...{ python, at: fc.constantFrom("early" as const, "late" as const) },
      to: fc.constantFrom("exit 1", "exit 0", undefined),
    }),
    fc.record({ do: fc.constantFrom("touch" as const, "move" as const, "cache" as const), python }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 10 }), async steps => {
      const m = new Machine('"python3 -c pass; tool"').write("src/mine/__init__.py", "");
      const place = { a: "a", b: "b" };
      const start = { version: "3.11.7", packages: {}, loose: "x = 0\n" };
      let model: Model = {
        ...{ first: "a", a: start, b: start, editable: "" },
        tool: { early: undefined, late: undefined },
      };
      const keys = new Map<string, string>();
      for (const name of ["a", "b"]) {
        m.python(name, "3.11.7").write(`${name}/site-packages/loose.py`, "x = 0\n");
        const finder = `MAPPING = {'mine': '${m.at("src/mine")}'}\n`;
        m.write(`${name}/site-packages/__editable___mine_0_1_finder.py`, finder);
      }
      const look = async (): Promise<void> => {
        const { key } = await m.key([
          `${place[model.first]}/bin`,
          `${place[model.first === "a" ? "b" : "a"]}/bin`,
          ...["early", "late"],
        ]);
        const { version, packages, loose } = model[model.first];
        const tool = model.tool.early ?? model.tool.late;
        const same = JSON.stringify([
          ...[version, Object.entries(packages).sort(), loose],
          ...[model.editable, tool],
        ]);
        expect(keys.get(same) ?? key).toBe(key);
        expect([...keys].filter(([other, k]) => other !== same && k === key)).toEqual([]);
        keys.set(same, key);
      };
      await look();
      for (const one of steps) {
        const at = place[one.python];
        const site = `${at}/site-packages`;
        if (one.do === "first") model = { ...model, first: one.python };
        else if (one.do === "version") {
          m.python(at, one.to);
          model = { ...model, [one.python]: { ...model[one.python], version: one.to } };
        } else if (one.do === "package") {
          const { [one.name]: before, ...rest } = model[one.python].packages;
          if (before !== undefined)
            for (const entry of [one.name, `${one.name}-${before}.dist-info`])
              rmSync(m.at(`${site}/${entry}`), { recursive: true });
          if (one.to !== undefined) m.distribution(at, one.name, one.to);
          const packages = one.to === undefined ? rest : { ...rest, [one.name]: one.to };
          model = { ...model, [one.python]: { ...model[one.python], packages } };
        } else if (one.do === "loose") {
          m.write(`${site}/loose.py`, one.to);
          model = { ...model, [one.python]: { ...model[one.python], loose: one.to } };
        } else if (one.do === "editable") {
          m.write("src/mine/__init__.py", one.to);
          model = { ...model, editable: one.to };
        } else if (one.do === "tool") {
          if (one.to === undefined) rmSync(m.at(`${one.at}/tool`), { force: true });
          else m.program(`${one.at}/tool`, one.to);
          model = { ...model, tool: { ...model.tool, [one.at]: one.to } };
        } else if (one.do === "touch") utimesSync(m.at(`${site}/loose.py`), 1, 1);
        else if (one.do === "cache") m.write(`${site}/__pycache__/loose.pyc`, String(Math.random()));
        else {
          place[one.python] = `${at}${one.python}`;
          renameSync(m.at(at), m.at(place[one.python]));
        }
        await look();
      }
    }),
    { numRuns: 15 },
  );
});
