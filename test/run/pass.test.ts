/** `pass:`, which reaches a step and not its key, and secrets from a `.env` file. */
import { readdirSync, readFileSync } from "node:fs";
import util from "node:util";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { parseDotenv } from "../../runner/core/secrets/dotenv.js";
import { testOrSkip } from "../rig/skip.js";
import { Project } from "../rig/project.js";

describe("pass", () => {
  it("reaches the step, and changes no key", async () => {
    const p = new Project({
      "p.yaml": `steps: { s: { run: 'echo "$HTTP_PROXY" > \${{ outputs.o }}', outputs: { o: o }, pass: [HTTP_PROXY, GONE] } }\n`,
    });
    expect(await p.run([], { env: { HTTP_PROXY: "http://one" } })).toEqual({ s: "ran" });
    expect(await p.output("s", "o")).toBe("http://one\n");
    expect(await p.run([], { env: { HTTP_PROXY: "http://two" } })).toEqual({ s: "cached" });
    const { stdout } = await p.vistas(["show", "p.yaml", "s", "--json"]);
    expect(stdout).not.toContain("http://");
  });

  it("takes neither what decides which programs are found, nor what is declared elsewhere", async () => {
    const p = new Project({
      "p.yaml": `steps:
  s: { run: x, pass: [PATH, PYTHONPATH, LD_PRELOAD, SSH_AUTH_SOCK, LANG, TOKEN], env: [LANG], secrets: [TOKEN] }
`,
    });
    const { stderr } = await p.vistas(["validate", "p.yaml"]);
    for (const [column, name] of [
      [23, "PATH"],
      [29, "PYTHONPATH"],
      [41, "LD_PRELOAD"],
    ])
      expect(stderr).toContain(
        `p.yaml:2:${column}: error[wrong-value]: \`${name}\` may change what a program is or`,
      );
    expect(stderr).toContain("`LANG` is listed under both `pass` and `env`");
    expect(stderr).toContain("`TOKEN` is listed under both `pass` and `secrets`");
    expect(stderr).not.toContain("`SSH_AUTH_SOCK`");
  });
});

describe("a .env file", () => {
  it("gives values to secrets alone; the environment wins; its mistakes have a line, and show no value", async () => {
    const p = new Project({
      "pipelines/p.yaml": `steps:
  s:
    run: 'echo "$TOKEN" "$OTHER" "\${LANG:-}" | wc -c > \${{ outputs.o }}; echo "it is $TOKEN"'
    outputs: { o: o }
    secrets: [TOKEN, OTHER]
`,
      ".env": "# of the project\nTOKEN=sesame-open\nexport OTHER='four words'\nLANG=de\n",
    });
    const run = (env: Record<string, string> = {}) =>
      p.vistas(["run", "pipelines/p.yaml", "--force"], { env });
    expect((await run()).code).toBe(0);
    const size = async (): Promise<number> => {
      const { stdout } = await p.vistas(["show", "pipelines/p.yaml", "s", "--json"]);
      const { outputs } = JSON.parse(stdout) as { outputs: { o: { path: string } } };
      return Number(readFileSync(outputs.o.path, "utf8"));
    };
    expect(await size()).toBe("sesame-open four words \n".length);
    const [run1 = ""] = readdirSync(p.path("artifacts/logs"));
    expect(p.read(`artifacts/logs/${run1}/s.log`)).toContain("it is ***");
    expect((await run({ TOKEN: "from-the-call" })).code).toBe(0);
    expect(await size()).toBe("from-the-call four words \n".length);

    p.write(".env", 'TOKEN=sesame-open\nOTHER "words"\nLAST="not closed\n');
    const { code, stderr } = await run();
    expect(code).toBe(2);
    expect(stderr).toMatch(/\.env:2:1: error\[bad-env-file\]: a line is `NAME=value`/);
    expect(stderr).toMatch(
      /\.env:3:1: error\[bad-env-file\]: the value of LAST begins with ", which nothing closes/,
    );
    expect(stderr).not.toMatch(/sesame|words|not closed/);
    p.write(".env", "TOKEN=sesame-open\n");
    expect((await run()).stderr).toMatch(/error\[missing-secret\]: the secret `OTHER` is not set/);
  });

  const old = typeof util.parseEnv === "function" ? undefined : "this Node has no parseEnv (20.12 has)";
  testOrSkip("is read as Node reads it, where it has no mistake", old, () => {
    const name = fc.constantFrom("A", "B_1", "c", " D ");
    const characters = ["a", "b", " ", "=", "#", "'", '"', "`", "\\n", "é", "$"];
    const text = (more: string[]) => fc.string({ unit: fc.constantFrom(...characters, ...more) });
    const line = fc.oneof(
      fc.tuple(name, text([])).map(([n, v]) => `${n}=${v}`),
      fc.tuple(name, text([])).map(([n, v]) => `export ${n.trim()} = ${v}`),
      fc
        .tuple(name, fc.constantFrom('"', "'", "`"), text(["\n"]))
        .map(([n, q, v]) => `${n}=${q}${v}${q} # end`),
      fc.constantFrom("# comment", ""),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 4 }), lines => {
        const file = lines.join("\n");
        const { values, faults } = parseDotenv(file);
        fc.pre(faults.length === 0);
        expect(Object.fromEntries(values)).toEqual({ ...util.parseEnv(file) });
      }),
      { numRuns: 500 },
    );
  });
});
