/** Which programs a script or a list of words starts; `?`: it is likely, `~`: a word that may be one. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  scriptInvocations,
  wordInvocations,
  type Invocation,
} from "../../runner/pipeline/shell/invocations.js";

const ENV = new Map([
  ["PATH", "/bin"],
  ["HOME", "/home/me"],
]);

const text = (found: readonly Invocation[]): string =>
  found
    .map(({ program, sure, variables, script }) => {
      const path = variables.get("PATH");
      const at =
        path === "/bin" ? "" : `@${path?.replace(/^.*miniconda3\/envs(.*?)\/bin:.*$/, "/r$1") ?? "?"}`;
      return `${program}${script === undefined ? "" : `<${script}`}${{ certain: "", likely: "?", possible: "~" }[sure]}${at}`;
    })
    .join(" ");

describe("a script starts", () => {
  it.each([
    ["echo 1 > x", ""],
    ["sort a | uniq -c | head -n 3 > o", "sort uniq head"],
    [`printf '{ "raw": %d }' "$(wc -c < a)" "$(gzip -9 -c a | wc -c)" > o\n`, "wc gzip wc"],
    ["(echo first; sleep 1) > o & sleep 0.3", "sleep sleep"],
    ["if command -v foo; then foo x; else bar; fi; baz", "foo~ foo? bar? baz?"],
    ["foo || bar && baz; qux", "foo? bar? baz? qux?"],
    ["mkdir x && foo", "mkdir foo"],
    ["[ -f x ] && foo; [[ -f y ]] && bar", "foo? bar?"],
    ["for i in $(seq 3); do tool $i; done; after", "seq? i~ in~ tool? after?"],
    ["case $x in a|b) one;; (c) two;; *) three; esac; four", "in~ a~ b~ one~ c~ two~ three~ four~"],
    ["f() { inner; }; f; function g { a; }; g; h", "inner? a? h?"],
    ["PATH=/opt:$PATH tool; other", "tool@/opt:/bin other"],
    ["export PATH=/opt:$PATH; tool; (PATH=/x; a); b", "tool@/opt:/bin a@/x b@/opt:/bin"],
    ["export PATH=$(get); tool", "get? tool?"],
    [". /v/bin/activate; python x.py", "python@/v/bin:/bin"],
    ["source x.sh; tool", "/bin/sh<x.sh~ tool?"],
    ["pip install foo; foo-cli", "pip? foo-cli?"],
    ["x=`date +%s`; y=\"$(python3 -c 'print(1)')\"; echo $x", "date~ python3"],
    ["cat <<EOF | tool\npython3 nope `x`\nEOF\nnext", "cat tool x~ EOF~ next"],
    ["timeout -k 5 10 nice -n 3 env A=1 PATH=/p python3 x.py", "timeout nice env python3@/p"],
    ["bash -euo pipefail -c 'foo | bar; baz'", "bash foo bar baz"],
    ["sh run.sh a b", "sh<run.sh"],
    ["find . -name '*.c' -exec grep x {} + | xargs -n 1 -P 4 md5sum", "find grep~ x~ xargs md5sum"],
    ["P='python3 -u'; $P x.py; \"$P\"", "python3~ x.py~ python3 -u"],
    ["2>err tool; tool2 2>&1 >/dev/null; a &>log; b", "tool tool2 a b"],
    ["while read -r l; do proc $l; done < f; until x; do y; done", "proc? x? y?"],
    ["! grep -q x f; time tool", "grep? tool?"],
    ['$(which python3) x; "$UNKNOWN" y', "which? python3~ x~ y~"],
    ["diff <(sort a) <(sort b)", "sort sort diff"],
    ["cmd1;cmd2&cmd3\ncmd4 # cmd5\n", "cmd1 cmd2 cmd3 cmd4"],
    ["~/bin/tool x; ~other/tool", "/home/me/bin/tool ~other/tool"],
    ["echo $((1 + (2))) ${x:-y} 'q'\\''q'; z", "x~ y~ z"],
    ["a \\\n b; x\\\ny", "a xy"],
    ["conda activate x; python y", "conda? activate~ x~ python? python~@/r/x"],
    ['a; echo "unbalanced', "a?"],
    ["a; ((b))", "a? b~"],
    ["if a; then PATH=/x; fi; b", "a? /x~ b? b~@/x"],
    ["if a; then P=one; else P=two; fi; $P", "a? one~ two~"],
    ["cd /opt; ./tool; tool", "/opt/./tool~ tool"],
    [
      "withgpu python3 x.py; poetry run tool; conda run -p /c tool",
      "withgpu? python3~ poetry? run~ tool~ conda? run~ /c~ tool~ run~@/c/bin /c~@/c/bin tool~@/c/bin",
    ],
    [
      "bash <<E\nfoo\nE\neval \"bar x\"; x=${y:-baz}; trap 'qux' EXIT",
      "bash? foo~ E~ bar~ x~ y~ baz~ qux~ EXIT~",
    ],
    ['x="$(a "$(b \'c d\')")"; e', "b a e"],
    ["echo $'it\\'s'; tool # it's", "its~ tool~ #~ its~"],
  ])("%j: %s", (script, expected) => {
    expect(text(scriptInvocations(script, ENV))).toBe(expected);
  });
});

it.each([
  ...[
    "x=$(five)",
    "f () ( five ); f",
    "P=five; ${P} x",
    "${TOOL:-five} x",
    "alias t=five; t",
    "$SUDO five x",
  ],
  ...[
    "for p in five six; do $p x; done",
    "case $x in a) :;; *) five x;; esac",
    "case $(a) in b) five;; esac",
  ],
  ...[
    "sh <<E\nfive\nE",
    "bash -s <<'E'\nfive\nE",
    "cat <<E\n$(five)\nE",
    "cat <<E\nit's\nE\nfive",
    "# it's\nfive",
  ],
  ...[
    "echo $'it\\'s'; five",
    "x=(1 2); five",
    "((i++)); five",
    "[[ -f x ]] && five",
    "coproc five",
    "cat x |& five",
  ],
  ...[
    "trap 'five' EXIT",
    "find . -exec sh -c 'five' \\;",
    "hyperfine 'five x'",
    "mpirun -np 2 five",
    "env - five",
  ],
  ...["timeout -s KILL 5 five", "sudo -u me five", "exec -a x five", "command five", "$(command -v five) x"],
  ...[
    '"$(which five)" x',
    "sh -c \"$(cat <<'E'\nfive\nE\n)\"",
    'echo "a $(b "$(five \'x y\')")"',
    "`five`",
    "\\five",
  ],
  ...[
    "sh $opts -c 'five x'",
    "timeout $t five",
    'x="${y%"z"}"; five',
    "select x in a; do five; done",
    "uv run five",
  ],
])("%j may start its program five", script => {
  expect(scriptInvocations(script, ENV).map(({ program }) => program)).toContain("five");
});

it.each([
  "five; echo tool",
  "five 'a; tool'",
  "five # a; tool",
  "five <<E\ntool\nE",
  "five -c 'import x\ntool()'",
])("%j does not start tool", script => {
  expect(scriptInvocations(script, ENV).map(({ program }) => program)).toEqual(["five"]);
});

it("words start a program, and those that it is told to start", () => {
  expect(text(wordInvocations(["python3", "x.py"], ENV))).toBe("python3");
  expect(text(wordInvocations(["env", "-S", "python3 -u", "x"], ENV))).toBe("env python3");
  expect(text(wordInvocations(["/usr/bin/env", "bash", "-c", "foo; bar"], ENV))).toBe(
    "/usr/bin/env bash foo bar",
  );
  expect(text(wordInvocations(["timeout", "--", "5", "sh", "./x.sh"], ENV))).toBe("timeout sh<./x.sh");
  expect(wordInvocations([undefined, "x"], ENV)).toEqual([]);
});

it("any text is read to its end, quickly, and without a fault", () => {
  const piece = fc.constantFrom(
    ...[
      "if",
      "then",
      "fi",
      "for",
      "in",
      "do",
      "done",
      "case",
      "esac",
      "{",
      "}",
      "(",
      ")",
      "((",
      "[[",
      "function",
      "!",
    ],
    ...[
      "$(",
      "${",
      "$((",
      "`",
      "'",
      '"',
      "\\",
      "<<X",
      "<<<",
      "\n",
      ";",
      ";;",
      "&&",
      "||",
      "|",
      "&",
      ">",
      "<(",
      "#",
      "a",
      "b=c",
      "$a",
    ],
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), fc.constantFrom("", " "), (pieces, between) => {
      expect(scriptInvocations(pieces.join(between), ENV).length).toBeLessThan(200);
    }),
    { numRuns: 2000 },
  );
  for (const deep of ["$(", "(", "`", "if ", "{ ", "${", "case a in a) "])
    scriptInvocations(deep.repeat(20_000), ENV);
});
