/** Environments from locks and images: built once, shared, believed only when whole; the programs beside them are fakes. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { expect, it } from "@jest/globals";
import { noPython, python } from "../rig/python.js";
import { Project } from "../rig/project.js";
import { testOrSkip } from "../rig/skip.js";

const PATH = process.env["PATH"] ?? "";
const SHA = "a".repeat(64);

/** What a fake is called with is appended to `calls`. */
function fake(p: Project, name: string, script: string): void {
  mkdirSync(p.path("bin"), { recursive: true });
  writeFileSync(p.path("bin", name), `#!/bin/sh\necho "${name} $*" >> ${p.path("calls")}\n${script}\n`, {
    mode: 0o755,
  });
}

const options = (p: Project) => ({ env: { PATH: `${p.path("bin")}:${PATH}` } });

const calls = (p: Project, word: string): string[] =>
  p
    .read("calls")
    .split("\n")
    .filter(line => line.includes(word));

const LOCK = `version = 1
[[package]]
name = "paper"
version = "0.1.0"
source = { virtual = "." }
dependencies = [{ name = "numpy" }, { name = "own" }]
[package.dev-dependencies]
dev = [{ name = "pytest" }]
[[package]]
name = "numpy"
version = "1.26.4"
source = { registry = "https://example.org/simple" }
wheels = [{ url = "https://example.org/numpy.whl", hash = "sha256:11", size = 7 }]
[[package]]
name = "own"
version = "1.0"
source = { directory = "lib/own" }
[[package]]
name = "pytest"
version = "8.0"
source = { registry = "https://example.org/simple" }
`;

testOrSkip("a uv.lock is built once, and counts by what it installs", noPython, async () => {
  const step = `run: "python3 -c 'import sys; print(sys.prefix)' > \${{ outputs.o }}", outputs: { o: o }`;
  const p = new Project({
    "p.yaml": `environment: { uv: ./uv.lock }\nsteps:\n  s: { ${step} }\n  t: { ${step}, env: { T: 1 } }\n`,
    "uv.lock": LOCK,
    "pyproject.toml": '[project]\nname = "paper"\n',
    "lib/own/pyproject.toml": '[build-system]\nbuild-backend = "hatchling.build"\n',
    "lib/own/src/own/__init__.py": "X = 1\n",
    "lib/own/notes.txt": "not part of the package\n",
  });
  const away = await p.vistas(["run", "p.yaml"], { env: { PATH: "/usr/bin:/bin" } });
  expect(away.code).toBe(2);
  expect(away.stderr).toMatch(
    /p\.yaml:1:20: error\[missing-tool\]: \.\/uv\.lock is installed by `uv`, which is not/,
  );

  const planned = await p.vistas(["plan", "p.yaml"], { env: { PATH: "/usr/bin:/bin" } });
  expect(planned.stderr).toBe(away.stderr);

  fake(
    p,
    "uv",
    `case $1 in
python) echo ${python ?? ""} ;;
sync) find . -name '*.txt' | sed 's/^/found /' >> ${p.path("calls")}
  ${python ?? ""} -m venv --without-pip $UV_PROJECT_ENVIRONMENT ;;
esac`,
  );
  expect((await p.vistas(["plan", "p.yaml"], options(p))).stdout).toMatch(/0 cached, 2 to run/);
  expect(await p.run([], options(p))).toEqual({ s: "ran", t: "ran" });
  expect(calls(p, "uv sync")).toHaveLength(1);
  expect(calls(p, "uv sync")[0]).toContain("--frozen --no-default-groups --no-editable");
  expect(calls(p, "found")).toEqual([]);
  const environments = join(p.folder, ".cache", "vistas", "environments");
  expect((await p.output("s", "o")).trim()).toMatch(new RegExp(`^${environments}/[0-9a-f]{16}-`));

  // Neither comments, nor times and sizes, nor groups that are not installed, nor what the package is not built from.
  p.write("uv.lock", `# a comment\n${LOCK.replace("size = 7", "size = 8").replace('"8.0"', '"9.0"')}`);
  p.write("lib/own/notes.txt", "other notes\n");
  expect(await p.run([], options(p))).toEqual({ s: "cached", t: "cached" });
  for (const [change, reason] of [
    [() => p.write("uv.lock", LOCK.replace("1.26.4", "2.1.0")), "numpy 1.26.4 -> 2.1.0 in ./uv.lock"],
    [() => p.write("uv.lock", LOCK.replace("sha256:11", "sha256:12")), "package numpy changed in ./uv.lock"],
    [() => p.write("lib/own/src/own/__init__.py", "X = 2\n"), "package own changed in ./uv.lock"],
    [
      () => p.write("pyproject.toml", '[project]\nname = "paper"\n[tool.uv]\nno-binary = true\n'),
      "program uv (settings) changed in ./uv.lock",
    ],
  ] as const) {
    p.write("uv.lock", LOCK).write("lib/own/src/own/__init__.py", "X = 1\n");
    p.write("pyproject.toml", '[project]\nname = "paper"\n');
    change();
    expect((await p.vistas(["plan", "p.yaml"], options(p))).stdout).toContain(reason);
  }

  // What somebody installed into it, and what a build that was killed left, are not believed.
  p.write("uv.lock", LOCK).write("pyproject.toml", '[project]\nname = "paper"\n');
  const [name = ""] = readdirSync(environments).filter(one => !one.endsWith(".json"));
  writeFileSync(join(environments, name, "bin", "more"), "");
  mkdirSync(join(environments, "0123456789abcdef-killed"));
  await Promise.all([1, 2].map(() => p.run(["--force"], options(p))));
  expect(calls(p, "uv sync").length).toBeGreaterThanOrEqual(2);
  const long = new Date(Date.now() - 40 * 86_400_000);
  for (const entry of readdirSync(environments)) utimesSync(join(environments, entry), long, long);
  await p.vistas(["gc", "p.yaml"], options(p));
  expect(readdirSync(environments)).toEqual([]);
  rmSync(environments, { recursive: true });
});

it("a package-lock.json is built once; its programs come first, its packages are beside the script", async () => {
  const lock = (version: string): string =>
    JSON.stringify({
      lockfileVersion: 3,
      packages: {
        "": { dependencies: { odd: version } },
        "node_modules/odd": { version, integrity: "sha512-x", bin: { odd: "cli.js" } },
        "node_modules/dev": { version: "1.0.0", dev: true },
      },
    });
  const p = new Project({
    "p.yaml": `environment: { npm: ./package-lock.json }
steps:
  s: { run: "odd > \${{ outputs.o }}; cat node_modules/odd/name >> \${{ outputs.o }}", outputs: { o: o } }
`,
    "package.json": '{ "scripts": { "prepare": "false" } }',
    "package-lock.json": lock("3.0.1"),
  });
  fake(
    p,
    "npm",
    `mkdir -p node_modules/.bin node_modules/odd; echo module > node_modules/odd/name
grep -c scripts package.json >> ${p.path("calls")}
printf '#!/bin/sh\\necho program\\n' > node_modules/.bin/odd; chmod +x node_modules/.bin/odd`,
  );
  expect(await p.run([], options(p))).toEqual({ s: "ran" });
  expect(await p.output("s", "o")).toBe("program\nmodule\n");
  expect(p.read("calls")).toBe("npm ci --no-audit --no-fund --loglevel=error --omit=dev\n0\n");
  expect(await p.run([], options(p))).toEqual({ s: "cached" });
  p.write("package-lock.json", lock("3.0.2"));
  const { stdout } = await p.vistas(["why", "p.yaml", "s"], options(p));
  expect(stdout).toContain("- odd 3.0.1 -> 3.0.2 in ./package-lock.json");
});

it("a conda environment without Python counts by its packages", async () => {
  const p = new Project({
    "p.yaml": `environment: { conda: ./env }
steps: { s: { run: 'echo $CONDA_PREFIX > \${{ outputs.o }}', outputs: { o: o } } }
`,
    "env/conda-meta/bwa-0.7.17-h5bf99c6_8.json": "{}",
    "env/conda-meta/history": "",
  });
  expect(await p.run()).toEqual({ s: "ran" });
  expect(await p.output("s", "o")).toBe(`${p.path("env")}\n`);
  renameSync(
    p.path("env/conda-meta/bwa-0.7.17-h5bf99c6_8.json"),
    p.path("env/conda-meta/bwa-0.7.18-h1_0.json"),
  );
  const { stdout } = await p.vistas(["plan", "p.yaml"]);
  expect(stdout).toContain("conda:bwa 0.7.17-h5bf99c6_8 -> 0.7.18-h1_0 in ./env");
});

it("an image is started with the step's folder at its place; it counts by its digest", async () => {
  const p = new Project({
    "p.yaml": `steps:
  s:
    environment: { container: "example.org/image@sha256:${SHA}" }
    run: [make, "\${{ inputs.a }}", "\${{ outputs.o }}"]
    inputs: { a: ./a.txt, b: /etc/passwd }
    outputs: { o: o }
    env: { X: 1 }
    secrets: [TOKEN]
`,
    "a.txt": "",
  });
  const none = await p.vistas(["run", "p.yaml"], { env: { PATH: p.path("bin"), TOKEN: "sesame" } });
  expect(none.code).toBe(2);
  expect(none.stderr).toMatch(
    /p\.yaml:3:31: error\[missing-tool\]: .*neither apptainer, podman nor docker is/,
  );

  fake(p, "docker", "exit 1");
  const env = { PATH: `${p.path("bin")}:/usr/bin:/bin`, TOKEN: "sesame" };
  const dead = await p.vistas(["run", "p.yaml"], { env });
  expect(dead.stderr).toMatch(/docker is here, but its daemon does not answer\n/);

  fake(p, "podman", 'for last; do :; done; echo "$TOKEN" | wc -c > "$last"');
  expect(await p.run([], { env })).toEqual({ s: "ran" });
  expect((await p.output("s", "o")).trim()).toBe("7");
  const [line = ""] = calls(p, "podman run");
  const folder = /--workdir (\S+)\/work /.exec(line)?.[1] ?? "";
  const user = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  const keep = process.getuid?.() === 0 ? "" : "--userns keep-id ";
  expect(line.replaceAll(folder, "DIR").replace(/vistas-\S+/, "NAME")).toBe(
    `podman run --rm --init --name NAME --security-opt label=disable ${keep}--user ${user} --workdir DIR/work ` +
      "--mount type=bind,source=DIR,target=DIR --mount type=bind,source=/etc/passwd,target=/etc/passwd,readonly " +
      "--env HOME=DIR/tmp --env TMPDIR=DIR/tmp --env X=1 --env TOKEN " +
      `--entrypoint make example.org/image@sha256:${SHA} DIR/work/a.txt DIR/outputs/o`,
  );
  p.write("p.yaml", p.read("p.yaml").replace("example.org/image", "elsewhere.org/mirror"));
  expect(await p.run([], { env })).toEqual({ s: "cached" });
  p.write("p.yaml", p.read("p.yaml").replace("sha256:a", "sha256:b"));
  const { stdout } = await p.vistas(["plan", "p.yaml"], { env });
  expect(stdout).toMatch(/program container changed in elsewhere\.org\/mirror@sha256:b/);
  expect(readFileSync(p.path("calls"), "utf8")).not.toContain("sesame");
});
