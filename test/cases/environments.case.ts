/** Environments at length: random changes by the hundred, and what only a network can give (uv, npm, an index). */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { expect } from "@jest/globals";
import fc from "fast-check";
import { differenceText } from "../../runner/cache/difference-text.js";
import { differences } from "../../runner/cache/differences.js";
import { noPython } from "../rig/python.js";
import { Project } from "../rig/project.js";
import { testOrSkip } from "../rig/skip.js";
import { tempFolder } from "../rig/temp.js";
import { mutateEnvironments, wrongHits } from "../exec/environment-mutations.js";

testOrSkip(
  "200 random changes of environments give no wrong hit, and files that are not installed no rerun",
  noPython,
  async () => {
    const seed = Date.now() % 100_000;
    const numbers = fc.sample(fc.nat(), { numRuns: 2000, seed });
    let at = 0;
    const states = await mutateEnvironments(200, n => (numbers[at++] ?? 0) % n);
    expect({ seed, wrong: wrongHits(states) }).toEqual({ seed, wrong: [] });
    const idle = states.flatMap(({ what, print }, i) =>
      what === "a file that is not installed"
        ? differences(states[i - 1]?.print ?? print, print).map(differenceText)
        : [],
    );
    expect({ seed, idle }).toEqual({ seed, idle: [] });
    const seen = new Set(states.map(state => state.seen)).size;
    expect(seen).toBeGreaterThan(100);
  },
  600_000,
);

/** `uv` and an index that can be reached; else why not. */
function noUv(): string | undefined {
  try {
    const folder = tempFolder();
    const pyproject = '[project]\nname = "x"\nversion = "0"\nrequires-python = ">=3.10"\n';
    writeFileSync(join(folder, "pyproject.toml"), pyproject.concat('dependencies = ["iniconfig"]\n'));
    execFileSync("uv", ["lock"], { cwd: folder, stdio: "ignore", timeout: 60_000 });
    return undefined;
  } catch {
    return "uv is not there, or reaches no index";
  }
}

// As the caller has it: proxies, certificates, indices.
const own = Object.entries(process.env).flatMap(([name, value]) =>
  value === undefined ? [] : [[name, value]],
);
const options = {
  env: { ...(Object.fromEntries(own) as Record<string, string>), VISTAS_CACHE: tempFolder() },
};

testOrSkip(
  "a real uv.lock with numpy: built once, isolated, and rerun by name when numpy moves",
  noUv(),
  async () => {
    const question = "import numpy, own, sys; print(numpy.__version__, own.X, sys.flags.no_user_site)";
    const p = new Project({
      "p.yaml": `environment: { uv: ./uv.lock }
steps:
  s: { run: 'python3 -c "${question}" > \${{ outputs.o }}', outputs: { o: o } }
  t: { run: 'f2py -v > \${{ outputs.o }}', outputs: { o: o } }
`,
      "pyproject.toml": `[project]
name = "paper"
version = "0"
requires-python = ">=3.10,<3.13"
dependencies = ["numpy==1.26.4", "own"]
[dependency-groups]
dev = ["iniconfig"]
[tool.uv.sources]
own = { path = "lib/own" }
`,
      "lib/own/pyproject.toml": `[project]
name = "own"
version = "0"
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
`,
      "lib/own/src/own/__init__.py": "X = 1\n",
    });
    const lock = () => execFileSync("uv", ["lock"], { cwd: p.folder, stdio: "ignore" });
    lock();
    expect(await p.run([], options)).toEqual({ s: "ran", t: "ran" });
    expect(await p.output("s", "o")).toBe("1.26.4 1 1\n");
    expect((await p.output("t", "o")).trim()).toBe("1.26.4");
    p.write("lib/own/src/own/__init__.py", "X = 2\n");
    expect(await p.run([], options)).toEqual({ s: "ran", t: "ran" });
    expect(await p.output("s", "o")).toBe("1.26.4 2 1\n");
    p.write("pyproject.toml", p.read("pyproject.toml").replace("1.26.4", "2.1.0"));
    lock();
    const { stdout } = await p.vistas(["plan", "p.yaml"], options);
    expect(stdout).toContain("numpy 1.26.4 -> 2.1.0 in ./uv.lock");
    await p.run([], options);
    expect(await p.output("s", "o")).toBe("2.1.0 2 1\n");
    p.write("pyproject.toml", p.read("pyproject.toml").replace('dev = ["iniconfig"]', "dev = []"));
    lock();
    expect(await p.run([], options)).toEqual({ s: "cached", t: "cached" });
  },
  600_000,
);

function noNpm(): string | undefined {
  try {
    execFileSync("npm", ["view", "is-odd", "version"], { stdio: "ignore", timeout: 60_000 });
    return undefined;
  } catch {
    return "npm is not there, or reaches no registry";
  }
}

testOrSkip(
  "a real package-lock.json: packages are found by import and by require, and so are their programs",
  noNpm(),
  async () => {
    const p = new Project({
      "p.yaml": `environment: { npm: ./package-lock.json }
steps:
  s: { run: [node, "\${{ inputs.a }}", "\${{ outputs.o }}"], inputs: { a: ./a.mjs }, outputs: { o: o } }
  t: { run: 'semver 1.2.3 > \${{ outputs.o }}', outputs: { o: o } }
`,
      "package.json": '{ "private": true, "dependencies": { "is-odd": "3.0.1", "semver": "7.6.0" } }',
      "a.mjs":
        'import odd from "is-odd"; import { writeFileSync } from "node:fs"; writeFileSync(process.argv[2], `${odd(3)}`);\n',
    });
    execFileSync("npm", ["install", "--package-lock-only", "--silent"], { cwd: p.folder });
    expect(await p.run([], options)).toEqual({ s: "ran", t: "ran" });
    expect(await p.output("s", "o")).toBe("true");
    expect(await p.output("t", "o")).toBe("1.2.3\n");
  },
  600_000,
);
