/** Undeclared reads and writes: `run --trace` finds them, `sandbox: true` makes them impossible or fails the step. */
import { execFileSync } from "node:child_process";
import { chmodSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, it } from "@jest/globals";
import { accessesOf } from "../../runner/exec/sandbox/strace.js";
import { parse } from "yaml";
import { Project } from "../rig/project.js";
import { describeOrSkip } from "../rig/skip.js";

const PATH = process.env["PATH"] ?? "";

function lacks(program: string, args: readonly string[]): string | undefined {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return undefined;
  } catch {
    return `${program} is not there, or may not do its work`;
  }
}

const noStrace = lacks("strace", ["-o", "/dev/null", "true"]);
const noBubblewrap = lacks("bwrap", ["--ro-bind", "/", "/", "--dev", "/dev", "--unshare-net", "true"]);

/** Each command does one thing that its step does not declare. `@` is the project's folder. */
const PLANTED: readonly (readonly [command: string, ...found: string[]])[] = [
  ["cat @/r/cat", "reads @/r/cat"],
  ["head -c1 @/r/head", "reads @/r/head"],
  ["wc -l < @/r/redirected", "reads @/r/redirected"],
  ["while read x; do :; done < @/r/looped", "reads @/r/looped"],
  ['. "$(echo @/r/sourced)"', "reads @/r/sourced"],
  ["cat '@/r/with space'", "reads @/r/with space"],
  ["cat '@/r/quo\"te'", 'reads @/r/quo"te'],
  ["cat '@/r/ünïcode'", "reads @/r/ünïcode"],
  ["cat @/r/link", "reads @/r/linked"],
  ["(cd @/r && cat relative)", "reads @/r/relative"],
  ["cat @/r/../r/dotted", "reads @/r/dotted"],
  ["cat @/r/piped | cat", "reads @/r/piped"],
  ["x=$(cat @/r/substituted)", "reads @/r/substituted"],
  ["cat @/r/background & wait", "reads @/r/background"],
  ["sh -c 'sh -c \"cat @/r/nested\"'", "reads @/r/nested"],
  ["awk 1 @/r/awk", "reads @/r/awk"],
  ["sed -n p @/r/sed", "reads @/r/sed"],
  ["cp @/r/copied copy", "reads @/r/copied"],
  ["sort @/r/sorted", "reads @/r/sorted"],
  ['"$(echo @/r/tool)"', "runs @/r/tool", "reads @/r/tool"],
  ["ls @/r/folder", "lists @/r/folder/"],
  ["find @/r/found", "lists @/r/found/"],
  ["echo x > @/w/redirected", "writes @/w/redirected"],
  ["echo x >> @/w/appended", "writes @/w/appended"],
  ["touch @/w/touched", "writes @/w/touched"],
  ["mkdir @/w/folder", "writes @/w/folder"],
  ["echo x | tee @/w/tee", "writes @/w/tee"],
  ["cp copy @/w/copied", "writes @/w/copied"],
  ["mv copy @/w/moved", "writes @/w/moved"],
  ["ln -s nowhere @/w/symbolic", "writes @/w/symbolic"],
  ["rm @/w/removed", "removes @/w/removed"],
  ["truncate -s 3 @/w/truncated", "writes @/w/truncated"],
  ["cat /etc/hostname || cat /etc/machine-id", "reads /etc/hostname"],
];

describeOrSkip("run --trace", noStrace, () => {
  it(`finds ${PLANTED.length} planted accesses and no other, and says what would declare them`, async () => {
    const p = new Project();
    const here = (text: string): string => text.replaceAll("@", p.folder);
    p.write("script.sh", `${PLANTED.map(([command]) => here(command)).join("\n")}\necho done > "$1"\n`);
    for (const path of PLANTED.flatMap(([, ...found]) => found)) {
      const name = /^reads @\/(.*)$/.exec(path)?.[1];
      if (name !== undefined) p.write(name, "x=1\n");
    }
    symlinkSync(p.path("r", "linked"), p.path("r", "link"));
    p.write("r/tool", "#!/bin/sh\n:\n").write("r/folder/a", "").write("r/found/a", "");
    chmodSync(p.path("r", "tool"), 0o755);
    p.write("w/removed", "").write("w/truncated", "");
    p.write(
      "p.yaml",
      `steps:
  s:
    run: [sh, "\${{ inputs.script }}", "\${{ outputs.o }}"]
    inputs: { script: ./script.sh }
    outputs: { o: o }
  clean:
    run: 'cat "$(cat script.sh | head -c0)script.sh" | sort > sorted; mktemp; cp sorted \${{ outputs.o }}; date; ls /usr'
    inputs: { script: ./script.sh }
    outputs: { o: o }
`,
    );
    const { stdout, code } = await p.vistas(["run", "p.yaml", "--trace"]);
    expect(code).toBe(0);
    expect(stdout).toContain("clean does nothing beyond what it declares\n");
    const [, text = ""] = stdout.split("s goes beyond what it declares:\n");
    const [lines = "", yaml = ""] = text.split("this would declare it:\n");
    const found = lines
      .split("\n")
      .flatMap(line => (line === "" ? [] : [line.trim().replaceAll(p.folder, "@")]));
    const planted = PLANTED.flatMap(([, ...wanted]) => wanted);
    expect(new Set(found)).toEqual(new Set(planted));
    const { steps } = parse(yaml.split("\n\n")[0] ?? "") as {
      steps: { s: { inputs: Record<string, string>; outputs: Record<string, string> } };
    };
    expect(Object.values(steps.s.inputs)).toEqual(expect.arrayContaining(["./r", "/etc/hostname"]));
    expect(Object.values(steps.s.outputs)).toEqual(expect.arrayContaining(["tee", "moved"]));
    expect((await p.vistas(["run", "p.yaml", "--trace"])).stdout).toContain("no program was watched");
    await p.vistas(["init", "starter"]);
    const starter = await p.vistas(["run", "--trace"], { cwd: p.path("starter") });
    expect(starter.stdout).toMatch(/^count does nothing beyond what it declares\n\nmake does nothing beyond/);
  });
});

describe("what strace says", () => {
  it.each([
    ['openat(AT_FDCWD</a>, "b\\"c", O_RDONLY|O_CLOEXEC) = 3</a/b"c>', ["read", '/a/b"c']],
    ['openat(AT_FDCWD</a>, "d", O_RDONLY|O_DIRECTORY) = 3</a/d>', ["list", "/a/d"]],
    ['open("/x", O_WRONLY|O_CREAT|O_TRUNC, 0666) = 4</x>', ["write", "/x"]],
    ['openat(AT_FDCWD</a>, "none", O_RDONLY) = -1 ENOENT (No such file or directory)', []],
    ['renameat2(5</q>, "f", AT_FDCWD</a>, "g", 0) = 0', ["write", "/q/f", "write", "/a/g"]],
    ['execve("tool", ["tool", "/etc/x"], 0x7f /* 3 vars */) = 0', ["run", "/here/tool"]],
    ['symlink("/target", "/link") = 0', ["write", "/link"]],
    [
      'connect(3<TCP:[1]>, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("10.0.0.1")}, 16) = -1 EINPROGRESS (x)',
      ["connect", "10.0.0.1:443"],
    ],
    ['connect(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16) = 0', []],
    ['unlink("\\303\\274") = 0', ["remove", "/here/ü"]],
  ])("%s", (line, expected) => {
    expect(accessesOf(line, "/here").flatMap(({ does, what }) => [does, what])).toEqual(expected);
  });
});

const STEP = `steps:
  s:
    run: 'cat secret.txt "$P/secret.txt" > \${{ outputs.o }} || echo none > \${{ outputs.o }}'
    outputs: { o: o }
    env: { P: @ }
    sandbox: true
`;

function sandboxed(): Project {
  const p = new Project({ "secret.txt": "known\n" });
  return p.write("p.yaml", STEP.replace("@", p.folder));
}

describeOrSkip("sandbox: true by bubblewrap", noBubblewrap, () => {
  it("what is not declared is not there, nor is the network unless it is asked for", async () => {
    const p = sandboxed();
    expect(await p.run()).toEqual({ s: "ran" });
    expect(await p.output("s", "o")).toBe("none\n");
    p.write("p.yaml", p.read("p.yaml").replace("outputs:", "inputs: { x: ./secret.txt }\n    outputs:"));
    await p.run();
    expect(await p.output("s", "o")).toBe("none\n");
    const reach = (network: string) =>
      `steps: { s: { run: "cat /proc/net/dev | wc -l > \${{ outputs.o }}", outputs: { o: o }, sandbox: true, network: ${network} } }\n`;
    p.write("p.yaml", reach("false"));
    await p.run();
    const without = Number(await p.output("s", "o"));
    p.write("p.yaml", reach("true"));
    expect((await p.vistas(["why", "p.yaml", "s"])).stdout).toMatch(/run\.network: false -> true/);
    await p.run();
    // Two lines of headings, and the loopback.
    expect(without).toBe(3);
    expect(Number(await p.output("s", "o"))).toBeGreaterThanOrEqual(without);
  });
});

describeOrSkip("sandbox: true by strace, where bubblewrap does not work", noStrace, () => {
  it("fails the step that went beyond what it declares, and records nothing", async () => {
    const p = sandboxed();
    p.write("bin/bwrap", "#!/bin/sh\nexit 1\n");
    chmodSync(p.path("bin", "bwrap"), 0o755);
    const env = { PATH: `${p.path("bin")}:${PATH}` };
    const { ends } = await p.runEvents([], { env, code: 1 });
    expect(ends[0]?.error).toMatch(/s goes beyond what it declares:\n +reads .*\/secret\.txt\n/);
    expect(ends[0]?.error).toMatch(/nothing was recorded/);
  });
});

it("what watches or confines is looked for before anything runs; `network` alone is a mistake", async () => {
  const p = sandboxed();
  const env = { PATH: join(p.folder, "none") };
  const without = await p.vistas(["run", "p.yaml"], { env });
  expect(without.code).toBe(2);
  expect(without.stderr).toMatch(
    /p\.yaml:6:14: error\[missing-tool\]: `sandbox: true` needs bubblewrap or strace/,
  );
  p.write("p.yaml", 'steps: { s: { run: ["/bin/true"], network: false } }\n');
  const alone = await p.vistas(["validate", "p.yaml"]);
  expect(alone.stderr).toMatch(
    /p\.yaml:1:\d+: error\[wrong-value\]: `network` is kept to in a sandbox or a container/,
  );
  p.write("p.yaml", 'steps: { s: { run: ["/bin/true"] } }\n');
  const untraced = await p.vistas(["run", "p.yaml", "--trace"], { env });
  expect(untraced.code).toBe(2);
  expect(untraced.stderr).toMatch(/`--trace` needs strace/);
});
