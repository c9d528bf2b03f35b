/** Whatever a real shell starts was found in the text before: one program missed would serve a stale result. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "@jest/globals";
import { execaSync } from "execa";
import fc from "fast-check";
import { scriptInvocations } from "../../runner/pipeline/shell/invocations.js";
import { tempFolder } from "../rig/temp.js";

const PROGRAMS = ["one", "two", "three"];

/** Scripts of commands, nested in all that the language has. */
const scripts = fc.letrec<Record<"script" | "command" | "simple" | "head" | "word" | "substitution", string>>(
  tie => {
    const name = fc.constantFrom(...PROGRAMS);
    const script = tie("script");
    const depth = { maxDepth: 3, depthIdentifier: "depth" };
    const plain = fc.constantFrom(
      ...[
        "a",
        "'a b'",
        "$x",
        '"$x"',
        "${y:-b}",
        "$((1+1))",
        "x#",
        "\\'",
        "''",
        `"it's"`,
        `'say "'`,
        ">o",
        "2>&1",
      ],
    );
    const quotedScript = script.filter(text => !/['\n]/.test(text)).map(text => `'${text}'`);
    return {
      word: fc.oneof(
        depth,
        { weight: 3, arbitrary: plain },
        name,
        tie("substitution").map(s => `"a ${s}"`),
        quotedScript,
      ),
      substitution: fc.oneof(
        script.map(text => `$(${text})`),
        script.filter(text => !/[`\\\n]/.test(text)).map(text => `\`${text}\``),
      ),
      head: fc.oneof(
        { weight: 6, arbitrary: name },
        fc.constantFrom(
          ...[
            "'one'",
            "\\two",
            '"three"',
            "$x",
            "${x}",
            '"$x"',
            "$y one",
            "${z:-one}",
            ":",
            "cd .",
            "[ -n a ]",
          ],
          ...[
            "eval two",
            "eval 'two; three'",
            "command one",
            "exec two",
            "env one",
            "env A=b two",
            "A=b one",
            "time one",
          ],
          ...[
            "sh -c 'one; two'",
            'sh -c "three"',
            "x=one",
            "x=two; y=$x",
            "x='three a'",
            "export x=two",
            "P=two; $P",
          ],
          ...[
            "! two",
            "f() { three; }; f",
            "f",
            "trap 'one' EXIT;",
            "alias g=two; g",
            "PATH=$PATH one",
            "# it's\n",
          ],
          ...["read x <<E\none\nE\n$x", "sh <<E\ntwo\nE\n", ": <<E\n$(one)\nit's\nE\n", ": <<'E'\nit's\nE\n"],
        ),
      ),
      simple: fc
        .tuple(tie("head"), fc.array(tie("word"), { maxLength: 3 }))
        .map(([head, words]) => [head, ...words].join(" ")),
      command: fc.oneof(
        depth,
        { weight: 6, arbitrary: tie("simple") },
        script.map(text => `(${text})`),
        script.map(text => `{ ${text}; }`),
        fc.tuple(script, script).map(([test, then]) => `if ${test}; then ${then}; fi`),
        fc.tuple(name, script).map(([word, text]) => `for x in ${word} a; do ${text}; done`),
        script.map(text => `case a in (b) :;; a) ${text};; esac`),
        script.map(text => `g() { ${text}; }; g`),
        script.map(text => `until ${text}; [ a ]; do :; done`),
      ),
      script: fc
        .array(fc.tuple(tie("command"), fc.constantFrom("; ", " | ", " && ", " || ", "\n", " & ")), {
          minLength: 1,
          maxLength: 3,
        })
        .map(parts =>
          parts.map(([text, operator], i) => text + (i === parts.length - 1 ? "" : operator)).join(""),
        ),
    };
  },
).script;

it("every program that a script starts is found", () => {
  fc.assert(
    fc.property(fc.array(scripts, { minLength: 40, maxLength: 40 }), batch => {
      const folder = tempFolder();
      const write = (name: string, text: string): void => {
        writeFileSync(join(folder, name), text);
        chmodSync(join(folder, name), 0o755);
      };
      for (const name of PROGRAMS) write(name, `#!/bin/sh\necho ${name} >>"$L/$n.log"\n`);
      for (const name of ["sh", "env"])
        write(name, `#!/bin/sh\nexec /usr/bin/env ${name === "sh" ? "/bin/sh" : ""} "$@"\n`);
      batch.forEach((script, i) => {
        write(`s${i}`, script);
      });
      const loop = `export n L; L=${folder}; n=0; while [ $n -lt ${batch.length} ]; do /bin/sh ./s$n; n=$((n+1)); done; wait`;
      const options = {
        cwd: folder,
        env: { PATH: folder },
        extendEnv: false,
        reject: false,
        timeout: 50_000,
      };
      execaSync("/bin/sh", ["-c", loop], { ...options, stdio: "ignore" });
      batch.forEach((script, i) => {
        const log = join(folder, `s${i}.log`);
        const started = existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : [];
        const found = new Set(scriptInvocations(script, new Map([["PATH", folder]])).map(one => one.program));
        expect([script, started.filter(name => !found.has(name))]).toEqual([script, []]);
      });
    }),
    { numRuns: 4 },
  );
});
