/** Values that try to be code: in words of a program, in scripts, in variables, in names. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { Project } from "../rig/project.js";

const CANARY = "touch $HOME/pwned";
const values: readonly string[] = [
  ...[`$(${CANARY})`, `\`${CANARY}\``, `; ${CANARY};`, `| ${CANARY}`, `&& ${CANARY}`, `\n${CANARY}\n`],
  ...[`'; ${CANARY}; '`, `"; ${CANARY}; "`, `'"$(${CANARY})"'`, `\\'; ${CANARY}; \\'`, `\${x:-$(${CANARY})}`],
  ...[
    "",
    " ",
    "-rf",
    "--help",
    "-n",
    "%s%n",
    "*",
    "~",
    "$HOME",
    "$0",
    "!!",
    "\\",
    "\\\\",
    "\t\r\n",
    "#",
    "# no",
  ],
  ...[
    "é",
    "e\u0301",
    "𝄞",
    "\u202e",
    "$$",
    "a'b\"c`d\\e",
    "*".repeat(5000),
    "$'\\x41'",
    "a=b",
    "{a,b}",
    "<(id)",
    "\u2028",
  ],
];

describe("a hostile value", () => {
  it("is one word and exactly itself, wherever an expression may stand", async () => {
    const p = new Project({
      "p.yaml": `
params: { v: ${JSON.stringify(values)} }
steps:
  each:
    run: |
      # a comment: \${{ params.v[matrix.i] }}
      w() { printf '%s' "$2" > "$1"; }
      mkdir \${{ outputs.o }}; cd \${{ outputs.o }}
      w 0 \${{ params.v[matrix.i] }}; w 1 "\${{ params.v[matrix.i] }}"; w 2 '\${{ params.v[matrix.i] }}'; w 3 "$(printf '%s.' "\${{ params.v[matrix.i] }}")"
      x=\${{ params.v[matrix.i] }}; w 4 "$x"; w 5 "<\${{ params.v[matrix.i] }}>"; w 6 "$V"; w 7 "\${{ env.V }}"
      for y in \${{ params.v[matrix.i] }}; do w 8 "$y"; done
      case \${{ params.v[matrix.i] }} in *) w 9 "$x";; esac
    outputs: { o: o }
    env: { V: "\${{ params.v[matrix.i] }}" }
    matrix: { i: ${JSON.stringify(values.map((_, i) => i))} }
  words:
    run: [sh, -c, 'printf "%s" "$2" > "$1"', sh, "\${{ outputs.o }}", "\${{ params.v[matrix.i] }}", "--flag=\${{ params.v[matrix.i] }}"]
    outputs: { o: o }
    matrix: { i: ${JSON.stringify(values.map((_, i) => i))} }
`,
    });
    const { ends } = await p.runEvents();
    expect(ends).toHaveLength(2 * values.length);
    const { stdout } = await p.vistas(["show", "p.yaml", "each", "words", "--json"]);
    const shown = (
      JSON.parse(stdout) as
        { outputs: Record<string, { path: string }> }[][] | { outputs: Record<string, { path: string }> }[]
    ).flat();
    const made = shown.map(({ outputs }) => outputs["o"]?.path ?? "");
    for (const [i, value] of values.entries()) {
      const folder = made[i] ?? "";
      const read = (n: number): string => readFileSync(`${folder}/${n}`, "utf8");
      expect([0, 1, 2, 4, 6, 7, 8, 9].map(read)).toEqual(Array(8).fill(value));
      expect([read(3), read(5)]).toEqual([`${value}.`, `<${value}>`]);
      expect(readFileSync(made[values.length + i] ?? "", "utf8")).toBe(value);
    }
    expect(readdirSync(p.folder).sort()).toEqual([".cache", "artifacts", "p.yaml"]);
  });

  it("may come by --set, a params file or the environment as well", async () => {
    const p = new Project({
      "params.yaml": `b: ${JSON.stringify(values[0])}\n`,
      "p.yaml": `
params: { a: x, b: y }
steps:
  s: { run: 'printf "%s|" \${{ params.a }} \${{ params.b }} "\${{ env.C }}" > \${{ outputs.o }}', outputs: { o: o }, env: [C] }
`,
    });
    const [value = ""] = values;
    await p.run(["--set", `a=${value}`, "--params", "params.yaml"], { env: { C: value } });
    expect(await p.output("s", "o")).toBe(`${value}|${value}|${value}|`);
    expect(existsSync(p.path("pwned"))).toBe(false);
  });

  it("that no quoting makes safe is refused at its place, and NUL everywhere", async () => {
    const unsafe = [
      "echo `echo ${{ params.v }}`",
      "cat <<E\n${{ params.v }}\nE\n",
      "echo $((${{ params.v }}))",
      'echo "${x:-${{ params.v }}}"',
    ];
    const steps = unsafe.map((run, i) => `  s${i}: { run: ${JSON.stringify(run)} }`);
    const p = new Project({ "p.yaml": `params: { v: x }\nsteps:\n${steps.join("\n")}\n` });
    const refused = await p.vistas(["validate", "p.yaml", "--json"]);
    const found = JSON.parse(refused.stdout) as { code: string; range?: object }[];
    expect(found.map(({ code, range }) => [code, range !== undefined])).toEqual(
      unsafe.map(() => ["unsafe-shell", true]),
    );

    p.write("p.yaml", 'params: { v: x }\nsteps:\n  s: { run: [echo, "${{ params.v }}"] }\n');
    for (const args of [["--params", "nul.json"]]) {
      p.write("nul.json", '{ "v": "a\\u0000b" }');
      const { code, stderr } = await p.vistas(["run", "p.yaml", ...args]);
      expect([code, /NUL/.test(stderr)]).toEqual([2, true]);
    }
    expect(existsSync(p.path("artifacts", "runs"))).toBe(false);
  });
});
