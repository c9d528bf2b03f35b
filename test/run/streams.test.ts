/** Where results and progress go, and what ends a run: no success that nobody could read, no end without a record. */
import process from "node:process";
import { afterEach, describe, expect, it } from "@jest/globals";
import { execa } from "execa";
import { commandFilter, suitsMotion } from "../../runner/ui/surroundings.js";
import { printableLines } from "../../runner/ui/display-text.js";
import { Gate } from "../rig/gate.js";
import { CLI, Project } from "../rig/project.js";
import { describeOrSkip } from "../rig/skip.js";

const gates: Gate[] = [];
afterEach(() => {
  for (const gate of gates.splice(0)) gate.release();
});

/** A step that writes to one gate and waits at another, then one that needs it. */
async function waiting(): Promise<{ p: Project; arrive: Gate; go: Gate }> {
  const p = new Project();
  const [arrive, go] = [await Gate.at(p.path("arrive")), await Gate.at(p.path("go"))];
  gates.push(arrive, go);
  p.write(
    "p.yaml",
    `steps:
  a: { run: "echo > ${arrive.path}; read x < ${go.path}; echo a > \${{ outputs.o }}", outputs: { o: o } }
  b: { run: "cat \${{ inputs.a }} > \${{ outputs.o }}", inputs: { a: a }, outputs: { o: o } }
`,
  );
  return { p, arrive, go };
}

async function outcomes(p: Project): Promise<string[]> {
  const { stdout } = await p.vistas(["runs", "p.yaml", "--json"]);
  return (JSON.parse(stdout) as { outcome: string }[]).map(({ outcome }) => outcome);
}

describeOrSkip(
  "results onto a full disk",
  process.platform === "linux" ? undefined : "there is no /dev/full",
  () => {
    const calls = [
      ["plan", "p.yaml"],
      ["plan", "p.yaml", "--json"],
      ["why", "p.yaml", "a"],
      ["validate", "p.yaml"],
      ["graph", "p.yaml"],
      ["show", "p.yaml", "a"],
      ["show", "p.yaml", "a", "--json"],
      ["runs", "p.yaml"],
      ["diff", "p.yaml", "latest", "latest"],
      ["report", "p.yaml"],
      ["reproduce", "p.yaml", "--json"],
      ["run", "p.yaml"],
      ["run", "p.yaml", "--reporter", "ndjson"],
      ["verify", "p.yaml"],
      ["gc", "p.yaml", "--dry-run"],
      ["steps"],
      ["schema"],
      ["--help"],
      ["--version"],
    ];
    it("are no success, whatever the command", async () => {
      const p = new Project({
        "p.yaml": `steps: { a: { run: "echo '{\\"x\\": 1}' > \${{ outputs.metrics }}", outputs: { metrics: m.json } } }
expect: [{ claim: fine, that: "a.x > 0" }]
`,
      });
      await p.run();
      for (const args of calls) {
        const words = ["-c", 'exec "$0" "$@" > /dev/full', process.execPath, CLI, ...args];
        const called = await execa("sh", words, { cwd: p.folder, reject: false, env: { HOME: p.folder } });
        expect([args.join(" "), called.exitCode, called.stderr]).toEqual([
          args.join(" "),
          1,
          expect.stringContaining("the results could not be written to stdout: the disk is full"),
        ]);
      }
    }, 120_000);
  },
);

describe("a reader that goes away", () => {
  it("from the results: the run goes on, and its exit code is that of a closed pipe", async () => {
    const { p, arrive, go } = await waiting();
    const running = p.start(["run", "p.yaml", "--reporter", "ndjson"], {});
    await arrive.arrived();
    running.stdout.destroy();
    await go.open();
    const { exitCode } = await running;
    expect([exitCode, await outcomes(p)]).toEqual([141, ["done"]]);
    expect(await p.run()).toEqual({ a: "cached", b: "cached" });
  });

  it("from the progress: the run goes on", async () => {
    const { p, arrive, go } = await waiting();
    const running = p.start(["run", "p.yaml"], {});
    await arrive.arrived();
    running.stderr.destroy();
    await go.open();
    const { exitCode } = await running;
    expect([exitCode, await outcomes(p)]).toEqual([0, ["done"]]);
  });

  it("does not make a failure a success", async () => {
    const p = new Project({ "p.yaml": "steps: { a: { run: exit 3, outputs: { o: o } } }" });
    const running = p.start(["run", "p.yaml", "--reporter", "ndjson"], {});
    running.stdout.destroy();
    expect((await running).exitCode).toBe(1);
  });
});

describe("a request to end", () => {
  it.each([
    ["SIGHUP", 129],
    ["SIGINT", 130],
    ["SIGQUIT", 131],
    ["SIGTERM", 143],
  ] as const)("%s is answered at once, and ends the run with a record", async (signal, code) => {
    const { p, arrive } = await waiting();
    const running = p.start(["run", "p.yaml"], {});
    await arrive.arrived();
    running.kill(signal);
    const { exitCode, stderr } = await running;
    expect(exitCode).toBe(code);
    expect(stderr).toContain("! stopping 1 step; again to end it now; `vistas run` goes on from here\n");
    expect(await outcomes(p)).toEqual(["interrupted"]);
  });

  it("SIGHUP is none under nohup", async () => {
    const { p, arrive, go } = await waiting();
    const running = p.start(["run", "p.yaml"], { env: { _: "/usr/bin/nohup" } });
    await arrive.arrived();
    running.kill("SIGHUP");
    await go.open();
    expect((await running).exitCode).toBe(0);
  });

  it("SIGHUP is none where a shell ignores it", async () => {
    const { p, arrive, go } = await waiting();
    const script = `trap '' HUP; "$0" "$@" & echo $! >&2; wait $!`;
    const running = execa("sh", ["-c", script, process.execPath, CLI, "run", "p.yaml"], {
      ...{ cwd: p.folder, reject: false, env: { HOME: p.folder } },
    });
    const pid = new Promise<number>(found =>
      running.stderr.once("data", (text: Buffer) => found(parseInt(text.toString(), 10))),
    );
    await arrive.arrived();
    process.kill(await pid, "SIGHUP");
    await go.open();
    expect((await running).exitCode).toBe(0);
  });
});

it("a display that moves is for terminals that can move their cursor, and no log of a CI host", () => {
  expect(suitsMotion({}, true)).toBe(true);
  for (const [env, isTTY] of [
    [{}, false],
    [{ TERM: "dumb" }, true],
    [{ CI: "true" }, true],
    [{ CI: "1" }, true],
  ] as const)
    expect(suitsMotion(env, isTTY)).toBe(false);
  for (const CI of ["", "0", "false"]) expect(suitsMotion({ CI }, true)).toBe(true);
});

describe("what a step prints", () => {
  it("gives GitHub Actions no commands, in whatever form it is shown", async () => {
    const p = new Project({
      "p.yaml": `steps:
  a:
    run: |
      echo "::error::one"; echo "  ::set-output name=x::two"; printf 'bar\\r::warning::three\\n'
      echo "x ##[error]four"; : \${{ outputs.o }}; exit 1
    outputs: { o: o }
`,
    });
    const env = { GITHUB_ACTIONS: "true" };
    for (const args of [
      ["run", "p.yaml"],
      ["run", "p.yaml", "--reporter", "ndjson"],
      ["show", "p.yaml", "a", "--json"],
      ["report", "p.yaml"],
    ]) {
      const { stdout, stderr } = await p.vistas(args, { env });
      expect(`${stdout}\n${stderr}`).not.toMatch(/^\s*::|##\[/m);
    }
    const { ends } = await p.runEvents([], { env, code: 1 });
    expect(ends[0]?.error).toContain("::error::one");
    expect(ends[0]?.error).toContain("##[error]four");
    expect((await p.vistas(["run", "p.yaml"])).stderr).toContain("    ::error::one\n");
  });

  it("is the same elsewhere", () => {
    const text = "::error::a\n##[b]";
    expect(commandFilter({})(text)).toBe(text);
    expect(commandFilter({ GITHUB_ACTIONS: "true" })("a::b\nc:d")).toBe("a::b\nc:d");
  });

  it.each([
    ["the error\rall is well", ["the error", "all is well"]],
    ["the error\u001b[2K\u001b[1Gall is well", ["the errorall is well"]],
    ["secret\b\b\b\b\b\bhidden", ["secrethidden"]],
    [
      " 10%|#   | 1/10 [00:01, 1.2it/s]\r 20%|##  | 2/10 [00:02, 1.3it/s]",
      [" 20%|##  | 2/10 [00:02, 1.3it/s]"],
    ],
    ["1%\r100%", ["100%"]],
    ["a\r\nb\r\n", ["a", "b"]],
    ["a\n\nb", ["a", "", "b"]],
  ])("hides nothing behind carriage returns and escapes: %j", (text, lines) => {
    expect(printableLines(text)).toEqual(lines);
  });
});
