import { describe, expect, it } from "@jest/globals";
import { Gate } from "../rig/gate.js";
import { Project } from "../rig/project.js";

/** Makes the named parts one inside the other; each tells at `arrive` that it is being made, and ends when `go` lets it. */
const KIND = `import { readFileSync, writeFileSync } from "node:fs";
import { defineStep } from "vistas";

export default defineStep({
  kind: "nested",
  summary: "makes parts",
  with: { type: "object", properties: { parts: { type: "array" }, arrive: { type: "string" }, go: { type: "string" }, salt: {} } },
  inputs: [],
  outputs: ["text"],
  async run(ctx) {
    const { parts, arrive, go } = ctx.with;
    const make = async i => {
      const path = await ctx.part(parts[i], async path => {
        if (i === 0) { writeFileSync(arrive, parts[0]); readFileSync(go); }
        if (i + 1 < parts.length) await make(i + 1);
        writeFileSync(path, parts[i] + " by " + process.pid);
      });
      return readFileSync(path, "utf8");
    };
    writeFileSync(ctx.outputs.text, await make(0));
  },
});
`;

/** Makes the parts one and two, in whatever order is best, each with gates of its own. */
const LISTED = `import { readFileSync, writeFileSync } from "node:fs";
import { defineStep } from "vistas";

export default defineStep({
  kind: "listed",
  summary: "makes parts",
  with: { type: "object", properties: { folder: { type: "string" }, salt: {} } },
  inputs: [],
  outputs: ["text"],
  async run(ctx) {
    const names = ["one", "two"];
    const paths = await ctx.parts(names, (i, path) => {
      writeFileSync(ctx.with.folder + "/arrive-" + names[i], "");
      readFileSync(ctx.with.folder + "/go-" + names[i]);
      writeFileSync(path, names[i] + " by " + process.pid);
    });
    writeFileSync(ctx.outputs.text, paths.map(path => readFileSync(path, "utf8")).join(", "));
  },
});
`;

/** Two steps that make these parts. Gates belong to the outermost part, whoever makes it. */
async function project(a: readonly string[], b: readonly string[]) {
  const p = new Project({ "kinds/nested.js": KIND });
  const arrive = [await Gate.at(p.path("arrive-one")), await Gate.at(p.path("arrive-two"))] as const;
  const go = [await Gate.at(p.path("go-one")), await Gate.at(p.path("go-two"))] as const;
  const step = (salt: string, parts: readonly string[]): string => {
    const options = { parts, salt, arrive: p.path(`arrive-${parts[0]}`), go: p.path(`go-${parts[0]}`) };
    return `{ uses: nested, with: ${JSON.stringify(options)} }`;
  };
  p.write("p.yaml", `plugins: [./kinds/nested.js]\nsteps:\n  a: ${step("a", a)}\n  b: ${step("b", b)}\n`);
  return { p, arrive, go };
}

/** Resolves when a run's output has said that a step waits for a part. */
function waiting(child: ReturnType<Project["start"]>): Promise<void> {
  let text = "";
  return new Promise((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      if (text.includes("waits for a part")) resolve();
    });
    child.on("exit", () => reject(new Error(`it ended without waiting: ${text}`)));
  });
}

const RUN = ["run", "p.yaml", "--reporter", "ndjson"];

/** The first is in the middle of a part that the second waits for. */
async function twoRuns() {
  const { p, arrive, go } = await project(["one"], ["one"]);
  const first = p.start([...RUN, "a"]);
  await arrive[0].arrived();
  const second = p.start([...RUN, "b"]);
  await waiting(second);
  // Not the promises of their ends, which an async function would wait for.
  return { p, arrive: arrive[0], go: go[0], first, second };
}

describe("a part that two steps need at the same time", () => {
  it("is made once by two steps of a run", async () => {
    const {
      p,
      arrive: [arrive],
      go: [go],
    } = await project(["one"], ["one"]);
    const child = p.start([...RUN, "--jobs", "2"]);
    const waits = waiting(child);
    await arrive.arrived();
    await waits;
    await go.open();
    expect((await child).exitCode).toBe(0);
    expect(await p.output("a", "text")).toBe(await p.output("b", "text"));
  });

  it("is made once by two runs", async () => {
    const { p, go, first, second } = await twoRuns();
    await go.open();
    expect([(await first).exitCode, (await second).exitCode]).toEqual([0, 0]);
    expect(await p.output("a", "text")).toBe(await p.output("b", "text"));
  });

  it("is made by the second when the first is killed", async () => {
    const { arrive, go, first, second } = await twoRuns();
    first.kill("SIGKILL");
    await arrive.arrived();
    await go.open();
    expect((await second).exitCode).toBe(0);
    await first;
  });

  it("never makes two steps wait for each other", async () => {
    const { p, arrive, go } = await project(["one", "two"], ["two", "one"]);
    const child = p.start([...RUN, "--jobs", "2"]);
    // Both are in the middle of the part that the other will ask for.
    for (const gate of arrive) await gate.arrived();
    for (const gate of go) await gate.open();
    expect((await child).exitCode).toBe(0);
  });

  it("is made after those that it alone may need: the first of many comes last", async () => {
    const p = new Project({ "kinds/listed.js": LISTED });
    const gates = (name: string) =>
      Promise.all(["one", "two"].map(part => Gate.at(p.path(`${name}-${part}`))));
    const [arrive, go] = [await gates("arrive"), await gates("go")];
    const options = `{ uses: listed, with: { folder: "${p.folder}" } }`;
    p.write("p.yaml", `plugins: [./kinds/listed.js]\nsteps:\n  a: ${options}\n`);
    const child = p.start(RUN);
    for (const i of [1, 0]) {
      await arrive[i]?.arrived();
      await go[i]?.open();
    }
    expect((await child).exitCode).toBe(0);
  });

  it("is left for later by a step that needs many, which makes another meanwhile", async () => {
    const p = new Project({ "kinds/listed.js": LISTED });
    const gates = (name: string) =>
      Promise.all(["one", "two"].map(part => Gate.at(p.path(`${name}-${part}`))));
    const [arrive, go] = [await gates("arrive"), await gates("go")];
    const step = (salt: string) => `{ uses: listed, with: { folder: "${p.folder}", salt: ${salt} } }`;
    p.write("p.yaml", `plugins: [./kinds/listed.js]\nsteps:\n  a: ${step("a")}\n  b: ${step("b")}\n`);
    const child = p.start([...RUN, "--jobs", "2"]);
    // Both are under way at once, so each is made by another step.
    for (const gate of arrive) await gate.arrived();
    for (const gate of go) await gate.open();
    expect((await child).exitCode).toBe(0);
    const text = await p.output("a", "text");
    expect(text).toMatch(/^one by \d+, two by \d+$/);
    expect(await p.output("b", "text")).toBe(text);
  });
});
