/** What is wrong, and where: one pipeline a rule, by code and position. Prose is free to change. */
import { afterAll, describe, expect, it } from "@jest/globals";
import { UsageError } from "../../runner/core/diagnostic.js";
import { selectNodes } from "../../runner/pipeline/graph/select.js";
import { codes } from "../../runner/pipeline/mistakes/codes.js";
import type { LoadOptions } from "../../runner/pipeline/load-pipeline.js";
import { brief, folderOf, load, mistakes } from "./support.js";

const folder = folderOf({
  "data.csv": "1\n",
  "pipelines/near.csv": "1\n",
  "more.yaml": "sigma: 1\nsigm: 2\n",
  "twice.yaml": "sigma: 1\nsigma: 2\n",
  "utf16.yaml": new Uint8Array([0xff, 0xfe, 0x61, 0]),
  "latin1.yaml": new Uint8Array([0x61, 0x3a, 0x20, 0xe9, 0x0a]),
  "huge.yaml": new Uint8Array(16 * 2 ** 20 + 1).fill(0x20),
});
afterAll(folder.remove);

const S = "steps:\n  a:\n    run: [x]\n";
/** A step with an output, then what is appended to its `run:` line's step. */
const IO = "steps:\n  a:\n    run: [x]\n    outputs: { o: o }\n";
/** `S` with axes that its program reads. */
const along = (...axes: string[]): string =>
  S.replace("[x]", `[x, ${axes.map(axis => `"\${{ matrix.${axis} }}"`).join(", ")}]`);
const P = "params: { sigma: 0.3, list: [1, 2], map: { k: v }, none: null, yes: true }\n";

type Case = readonly [
  title: string,
  text: string | undefined,
  found: string[],
  options?: Partial<LoadOptions>,
];

const cases: readonly Case[] = [
  // The file
  ["a file that is not there", undefined, ["no-such-file"]],
  ["UTF-16", undefined, ["not-utf8"], { file: "utf16.yaml" }],
  ["Latin-1", undefined, ["not-utf8 1:4"], { file: "latin1.yaml" }],
  ["a file of 16 MiB and a byte", undefined, ["too-large"], { file: "huge.yaml" }],
  ["a NUL", "name: a\0b\n", ["control-character 1:8"]],
  ["an escape character", "name: \x1b[31m\n", ["control-character 1:7"]],
  ["a NUL by escape", `name: "a\\0"\n${S}`, ["control-character 1:7"]],
  ["half a surrogate pair by escape", `name: "\\ud800"\n${S}`, ["control-character 1:7"]],
  // YAML
  ["nothing", "", ["empty-file 1:1"]],
  ["comments only", "# steps:\n\n", ["empty-file 1:1"]],
  ["a list", "- a\n", ["wrong-type 1:1"]],
  ["a scalar", "steps\n", ["wrong-type 1:1"]],
  ["a tab", "steps:\n\ta: 1\n", ["tab 2:1"]],
  ["a tab behind spaces", "steps:\n  a:\n  \tb: 1\n", ["tab 3:3"]],
  ["an open bracket", "steps: [1, 2\n", ["yaml-syntax 2:1"]],
  ["an open quote", "name: 'x\n", ["yaml-syntax 2:1"]],
  ["two keys on a line", "name: a: b\n", ["yaml-syntax 1:7"]],
  ["an unquoted expression in braces", "steps: { a: { run: [x, ${{ params.a }}] } }\n", ["yaml-syntax 1:25"]],
  [
    "an unquoted expression, and what the parser makes of all that follows",
    "steps:\n  a:\n    run: [x]\n    env: { A: ${{ params.x }} }\n    inputs: { i: b }\n  b: { run: [x] }\nexpect: []\n",
    ["yaml-syntax 4:16"],
  ],
  [
    "two independent mistakes of YAML",
    'steps:\n  a: { run: ["\\q"] }\n  b: { run: ["\\q"] }\n',
    ["yaml-syntax 2:15", "yaml-syntax 3:15"],
  ],
  [
    "an expression without its `$`",
    "steps: { a: { run: [x, {{ params.a }}], timeout: {{ params.t }} } }\n",
    ["bad-key 1:25", "bad-key 1:51"],
  ],
  ["YAML 1.1", `%YAML 1.1\n---\n${S}`, ["yaml-syntax 1:1"]],
  ["two documents", `${S}---\n${S}`, ["multiple-documents 4:1"]],
  ["the same key twice", `${S}name: a\nname: b\n`, ["duplicate-key 5:1"]],
  ["the same step twice", `${S}  a:\n    run: [y]\n`, ["duplicate-key 4:3"]],
  ["the same key twice in braces", "steps: { a: { run: [x], run: [y] } }", ["duplicate-key 1:25"]],
  ["a number as a key", `${S}1: a\n`, ["bad-key 4:1"]],
  ["a list as a key", `${S}? [a]\n: a\n`, ["bad-key 4:3"]],
  ["__proto__", `params: { __proto__: { a: 1 } }\n${S}`, ["bad-key 1:11"]],
  ["a merge key", `x-base: &b { run: [x] }\nsteps:\n  a:\n    <<: *b\n    run: [y]\n`, ["merge-key 4:5"]],
  ["an alias of nothing", `${S}name: *n\n`, ["unknown-alias 4:7"]],
  ["an alias inside its anchor", `${S}x-a: &a [*a]\n`, ["unknown-alias 4:10"]],
  ["a tag", `${S}name: !env HOME\n`, ["custom-tag 4:7"]],
  ["a known tag that is not JSON", `${S}name: !!binary aGk=\n`, ["custom-tag 4:7"]],
  ["a billion laughs", bomb(), ["alias-bomb 7:41"]],
  [
    "a quadratic bomb",
    `x-a: &a "${"x".repeat(1e5)}"\nx-b: [${"*a, ".repeat(300)}]\n${S}`,
    ["alias-bomb 2:675"],
  ],
  ["brackets 10,000 deep", `x-a: ${"[".repeat(1e4)}${"]".repeat(1e4)}\n${S}`, ["too-deep 1:106"]],
  ["dashes 10,000 deep", `x-a:\n ${"- ".repeat(1e4)}x\n`, ["too-deep"]],
  ["levels 101 deep", `x-a: ${"[".repeat(101)}${"]".repeat(101)}\n${S}`, ["too-deep 1:106"]],
  ["aliases 200 deep", chain(200), ["too-deep 100:13"]],
  ["an integer beyond 2^53", `params: { a: 9007199254740993 }\n${S}`, ["bad-number 1:14"]],
  ["infinity", `params: { a: -.inf }\n${S}`, ["bad-number 1:14"]],
  ["not a number", `params: { a: .nan }\n${S}`, ["bad-number 1:14"]],
  ["a number out of range", `params: { a: 1e999 }\n${S}`, ["bad-number 1:14"]],
  // Structure
  ["an unknown key", `${S}nmae: x\n`, ["unknown-key 4:1"]],
  ["an unknown key of a step", `${S}    retires: 1\n`, ["unknown-key 4:5"]],
  ["an unknown resource", `${S}    resources: { cpu: 1 }\n`, ["unknown-key 4:18"]],
  ["no steps", "name: x\n", ["missing-key 1:1"]],
  ["a step of nothing", "steps:\n  a: {}\n", ["missing-key 2:3"]],
  ["steps that are nothing", "steps:\n", ["wrong-type 1:1"]],
  ["steps that are a list", "steps: []\n", ["wrong-type 1:8"]],
  ["no step at all", "steps: {}\n", ["wrong-value 1:8"]],
  ["a step that is a list", "steps: { a: [] }\n", ["wrong-type 1:13"]],
  ["a name that is a number", `${S}name: 3\n`, ["wrong-type 4:7"]],
  ["`uses` and `run`", "steps: { a: { uses: make-data, run: [x] } }\n", ["misplaced-key 1:32"]],
  ["`with` of a command", `${S}    with: { a: 1 }\n`, ["misplaced-key 4:5"]],
  ["`outputs` of a kind", "steps: { a: { uses: make-data, outputs: { o: o } } }\n", ["misplaced-key 1:32"]],
  ["a command of no words", "steps: { a: { run: [] } }\n", ["wrong-value 1:20"]],
  ["a command of a mapping", "steps: { a: { run: { a: 1 } } }\n", ["wrong-type 1:20"]],
  ["nothing as a word", "steps:\n  a:\n    run:\n      - x\n      -\n", ["not-text 5:8"]],
  ["nothing as a variable", `${S}    env: { A: }\n`, ["not-text 4:12"]],
  ["a step's name with a dot", "steps: { a.b: { run: [x] } }\n", ["bad-name 1:10"]],
  ["an axis's name with a space", `${S}    matrix: { a b: [1] }\n`, ["bad-name 4:15"]],
  ["a variable with a dash", `${S}    env: { A-B: 1 }\n`, ["bad-name 4:12"]],
  ["a variable twice", `${S}    env: [A, A]\n`, ["wrong-value 4:14"]],
  ["an axis gathered twice", `${S}    over: [s, s]\n`, ["unknown-axis 4:12", "wrong-value 4:15"]],
  ["a negative number of retries", `${S}    retries: -1\n`, ["wrong-value 4:14"]],
  ["an unknown unit of time", `${S}    timeout: 5 parsecs\n`, ["wrong-value 4:14"]],
  ["a list as a timeout", `${S}    timeout: [1]\n`, ["wrong-type 4:14"]],
  ["a metric without a value", `${S}expect:\n  - { metric: a.b }\n`, ["missing-key 5:5"]],
  ["a claim with a value", `${S}expect:\n  - { claim: c, that: a.b > 0, value: 1 }\n`, ["unknown-key 5:32"]],
  ["a metric of no step", `${S}expect:\n  - { metric: b.x, value: 1 }\n`, ["unknown-step 5:15"]],
  ["a metric that is no name", `${S}expect:\n  - { metric: accuracy, value: 1 }\n`, ["bad-claim 5:15"]],
  [
    "a metric with several values",
    `${along("s")}    matrix: { s: [1, 2] }\nexpect:\n  - { metric: a.x, value: 1 }\n`,
    ["ambiguous-metric 6:15"],
  ],
  [
    "an unknown axis, and an unknown place on one",
    `${along("s")}    matrix: { s: [1, 2] }\nexpect:\n  - { metric: a.x, value: 1, over: [t] }\n  - { metric: "a[s=3].x", value: 1 }\n`,
    ["unknown-axis 6:37", "unknown-axis 7:18"],
  ],
  [
    "a tolerance in no unit",
    `${S}expect:\n  - { metric: a.x, value: 1, tolerance: 2 m }\n`,
    ["wrong-value 5:41"],
  ],
  [
    "a tolerance in errors of one value",
    `${S}expect:\n  - { metric: a.x, value: 1, tolerance: 2 se }\n`,
    ["bad-claim 5:41"],
  ],
  ["a claim that is a number", `${S}expect:\n  - { claim: c, that: a.x + 1 }\n`, ["bad-claim 5:23"]],
  ["a claim that cannot be read", `${S}expect:\n  - { claim: c, that: "a.x >> 1" }\n`, ["bad-claim 5:29"]],
  [
    "a claim of no step, between quotes",
    `${S}expect:\n  - claim: c\n    that: "a.x > 0 and b.y > 1"\n`,
    ["unknown-step 6:24"],
  ],
  ["a claim without what must hold", `${S}expect:\n  - { claim: c }\n`, ["missing-key 5:5"]],
  [
    "a test that there is not",
    `${S}expect:\n  - { claim: c, of: a.x, test: z-test }\n`,
    ["wrong-value 5:32"],
  ],
  ["a test of one value", `${S}expect:\n  - { claim: c, of: a.x, test: paired-t }\n`, ["bad-claim 5:21"]],
  [
    "an equivalence without a margin, a margin without equivalence",
    `${along("s")}    matrix: { s: [1, 2] }\nexpect:\n  - { claim: c, of: a.x, test: tost }\n  - { claim: c, of: a.x, test: wilcoxon, margin: 1 }\n`,
    ["missing-key 6:32", "wrong-value 7:50"],
  ],
  // Params
  ["`--set` of an unknown param", P + S, ["unknown-param"], { sets: ["sigm=1"] }],
  ["`--set` below a scalar", P + S, ["unknown-param"], { sets: ["sigma.x=1"] }],
  ["`--set` of a number to a list", P + S, ["param-type"], { sets: ["sigma=[1]"] }],
  ["`--set` without `=`", P + S, ["bad-set"], { sets: ["sigma"] }],
  ["`--set` of a broken list", P + S, ["bad-set"], { sets: ["list=[1"] }],
  ["a params file with an unknown param", P + S, ["unknown-param 2:1"], { paramsFiles: ["more.yaml"] }],
  ["a params file with a key twice", P + S, ["duplicate-key 2:1"], { paramsFiles: ["twice.yaml"] }],
  ["a params file that is not there", P + S, ["no-such-file"], { paramsFiles: ["none.yaml"] }],
  [
    "params in a circle",
    `params: { a: "\${{ params.b }}", b: "\${{ params.a }}" }\n${S}`,
    ["param-cycle 1:14"],
  ],
  ["a param that holds itself", `params: { a: { b: "\${{ params.a }}" } }\n${S}`, ["param-cycle 1:19"]],
  ["a param that reads an axis", `params: { a: "\${{ matrix.s }}" }\n${S}`, ["misplaced-expression 1:15"]],
  ["params that unfold without end", paramBomb(), ["too-large 22:8"]],
  // Expressions
  ["an unknown param", `${P}steps: { a: { run: ["\${{ params.sigm }}"] } }\n`, ["unknown-name 2:33"]],
  ["an unknown item", `${P}steps: { a: { run: ["x\${{ params.list[2] }}"] } }\n`, ["unknown-name 2:38"]],
  ["an unknown root", `${P}steps: { a: { run: ["\${{ parms.sigma }}"] } }\n`, ["unknown-name 2:26"]],
  ["an unknown axis", S.replace("[x]", '["${{ matrix.s }}"]'), ["unknown-name 3:23"]],
  ["an unknown input", S.replace("[x]", '["${{ inputs.s }}"]'), ["unknown-name 3:23"]],
  [
    "a table that lacks a label",
    `params: { t: { a: 1 } }\nsteps: { a: { run: ["\${{ params.t[matrix.s] }}"], matrix: { s: [a, b] } } }\n`,
    ["unknown-name 2:22"],
  ],
  [
    "a table looked into by an axis that is not there",
    `${P}steps: { a: { run: ["\${{ params.map[matrix.s] }}"] } }\n`,
    ["unknown-name 2:22"],
  ],
  [
    "a table in `matrix:`",
    `${P}steps: { a: { run: [x], matrix: { s: "\${{ params.map[matrix.s] }}" } } }\n`,
    ["misplaced-expression 2:39"],
  ],
  [
    "an input looked into by an axis",
    S.replace("[x]", '["${{ inputs.x[matrix.s] }}"]'),
    ["bad-expression 3:12"],
  ],
  ["a sum", S.replace("[x]", '["${{ 1 + 2 }}"]'), ["bad-expression 3:16"]],
  ["nothing in braces", S.replace("[x]", '["${{ }}"]'), ["bad-expression 3:12"]],
  ["open braces", S.replace("[x]", '["${{ params.a"]'), ["bad-expression 3:12"]],
  [
    "the second of two in a block",
    `${P}steps:\n  a:\n    run: |\n      echo \${{ params.sigma }}\n      echo \${{ params.sgima }}\n`,
    ["unknown-name 6:23"],
  ],
  [
    "an input read in `with`",
    `steps: { a: { uses: make-data, with: { source: "\${{ inputs.x }}" } } }\n`,
    ["misplaced-expression 1:49"],
  ],
  [
    "an expression in a key",
    `steps: { a: { uses: make-data, with: { "\${{ params.x }}": 1 } } }\n`,
    ["misplaced-expression 1:40"],
  ],
  [
    "a list inside a text of an option",
    `${P}steps: { a: { uses: make-data, with: { source: "x\${{ params.list }}" } } }\n`,
    ["not-text 2:50"],
  ],
  [
    "nothing as a word, by a param",
    `${P}steps: { a: { run: ["\${{ params.none }}"] } }\n`,
    ["not-text 2:22"],
  ],
  [
    "an expression in backquotes",
    `${P}steps: { a: { run: "echo \`\${{ params.sigma }}\`" } }\n`,
    ["unsafe-shell 2:27"],
  ],
  [
    "a variable that is not set",
    `${S.replace("[x]", '["${{ env.LANG }}"]')}    env: [LANG]\n`,
    ["unset-variable 3:12"],
  ],
  ["a variable that is not declared", S.replace("[x]", '["${{ env.LANG }}"]'), ["unknown-name 3:20"]],
  // Steps
  ["an unknown kind", "steps: { a: { uses: make-dat } }\n", ["unknown-kind 1:21"]],
  [
    "an unknown role",
    "steps: { a: { uses: make-data, inputs: { x: ./data.csv } } }\n",
    ["unknown-role 1:42"],
  ],
  ["a missing role", "steps: { a: { uses: train-model, with: { rate: 1 } } }\n", ["missing-input 1:10"]],
  ["an unknown step", `${S}    inputs: { i: b.o }\n`, ["unknown-step 4:18"]],
  ["an unknown output", `${IO}  b:\n    run: [x]\n    inputs: { i: a.p }\n`, ["unknown-output 7:18"]],
  ["a step without outputs", `${S}  b:\n    run: [x]\n    inputs: { i: a }\n`, ["unknown-output 6:18"]],
  [
    "a step of two outputs",
    "steps: { a: { uses: make-data }, b: { run: [x], inputs: { i: a } } }\n",
    ["ambiguous-output 1:62"],
  ],
  ["a missing file", `${S}    inputs: { i: ./none.csv }\n`, ["missing-file 4:18"]],
  ["a missing absolute file", `${S}    inputs: { i: /no/such/file }\n`, ["missing-file 4:18"]],
  ["a file outside the project", `${S}    inputs: { i: ./../x }\n`, ["outside-project 4:18"]],
  ["the project itself", `${S}    inputs: { i: ./ }\n`, ["outside-project 4:18"]],
  ["a plugin outside the project", `${S}plugins: [../x.js]\n`, ["outside-project 4:11"]],
  ["an output outside its folder", `${S}    outputs: { o: ../o }\n`, ["bad-output 4:19"]],
  ["an absolute output", `${S}    outputs: { o: /o }\n`, ["bad-output 4:19"]],
  ["one output twice", `${S}    outputs: { o: a/b, p: a/B }\n`, ["bad-output 4:27"]],
  ["an output without a path", `${S}    outputs: { o: { temporary: true } }\n`, ["missing-key 4:16"]],
  [
    "a temporary output that a kind does not have",
    "steps: { a: { uses: make-data, outputs: { o: { temporary: true } } } }\n",
    ["unknown-output 1:43"],
  ],
  [
    "an axis from a temporary output",
    `steps:\n  a: { run: [x], outputs: { o: { path: o, temporary: true } } }\n  b: { run: [x, "\${{ matrix.s }}"], matrix: { s: { from: a } } }\n`,
    ["bad-list 3:58"],
  ],
  ["outputs inside each other", `${S}    outputs: { o: a/b/c, p: a }\n`, ["bad-output 4:29"]],
  [
    "a duration of zero, by a param",
    `params: { t: 0s }\n${S}    timeout: "\${{ params.t }}"\n`,
    ["bad-duration 5:14"],
  ],
  [
    "half a core, by a param",
    `params: { c: 0.5 }\n${S}    resources: { cpus: "\${{ params.c }}" }\n`,
    ["bad-resource 5:24"],
  ],
  [
    "steps in a circle",
    `${IO}    inputs: { i: b }\n  b:\n    run: [x]\n    inputs: { i: a }\n    outputs: { o: o }\n`,
    ["cycle 5:18"],
  ],
  ["a step that needs itself", `${IO}    inputs: { i: a }\n`, ["cycle 5:18"]],
  // Options of kinds
  [
    "an option of the wrong type",
    "steps: { a: { uses: make-data, with: { count: many } } }\n",
    ["wrong-type 1:47"],
  ],
  ["an option out of range", "steps: { a: { uses: make-data, with: { count: 0 } } }\n", ["wrong-value 1:47"]],
  [
    "an option that is not one of those allowed",
    "steps: { a: { uses: make-data, with: { kind: tset } } }\n",
    ["wrong-value 1:46"],
  ],
  ["an unknown option", "steps: { a: { uses: make-data, with: { cuont: 1 } } }\n", ["unknown-key 1:40"]],
  [
    "an option by a param",
    `${P}steps: { a: { uses: make-data, with: { count: "\${{ params.sigma }}" } } }\n`,
    ["wrong-type 2:47"],
  ],
  [
    "an option inside a param",
    `params: { t: { sigma: x } }\nsteps: { d: { uses: make-data }, a: { uses: train-model, inputs: { data: d.images }, with: { rate: 1, transform: "\${{ params.t }}" } } }\n`,
    ["wrong-type 2:114"],
  ],
  [
    "a missing option",
    "steps: { d: { uses: make-data }, a: { uses: train-model, inputs: { data: d.images }, with: {} } }\n",
    ["missing-key 1:86"],
  ],
  [
    "a missing option without `with`",
    "steps: { d: { uses: make-data }, a: { uses: train-model, inputs: { data: d.images } } }\n",
    ["missing-key 1:34"],
  ],
  // Axes
  ["an axis of one value twice", `${S}    matrix: { s: [1, "1"] }\n`, ["bad-axis 4:18"]],
  [
    "an axis of a scalar, by a param",
    `${P}${S}    matrix: { s: "\${{ params.sigma }}" }\n`,
    ["bad-axis 5:18"],
  ],
  [
    "an axis of lists, by a param",
    `params: { l: [[1]] }\n${S}    matrix: { s: "\${{ params.l }}" }\n`,
    ["bad-axis 5:18"],
  ],
  ["a label with a comma", `${S}    matrix: { s: ["a,b"] }\n`, ["bad-axis 4:19"]],
  [
    "an axis with other values",
    `${along("s")}    outputs: { o: o }\n    matrix: { s: [1, 2] }\n  b:\n    run: [x, "\${{ matrix.s }}"]\n    inputs: { i: a }\n    matrix: { s: [1, 3] }\n`,
    ["axis-conflict 8:18"],
  ],
  [
    "an axis of its own that is gathered",
    `${along("s")}    matrix: { s: [1] }\n    over: [s]\n`,
    ["axis-conflict 5:12"],
  ],
  [
    "an axis that no input has",
    `${along("seed")}    outputs: { o: o }\n    matrix: { seed: [1] }\n  b:\n    run: [x]\n    inputs: { i: a }\n    over: [sede]\n`,
    ["unknown-axis 9:12"],
  ],
  [
    "a million instances",
    `${along("a", "b")}    matrix: { a: [${numbers(1000)}], b: [${numbers(1000)}] }\n`,
    ["too-many-instances 4:5"],
  ],
  ["an axis that nothing reads", `${S}    matrix: { s: [1] }\n`, ["axis-unused 4:15"]],
  [
    "an axis that `resources` and a comment read",
    `steps:\n  a:\n    run: "x # \${{ matrix.s }}"\n    matrix: { s: [1, 2] }\n    resources: { cpus: "\${{ matrix.s }}" }\n`,
    ["axis-unused 4:15"],
  ],
  [
    "an axis that a user of the step reads",
    `${IO}    matrix: { s: [1, 2] }\n  b:\n    run: [x, "\${{ matrix.s }}"]\n    inputs: { i: a }\n`,
    ["axis-unused 5:15"],
  ],
  ["repeats without an axis", `${S}    repeats: true\n`, ["missing-key 4:5"]],
  ["repeats as a number", `${S}    repeats: 3\n`, ["wrong-type 4:14"]],
  [
    "repeats of a kind",
    "steps:\n  a:\n    uses: make-data\n    matrix: { s: [1, 2] }\n    repeats: true\n",
    ["misplaced-key 5:5"],
  ],
  // Conditions
  [
    "conditions that are none",
    `params: { n: 1, t: x, l: [1] }
steps:
  a: { run: [x], when: "params.n" }
  b: { run: [x], when: "params.t == 1" }
  c: { run: [x], when: "params.l == 1" }
  d: { run: [x], when: "matrix.s == 1" }
  e: { run: [x], when: "params.nn == 1" }
  f: { run: [x], when: "params.t < 'y'" }
  g: { run: [x], when: "mean(params.n) == 1" }
  h: { run: [x], when: "a.b == 1 and params.n" }
  i: { run: [x], when: "params.t == y" }
  j: { run: [x], when: "\${{ params.n }} == 1" }
  k: { run: [x], when: [true] }
`,
    [
      "bad-condition 3:25",
      "bad-condition 4:25",
      "bad-condition 5:25",
      "bad-condition 6:25",
      "unknown-name 7:24",
      "bad-condition 8:25",
      "bad-condition 9:25",
      "bad-condition 10:25",
      "bad-condition 10:38",
      "bad-condition 11:37",
      "bad-condition 12:25",
      "wrong-type 13:24",
    ],
  ],
  ["a text in a claim", `${S}expect: [{ claim: c, that: "a.x == 'y'" }]\n`, ["bad-claim 4:36"]],
  // Plugins
  ["a missing plugin", `${S}plugins: [./none.js]\n`, ["missing-plugin 4:11"]],
];

describe("diagnostics", () => {
  it.each(cases)("%s", async (_title, text, found, options = {}) => {
    const list = await mistakes(text, { cwd: folder.path, ...options });
    // Where the parser ran out of stack is its own affair.
    expect(list.map(brief).map(d => (found.includes(d.split(" ")[0] ?? "") ? d.split(" ")[0] : d))).toEqual(
      found,
    );
  });

  it("cover every code", () => {
    const provoked = new Set(cases.flatMap(([, , found]) => found.map(text => text.split(" ")[0])));
    // Warnings and selections have tests below, the modules of plug-ins in plugins.test.ts, engines in test/run,
    // secrets in test/attack, files and templates in tests of their own, types in artifact-types.test.ts, the store as an input in test/run/advice.test.ts,
    // axes in test/graph/matrix.test.ts.
    const elsewhere = [
      ...[
        "unused-param",
        "bad-selection",
        "unknown-selection",
        "bad-plugin",
        "duplicate-kind",
        "artifact-type",
        "unwritten-output",
        "input-holds-store",
        "bad-file",
        "unpaired",
        "block-cycle",
        "unknown-template",
        "template-cycle",
        "unused-template",
      ],
      ...["not-deterministic", "missing-program", "missing-secret", "secret-in-env"],
      // test/exec/environments.test.ts
      ...["missing-environment", "bad-environment", "missing-tool"],
      // test/dvc/import.test.ts
      "not-carried",
    ];
    expect(Object.keys(codes).filter(code => !provoked.has(code) && !elsewhere.includes(code))).toEqual([]);
    expect([...provoked].filter(code => !Object.hasOwn(codes, code ?? ""))).toEqual([]);
  });

  it("warn of params that nothing reads", async () => {
    const loaded = await load(`${P}steps: { a: { run: ["\${{ params.map.k }}", "\${{ params.list }}"] } }\n`);
    const warnings = await loaded.warnings();
    expect(warnings.map(brief)).toEqual(["unused-param 1:11", "unused-param 1:52", "unused-param 1:64"]);
    expect(new Set(warnings.map(w => w.severity))).toEqual(new Set(["warning"]));
  });

  it.each([
    ['run: "echo > a.csv"', ["unwritten-output a", "unwritten-output b"]],
    ['run: "f ${{ outputs.a }}"', ["unwritten-output b"]],
    ['run: [f, "x=${{ outputs.a }}", "${{ outputs.b }}"]', []],
    ['run: "f ${{ outputs.a }} # ${{ outputs.b }}"', ["unwritten-output b"]],
  ])("warn of outputs that no word of `%s` mentions", async (run, found) => {
    const loaded = await load(`steps: { s: { ${run}, outputs: { a: a.csv, b: b.csv } } }\n`);
    const warnings = await loaded.warnings();
    expect(warnings.map(({ code, message }) => `${code} ${message.includes("`a`") ? "a" : "b"}`)).toEqual(
      found,
    );
  });

  it.each([
    ["b", "unknown-selection"],
    ["a[s=3]", "unknown-selection"],
    ["a[t=1]", "unknown-selection"],
    ["a[", "bad-selection"],
    ["a[=1]", "bad-selection"],
    ["+", "bad-selection"],
    ["", "bad-selection"],
  ])("refuse the selection %j", async (text, code) => {
    const { graph } = await load(`${along("s")}    matrix: { s: [1, 2] }\n`);
    const codesOf = () => {
      try {
        selectNodes(graph, [text]);
        return [];
      } catch (error) {
        return error instanceof UsageError ? error.diagnostics.map(d => d.code) : [String(error)];
      }
    };
    expect(codesOf()).toEqual([code]);
  });

  it("are all found at once, in order of position, none of them an echo", async () => {
    const text = [
      "name: 3", // 1
      'params: { sigma: 0.3, n: "${{ params.m }}", m: "${{ params.n }}" }',
      "stepps: {}",
      "steps:",
      "  a:", // 5
      "    rnu: [x]",
      "    inputs: { x: b.out, y: ./nothing.txt, z: c }",
      "  b:",
      '    run: [echo, "${{ params.sigm }}", "${{ inputs.q }}", "${{ matrix.seed }}", "${{ 1+2 }}"]',
      "    outputs: { out: ../x }", // 10
      "    timeout: 5 parsecs",
      "    retries: -1",
      "  c:",
      "    run: 'echo `${{ params.sigma }}`'",
      "    inputs: { a: d }", // 15
      "    outputs: { o: o, O: O }",
      "  d:",
      "    run: [x]",
      "    inputs: { c: c.o }",
      "    outputs: { d: d }", // 20
      "    with: {}",
    ].join("\n");
    const found = (await mistakes(text, { cwd: folder.path })).map(brief);
    expect(found).toEqual([
      "wrong-type 1:7",
      "param-cycle 2:26",
      "unknown-key 3:1",
      "missing-key 5:3",
      "unknown-key 6:5",
      "missing-file 7:28",
      "ambiguous-output 7:46",
      "unknown-name 9:29",
      "unknown-name 9:51",
      "unknown-name 9:70",
      "bad-expression 9:85",
      "bad-output 10:21",
      "wrong-value 11:14",
      "wrong-value 12:14",
      "unsafe-shell 14:17",
      "cycle 15:18",
      "bad-output 16:25",
      "misplaced-key 21:5",
    ]);
  });

  it("suggest the nearest right spelling", async () => {
    const hints = async (text: string) => (await mistakes(text, { cwd: folder.path })).map(d => d.hint);
    expect(await hints(`${S}    retires: 1\n`)).toEqual(["did you mean `retries`?"]);
    expect(await hints("steps: { a: { rnu: [x] } }")).toEqual([undefined, "did you mean `run`?"]);
    expect(await hints("steps: { a: { uses: make-dat } }")).toEqual(["did you mean `make-data`?"]);
    expect(await hints(`${P}steps: { a: { run: ["\${{ params.sigm }}"] } }`)).toEqual([
      "did you mean `sigma`?",
    ]);
    expect(await hints(`${S}    inputs: { i: ./dta.csv }\n`)).toEqual(["did you mean `data.csv`?"]);
  });

  it("say where a missing file does lie", async () => {
    const [missing] = await mistakes(`${S}    inputs: { i: ./near.csv }\n`, {
      cwd: folder.path,
      file: "pipelines/p.yaml",
    });
    expect(missing?.hint).toContain("write `./pipelines/near.csv`");
  });

  it("show a cycle as a path with the place of each edge", async () => {
    const text = `${IO}    inputs: { i: c }\n  b:\n    run: [x]\n    inputs: { i: a }\n    outputs: { o: o }\n  c:\n    run: [x]\n    inputs: { i: b }\n    outputs: { o: o }\n`;
    const [cycle] = await mistakes(text);
    expect(cycle?.message).toMatch(/a -> b -> c -> a$/);
    expect(cycle?.related?.map(r => r.range?.start.line)).toEqual([8, 12, 5]);
  });

  it("name the param behind a wrong option, and where it was set", async () => {
    const text = `${P}steps: { a: { uses: make-data, with: { count: "\${{ params.sigma }}" } } }\n`;
    const [inFile] = await mistakes(text);
    expect(inFile?.message).toContain("`params.sigma` is 0.3");
    expect(inFile?.related?.map(r => r.range?.start.column)).toEqual([18]);
    const [inCall] = await mistakes(text, { sets: ["sigma=0.4"] });
    expect(inCall?.message).toContain("`params.sigma` is 0.4, by `--set sigma=0.4`");
  });
});

function bomb(): string {
  const lines = ['x-0: &a0 ["lol"]'];
  for (let i = 1; i < 10; i++)
    lines.push(
      `x-${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(", ")}]`,
    );
  return `${lines.join("\n")}\n${S}`;
}

function chain(length: number): string {
  const lines = ["x-0: &a0 [1]"];
  for (let i = 1; i < length; i++) lines.push(`x-${i}: &a${i} [*a${i - 1}]`);
  return `${lines.join("\n")}\n${S}`;
}

function paramBomb(): string {
  const lines = ["params:", "  p0: [0123456789]"];
  for (let i = 1; i < 40; i++)
    lines.push(`  p${i}: ["\${{ params.p${i - 1} }}", "\${{ params.p${i - 1} }}"]`);
  return `${lines.join("\n")}\n${S}`;
}

function numbers(count: number): string {
  return Array.from({ length: count }, (_, i) => i).join(", ");
}
