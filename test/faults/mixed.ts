/** A kind whose work is done in parts that are kept: what sample-views does, without its arithmetic. */
export const KIND = `
import { defineStep } from "vistas";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
export default defineStep({
  kind: "in-parts",
  summary: "Squares, a part at a time",
  with: { type: "object", properties: { parts: { type: "integer" }, seed: { type: "integer" } }, additionalProperties: false },
  outputs: { o: { doc: "one line a part", path: "o.txt" } },
  async run(ctx) {
    let text = "";
    for (let i = 0; i < ctx.with.parts; i++) {
      const part = await ctx.part({ i }, async path => {
        writeFileSync(path, "");
        for (let j = 0; j < 5; j++) {
          appendFileSync(path, i * i + " " + ctx.random("draws").at(i).uint32() + "\\n");
          await new Promise(resolve => setTimeout(resolve, 5));
        }
      });
      text += readFileSync(part, "utf8");
      ctx.progress(i + 1, ctx.with.parts);
    }
    ctx.metric("parts", ctx.with.parts);
    writeFileSync(ctx.outputs.o, text);
  },
});
`;

/**
 * Something of everything that a store must keep whole: programs as argv and as script, a file input, a matrix gathered
 * again, trees, executables, empty files, a step that fails at first and is tried again, a kind that works in parts.
 */
export function mixedPipeline(folder: string): string {
  return `
plugins: [./kinds/parts.js]
steps:
  first: { run: "cat \${{ inputs.d }} > \${{ outputs.o }}; : > \${{ outputs.empty }}", inputs: { d: ./data.txt }, outputs: { o: o, empty: e } }
  axis:
    run: "sleep 0.02; cat \${{ inputs.f }} > \${{ outputs.o }}; echo \${{ matrix.seed }} >> \${{ outputs.o }}"
    inputs: { f: first.o }
    outputs: { o: o }
    matrix: { seed: [0, 1, 2, 3] }
  gathered: { run: "cat \${{ inputs.all }}/* > \${{ outputs.o }}", inputs: { all: axis }, over: [seed], outputs: { o: o } }
  tree:
    run: |
      mkdir -p \${{ outputs.o }}/sub/deep \${{ outputs.o }}/none
      for i in 1 2 3 4 5 6 7 8; do cat \${{ inputs.f }} > \${{ outputs.o }}/sub/$i; echo $i >> \${{ outputs.o }}/sub/deep/$i; sleep 0.005; done
    inputs: { f: first.o }
    outputs: { o: o }
  program: { run: "printf '#!/bin/sh\\\\necho made\\\\n' > \${{ outputs.o }}; chmod +x \${{ outputs.o }}", outputs: { o: tool } }
  uses: { run: "\${{ inputs.p }} > \${{ outputs.o }}; cd \${{ inputs.t }} && ls -R >> \${{ outputs.o }}", inputs: { p: program, t: tree }, outputs: { o: o } }
  again:
    run: "test -e ${folder}/tried || { touch ${folder}/tried; exit 1; }; echo second > \${{ outputs.o }}"
    outputs: { o: o }
    retries: 1
  parts: { uses: in-parts, with: { parts: 6, seed: 3 } }
  slow: { run: "setsid sleep 0.2 & sleep 0.1; cat \${{ inputs.g }} \${{ inputs.a }} > \${{ outputs.o }}", inputs: { g: gathered, a: again }, outputs: { o: o } }
  last: { run: [cp, "\${{ inputs.s }}", "\${{ outputs.o }}"], inputs: { s: slow }, outputs: { o: o } }
`;
}
