/** Values in shell scripts: one word each, never code, held against the real /bin/sh. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { execaSync } from "execa";
import fc from "fast-check";
import { findHoles, quoteForShell } from "../../runner/pipeline/shell/shell.js";

/** Where the value goes in the scripts below. */
const HOLE = "@";

/** The script with the value in every hole, or nothing if one of them is refused. */
function fill(template: string, value: string): string | undefined {
  const pieces = template.split(HOLE);
  const holes = findHoles(pieces);
  let script = pieces[0] ?? "";
  for (const [i, hole] of holes.entries()) {
    if ("refused" in hole) return undefined;
    script += ("quote" in hole ? quoteForShell(value, hole.quote) : "value") + (pieces[i + 1] ?? "");
  }
  return script;
}

/**
 * Runs scripts one after the other in a folder of their own; each has `p`, which prints its last argument and a bar.
 * `escaped`: those in which a value was run as code, which made a file named after the script.
 */
function runAll(scripts: readonly string[]): { out: string[]; escaped: number[] } {
  const folder = mkdtempSync(join(tmpdir(), "vistas-shell-"));
  try {
    const prelude = "p() { while [ $# -gt 1 ]; do shift; done; printf '%s|' \"$1\"; }\n";
    scripts.forEach((script, i) => writeFileSync(join(folder, nameOf(i)), prelude + script));
    const loop = 'export f; for f in s?????; do /bin/sh "$f" >"$f.out" 2>/dev/null </dev/null; done; :';
    execaSync("/bin/sh", ["-c", loop], { cwd: folder, timeout: 60_000, env: { PATH: "" }, extendEnv: false });
    const out = scripts.map((_, i) => readFileSync(join(folder, `${nameOf(i)}.out`), "utf8"));
    const escaped = scripts.flatMap((_, i) => (existsSync(join(folder, `canary.${nameOf(i)}`)) ? [i] : []));
    return { out, escaped };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function nameOf(i: number): string {
  return `s${String(i).padStart(5, "0")}`;
}

/** Scripts that print the value once, and what stands around it in the output. */
const contexts: readonly (readonly [script: string, before: string, after: string])[] = [
  ["p @", "", ""],
  ["p a@b", "a", "b"],
  ['p "a @ b"', "a ", " b"],
  ["p 'a @ b'", "a ", " b"],
  ["p 'a'@\"b\"", "a", "b"],
  ['p "$(p @)"', "", "|"],
  ['p "$(p "a @ b")"', "a ", " b|"],
  ["p \"$(p 'a @ b')\"", "a ", " b|"],
  ['p "$(p "$(p "@")")"', "", "||"],
  ['p "$(p "$(p x)@")"', "x|", "|"],
  ['p "`p x` @"', "x| ", ""],
  ["(p @)", "", ""],
  ["{ p @; }", "", ""],
  ["if p @; then :; fi", "", ""],
  ['x=@; p "$x"', "", ""],
  ['for x in @; do p "$x"; done', "", ""],
  ["case @ in *) p x@;; esac", "x", ""],
  ["case x in (x) p @;; esac", "", ""],
  ["p \\\n@", "", ""],
  ["p \\' @", "", ""],
  ['p "\\"" @', "", ""],
  ['p "it\'s" @', "", ""],
  ["p 'say \"' @", "", ""],
  ["p $# @", "", ""],
  ["p $$ @", "", ""],
  ['p "$#""@"', "0", ""],
  ['p "${x:-d}@"', "d", ""],
  ['p "${x#a}${x%%b*}"@', "", ""],
  ["p $((1 + (2 * 3)))@", "7", ""],
  ['p "$((1 << 2))@"', "4", ""],
  ["# it's @\np @", "", ""],
  ["p x#@", "x#", ""],
  ["p '#' @ # \"", "", ""],
  ['p "$(p x # it\'s )\n)" @', "", ""],
  ["read x <<E\nit's \"\nE\np @", "", ""],
  ["read x <<-'E'; p @\n\tE", "", ""],
  ['read x <<"E"\n(`\nE\np @ # \'', "", ""],
  ['f() { p "$1"; }; f @', "", ""],
  ["p @ | { read x; p y; }; p @", "y|", ""],
  ["! p @ && :", "", ""],
];

const hostile = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.string({ unit: fc.constantFrom(...Array.from("'\"\\$`(){};&|<>*?[]~#! \n\ta=-/é𝄞")) }),
  },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme" }).filter(text => !/\0|\p{Surrogate}/u.test(text)) },
  fc.constantFrom(
    "",
    "'",
    '"',
    "\\",
    "$(echo x)",
    "`echo x`",
    "a'b",
    "-n",
    "\n",
    "\\'",
    "${HOME}",
    "''",
    "\r\n",
  ),
);

describe("values in a shell script", () => {
  it("are one word with exactly their text, whatever surrounds them", () => {
    const pairs = fc.array(fc.tuple(fc.constantFrom(...contexts), hostile), {
      minLength: 60,
      maxLength: 120,
    });
    fc.assert(
      fc.property(pairs, cases => {
        const scripts = cases.map(([[template], value]) => fill(template, value));
        expect(scripts).not.toContain(undefined);
        const { out } = runAll(scripts.map(script => script ?? ""));
        cases.forEach(([[template, before, after], value], i) => {
          // `$( )` takes the line ends off its output, but the bar comes after them.
          expect([template, out[i]?.slice(-`${before}${value}${after}|`.length)]).toEqual([
            template,
            `${before}${value}${after}|`,
          ]);
        });
      }),
      { numRuns: 8 },
    );
  });

  it("are never run as code, in any script that is not refused", () => {
    const token = fc.constantFrom(
      ...[
        "'",
        '"',
        "\\",
        "`",
        "$",
        "$(",
        "$((",
        "${",
        "(",
        ")",
        "((",
        "))",
        "}",
        "{",
        "#",
        "<<",
        "<<-",
        "<",
        ">",
        "|",
        "&",
        ";",
      ],
      ...[
        " ",
        "\n",
        "\t",
        "a",
        "b",
        "E",
        "=",
        "case",
        " in ",
        "esac",
        "@",
        "@",
        "@",
        "$$",
        "$'",
        "!",
        "[",
        "]",
        "-",
        "%",
        "\\\n",
      ],
    );
    const soup = fc.array(token, { minLength: 2, maxLength: 14 }).map(tokens => tokens.join(""));
    const run = "echo >canary.$f";
    const value = fc.constantFrom(
      ...[`$(${run})\`${run}\``, `'\n${run}\n'`, `"\n${run}\n"`, `'\n${run}\n"\n${run}\n`, `\n${run}\n`],
      ...[
        `;${run};`,
        `\nE\n${run}\n`,
        `)\n${run}\n`,
        `}\n${run}\n`,
        `\\\n${run}\n`,
        `$(${run})'"$(${run})"'`,
      ],
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(soup, value), { minLength: 200, maxLength: 400 }), soups => {
        const scripts = soups.flatMap(([template, text]) =>
          template.includes(HOLE) ? (fill(template, text) ?? []) : [],
        );
        expect(runAll(scripts).escaped.map(i => scripts[i])).toEqual([]);
      }),
      { numRuns: 6 },
    );
  });

  it("are refused where no quoting is safe", () => {
    const refused = [
      "p x >&@",
      "p x 2>& a@",
      "p x &>@",
      "x=(@)",
      "p >&-# @",
      "`@`",
      '"`p @`"',
      "${x:-@}",
      '"${x:-@}"',
      "$((@))",
      "$((1 + @))",
      "cat <<E\n@\nE",
      "cat <<@\nE",
      "p \\@",
      'p "\\@"',
      "(( @ ))",
      "p $'a' @",
      'p "$(case x in x) p @;; esac)"',
      "p ${x:-'}'} @",
      'p "$$(" @ ")" @',
      "cat <<E <<F\nE\nF\np @",
      'p "$(cat <<E\nE\n)" @',
    ];
    for (const script of refused) {
      const [hole] = findHoles(script.split(HOLE));
      expect([script, hole && "refused" in hole]).toEqual([script, true]);
    }
  });

  it("leave comments alone", () => {
    expect(findHoles(["# ", "\np ", ""])).toEqual([{ comment: true }, { quote: "none" }]);
    expect(findHoles(["p a#", ""])).toEqual([{ quote: "none" }]);
  });
});
