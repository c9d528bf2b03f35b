/** Secrets: steps get them, and nothing that vistas writes or says ever holds them. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { readLock } from "../../runner/lock/read.js";
import { renderLock } from "../../runner/lock/write.js";
import { maskOf } from "../../runner/core/secrets/mask.js";
import { Project, type Called } from "../rig/project.js";

const TOKEN = `p4ss "wörd" 'x'/+=&<\\`;
const KEY = "-----BEGIN-----\nMIIEabcdefgh\nijklmnopqrst\n-----END-----";
const env = { TOKEN, KEY };

/** What a grep of everything finds: the secrets, and what base64 makes of them. */
function leaks(texts: readonly string[]): string[] {
  const forms = [
    TOKEN,
    "MIIEabcdefgh",
    "ijklmnopqrst",
    ...[TOKEN, KEY].map(s => Buffer.from(s).toString("base64")),
  ];
  return texts.flatMap(text => forms.filter(form => text.includes(form)));
}

function everyFile(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => readFileSync(join(entry.parentPath, entry.name), "utf8") + entry.name);
}

const said = ({ stdout, stderr }: Called): string[] => [stdout, stderr];

const KIND = `
import { defineStep } from "vistas";
import { writeFileSync } from "node:fs";
export default defineStep({
  kind: "tells", summary: "Tells its secret in every way", with: { type: "object" }, outputs: ["o"],
  async run(ctx) {
    const t = process.env.TOKEN;
    ctx.log("log " + t);
    ctx.progress(1, 1, "note " + t);
    ctx.metric("metric " + t, 1);
    ctx.metric("curve " + t, 1, 2);
    console.error("stderr " + Buffer.from(t).toString("base64"));
    await ctx.part({ name: t }, path => writeFileSync(path, "part"));
    writeFileSync(ctx.outputs.o, "fine");
  },
});
`;

const PIPELINE = `
plugins: [./kinds/tells.js]
steps:
  echo:
    run: |
      echo "$TOKEN"; printf '%s' "$TOKEN" | base64 -w0; echo; echo "$KEY" >&2
      printf '%s' "x$TOKEN" | base64 -w0; printf '%s' "$TOKEN" | head -c 7; sleep 0.1; printf '%s' "$TOKEN" | tail -c +8
      printf '%s' "$TOKEN" | wc -c > \${{ outputs.o }}
    outputs: { o: o }
    secrets: [TOKEN, KEY]
  kind: { uses: tells, secrets: [TOKEN] }
  fails: { run: 'echo "it failed: $TOKEN" >&2; exit 1', outputs: { o: o }, secrets: [TOKEN] }
`;

describe("secrets", () => {
  it("reach the step, and nothing else: no log, event, record, report, or answer holds them", async () => {
    const p = new Project({ "p.yaml": PIPELINE, "kinds/tells.js": KIND });
    const calls = [
      await p.vistas(["run", "p.yaml", "--verbose", "--reporter", "plain", "--keep-going"], { env }),
      await p.vistas(["run", "p.yaml", "--verbose", "--reporter", "ndjson", "--keep-going"], { env }),
      await p.vistas(["report", "p.yaml"], { env }),
      await p.vistas(["show", "p.yaml", "echo", "--json"], { env }),
      await p.vistas(["why", "p.yaml", "fails"], { env }),
      await p.vistas(["plan", "p.yaml", "--json"], { env }),
    ];
    expect(calls.map(({ code }) => code)).toEqual([1, 1, 0, 0, 0, 0]);
    expect(calls[1]?.stdout).toContain("it failed: ***");
    expect(await p.output("echo", "o")).toBe(`${Buffer.byteLength(TOKEN)}\n`);
    const logs = everyFile(p.path("artifacts", "logs"));
    expect(logs.join("")).toMatch(/^\*\*\*\n\*\*\*/m);
    expect(leaks([...calls.flatMap(said), ...everyFile(p.folder)])).toEqual([]);
  });

  it("that a step writes into an output, a part or a name of a file are not kept", async () => {
    const p = new Project({
      "p.yaml": `
steps:
  whole: { run: 'echo "a $TOKEN b" > \${{ outputs.o }}', outputs: { o: o }, secrets: [TOKEN] }
  coded: { run: 'mkdir -p \${{ outputs.o }}/d; printf "%s" "$TOKEN" | base64 > \${{ outputs.o }}/d/f', outputs: { o: o }, secrets: [TOKEN] }
  named: { run: 'mkdir \${{ outputs.o }}; : > "\${{ outputs.o }}/$NAME"', outputs: { o: o }, secrets: [NAME] }
`,
    });
    const { ends } = await p.runEvents(["--keep-going"], { code: 1, env: { TOKEN, NAME: "name-of-it" } });
    expect(ends.map(({ id, outcome }) => [id, outcome])).toEqual(
      expect.arrayContaining(["whole", "coded", "named"].map(id => [id, "failed"])),
    );
    expect(ends.every(({ error = "" }) => error.includes("secret"))).toBe(true);
    // The folders of the failed attempts stay, for their owner alone, without what holds a secret.
    const failed = p.path("artifacts", "failed");
    expect(readdirSync(failed).map(name => statSync(join(failed, name)).mode & 0o777)).toEqual([
      0o700, 0o700, 0o700,
    ]);
    expect(leaks(everyFile(p.folder))).toEqual([]);
    expect(everyFile(p.folder).filter(text => text.includes("name-of-it"))).toEqual([]);
  });

  it("do not make a step wait for what it left behind with its log open", async () => {
    const p = new Project({
      "p.yaml":
        "steps:\n  s: { run: 'env -i setsid sleep 25 & echo \"said $TOKEN\"; echo x > ${{ outputs.o }}', outputs: { o: o }, secrets: [TOKEN] }\n",
    });
    const begun = performance.now();
    expect(await p.run([], { env })).toEqual({ s: "ran" });
    expect(performance.now() - begun).toBeLessThan(20_000);
    expect(everyFile(p.path("artifacts", "logs")).join("")).toContain("said ***\n");
  });

  it("are no part of a key: another value reruns nothing, another name does", async () => {
    const p = new Project({
      "p.yaml": "steps:\n  s: { run: 'echo x > ${{ outputs.o }}', outputs: { o: o }, secrets: [TOKEN] }\n",
    });
    expect(await p.run([], { env: { TOKEN: "first" } })).toEqual({ s: "ran" });
    expect(await p.run([], { env: { TOKEN: "second" } })).toEqual({ s: "cached" });
    p.write("p.yaml", p.read("p.yaml").replace("[TOKEN]", "[OTHER]"));
    const { stdout } = await p.vistas(["why", "p.yaml", "s"]);
    expect(stdout).toContain("environment OTHER: (none) -> (secret)");
  });

  it("stand in a lock by name, and survive the way there and back", () => {
    const digest = "0123456789abcdef".repeat(4);
    const fingerprint = {
      kind: "run",
      code: {},
      with: {},
      inputs: [],
      env: {},
      secrets: ["KEY", "TOKEN"],
      numeric: "",
    };
    const steps = new Map([["s", { key: digest, fingerprint, outputs: {}, metrics: {} }]]);
    const lock = { pipeline: "p", params: {}, environment: {}, engines: [], steps };
    expect(readLock(renderLock(lock), "p.lock.json")).toEqual(lock);
  });

  it("that are missing, empty or too short end the call before anything runs, with their place", async () => {
    const p = new Project({
      "p.yaml":
        "steps:\n  a: { run: 'touch ran', outputs: {} }\n  s:\n    run: 'true'\n    secrets: [TOKEN, KEY, PIN]\n",
    });
    const called = await p.vistas(["run", "p.yaml"], { env: { KEY: "", PIN: "123" } });
    expect(called.code).toBe(2);
    expect(called.stderr).toContain("p.yaml:5:14");
    expect(called.stderr).toMatch(/missing-secret[\s\S]*`TOKEN` is not set/);
    expect(existsSync(p.path("artifacts", "runs"))).toBe(false);
  });

  it("cannot be read by expressions, and are not variables of env as well", async () => {
    const p = new Project({
      "p.yaml":
        "steps:\n  s: { run: [echo, '${{ secrets.TOKEN }}'], env: [TOKEN], secrets: [TOKEN] }\n  t: { run: [echo], env: [API_TOKEN] }\n",
    });
    const called = await p.vistas(["validate", "p.yaml"], { env });
    expect(called.code).toBe(2);
    expect(called.stderr).toContain("`secrets: [NAME]` at the step");
    expect(called.stderr).toContain("is both a secret and a variable");
    p.write("p.yaml", "steps:\n  t: { run: [echo], env: [API_TOKEN] }\n");
    expect((await p.vistas(["validate", "p.yaml"])).stderr).toContain("secret-in-env");
  });
});

describe("a mask", () => {
  it("finds secrets wherever a stream is cut, and changes nothing else", () => {
    const secret = fc.string({ minLength: 4, maxLength: 12 }).filter(text => text.trim().length >= 4);
    fc.assert(
      fc.property(
        secret,
        fc.array(fc.string({ maxLength: 6 })),
        fc.nat(),
        fc.nat(2),
        (value, words, cut, before) => {
          const coded = Buffer.from("x".repeat(before) + value + "yz").toString("base64");
          const mask = maskOf([value]);
          const text = Buffer.from([...words, value, coded, ...words, value].join("|"));
          const stream = mask.stream();
          const at = cut % (text.length + 1);
          const out = Buffer.concat([
            stream.push(text.subarray(0, at)),
            stream.push(text.subarray(at)),
            stream.end(),
          ]);
          expect(out.toString()).toBe(mask.text(text.toString()));
          expect(out.includes(value)).toBe("***".includes(value));
          const found = mask.finder();
          expect([found(text.subarray(0, at)), found(text.subarray(at))].includes(true)).toBe(true);
        },
      ),
      { seed: 1, numRuns: 300 },
    );
    expect(maskOf(["secret"]).text("nothing of it: Sécret")).toBe("nothing of it: Sécret");
    expect(maskOf([]).text("secret")).toBe("secret");
  });
});
