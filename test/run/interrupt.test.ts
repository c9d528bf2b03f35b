import { existsSync, readFileSync, readdirSync } from "node:fs";
import process from "node:process";
import { afterEach, describe, expect, it } from "@jest/globals";
import { localExecutor } from "../../runner/exec/process/local.js";
import type { JobHooks } from "../../runner/exec/process/job.js";
import { Gate } from "../rig/gate.js";
import { Project } from "../rig/project.js";

/** Every process whose command line or environment names the project's folder. */
function survivors(p: Project): string[] {
  const pids = readdirSync("/proc").filter(name => /^\d+$/.test(name) && name !== String(process.pid));
  return pids.filter(pid => {
    try {
      if (readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)?.startsWith("Z")) return false;
      return readFileSync(`/proc/${pid}/environ`, "latin1").includes(p.folder);
    } catch {
      return false;
    }
  });
}

/** Resolves when none is left: the killed take a moment to go. */
async function gone(p: Project): Promise<void> {
  while (survivors(p).length > 0) await new Promise(resolve => setImmediate(resolve));
}

const NO_HOOKS: JobHooks = {
  progress: () => undefined,
  log: () => undefined,
  notice: () => undefined,
  findPart: () => Promise.resolve(undefined),
  claimPart: () => Promise.resolve({ state: "yours" }),
  keepPart: (_, path) => Promise.resolve(path),
};

const gates: Gate[] = [];
afterEach(() => {
  for (const gate of gates.splice(0)) gate.release();
});
async function gate(p: Project, name: string): Promise<Gate> {
  const made = await Gate.at(p.path(name));
  gates.push(made);
  return made;
}

describe("an input edited while its step runs", () => {
  const set = async (step: string) => {
    const p = new Project({ "data.txt": "old\n" });
    const [arrive, go] = [await gate(p, "arrive"), await gate(p, "go")];
    p.write(
      "p.yaml",
      step.replaceAll("ARRIVE", arrive.path).replaceAll("GO", go.path).replaceAll("FOLDER", p.folder),
    );
    return { p, arrive, go };
  };

  it.each([
    [
      "a staged file",
      "steps:\n  s:\n    run: echo > ARRIVE; read x < GO; cat ${{ inputs.d }} > ${{ outputs.o }}\n    inputs: { d: ./data.txt }\n    outputs: { o: o }\n",
    ],
    [
      "a file read in place",
      "steps:\n  s:\n    run: echo > ARRIVE; read x < GO; cat ${{ inputs.d }} > ${{ outputs.o }}\n    inputs: { d: FOLDER/data.txt }\n    outputs: { o: o }\n",
    ],
  ])("fails the step and records nothing: %s", async (_, step) => {
    const { p, arrive, go } = await set(step);
    const running = p.runEvents([], { code: 1 });
    await arrive.arrived();
    p.write("data.txt", "new\n");
    await go.open();
    const { ends } = await running;
    expect(ends[0]?.error).toMatch(/changed while the step ran/);

    const again = p.run();
    await arrive.arrived();
    await go.open();
    expect(await again).toEqual({ s: "ran" });
    expect(await p.output("s", "o")).toBe("new\n");
  });
});

describe("ending a run", () => {
  const text = (arrive: string, trap = ""): string => `
steps:
  first: { run: "echo one > \${{ outputs.o }}", outputs: { o: o } }
  slow:
    run: |
      setsid sh -c 'sleep 1000; cat ${arrive}' &
      sh -c '${trap} echo > ${arrive}; sleep 1000' &
      wait
    inputs: { f: first }
    outputs: { o: o }
`;

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("by %s ends every process of its steps and exits %d", async (signal, code) => {
    const p = new Project();
    const arrive = await gate(p, "arrive");
    // One of the two meets a program that will not be asked.
    p.write("p.yaml", text(arrive.path, signal === "SIGTERM" ? 'trap "" TERM;' : ""));
    const child = p.start(["run", "p.yaml", "--reporter", "ndjson"]);
    await arrive.arrived();
    child.kill(signal);
    const { exitCode, stdout } = await child;
    expect(exitCode).toBe(code);
    expect(survivors(p)).toEqual([]);
    expect(stdout).toMatch(/"type":"run-end".*"outcome":"interrupted"/);
    expect(await p.run(["first"])).toEqual({ first: "cached" });
  });

  it("by a second Ctrl-C ends at once, and leaves no process behind all the same", async () => {
    const p = new Project();
    const arrive = await gate(p, "arrive");
    p.write("p.yaml", text(arrive.path, 'trap "" TERM;'));
    const child = p.start(["run", "p.yaml"]);
    await arrive.arrived();
    child.kill("SIGINT");
    child.kill("SIGTERM");
    expect((await child).exitCode).not.toBe(0);
    await gone(p);
    expect(await p.run(["first"])).toEqual({ first: "cached" });
    // What the end in haste left is swept away by the next run that needs the place.
    await p.run(["first", "--force"]);
    expect(readdirSync(p.path("artifacts", "work"))).toEqual([]);
  });

  it("before a job has begun starts none", async () => {
    const p = new Project({ "p.yaml": "" });
    const abort = new AbortController();
    abort.abort();
    const job = {
      ...{ id: "s", tag: "t/0", env: {}, cwd: p.folder, home: p.folder, log: p.path("log") },
      program: { type: "command", argv: ["touch", p.path("begun")] } as const,
    };
    // Aborted before, and while the job is being started.
    expect(await localExecutor.run(job, NO_HOOKS, abort.signal)).toMatchObject({ cancelled: true });
    const later = new AbortController();
    const running = localExecutor.run(
      { ...job, program: { type: "command", argv: ["sleep", "1000"] } },
      NO_HOOKS,
      later.signal,
    );
    later.abort();
    expect(await running).toMatchObject({ cancelled: true });
    expect(existsSync(p.path("begun"))).toBe(false);
  });

  it("by a step's time-out ends the whole process tree", async () => {
    const p = new Project();
    const arrive = await gate(p, "arrive");
    p.write("p.yaml", `${text(arrive.path)}    timeout: 300ms\n`);
    const running = p.runEvents([], { code: 1 });
    await arrive.arrived();
    const { ends } = await running;
    expect(ends.find(end => end.id === "slow")?.error).toMatch(/timed out after 0\.3 s/);
    expect(survivors(p)).toEqual([]);
  });

  it("by kill -9 loses work only: the next run finishes, byte for byte, and cleans up", async () => {
    const p = new Project();
    const arrive = await gate(p, "arrive");
    const go = await gate(p, "go");
    p.write(
      "p.yaml",
      `
steps:
  first: { run: "echo one > \${{ outputs.o }}", outputs: { o: o } }
  slow:
    run: echo half > \${{ outputs.o }}; echo > ${arrive.path}; read x < ${go.path}; cat \${{ inputs.f }} >> \${{ outputs.o }}
    inputs: { f: first }
    outputs: { o: o }
  last: { run: "cat \${{ inputs.s }} > \${{ outputs.o }}", inputs: { s: slow }, outputs: { o: o } }
`,
    );
    const child = p.start(["run", "p.yaml"]);
    await arrive.arrived();
    child.kill("SIGKILL");
    await child;
    // The guard ends the step, whether or not another run comes.
    await gone(p);
    const again = p.run();
    await arrive.arrived();
    await go.open();
    expect(await again).toEqual({ first: "cached", slow: "ran", last: "ran" });
    expect(await p.output("last", "o")).toBe("half\none\n");
    expect(survivors(p)).toEqual([]);
    expect(readdirSync(p.path("artifacts", "work"))).toEqual([]);
  });
});
