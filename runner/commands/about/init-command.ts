import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { UsageError } from "../../core/diagnostic.js";
import { DONE } from "../call/exit.js";
import { pipelineSchema } from "../../pipeline/schema/pipeline-schema.js";
import { shellWord } from "../../pipeline/shell/shell.js";
import { print, type Session } from "../call/session.js";

/** `vistas init [DIR]`: a starter pipeline that runs as it is, with the schema for the editor beside it. */
export async function initCommand(session: Session, args: string[]): Promise<number> {
  const folder = resolve(session.cwd, args[0] ?? ".");
  const files = {
    "pipelines/quickstart.yaml": STARTER,
    "pipelines/pipeline.schema.json": `${JSON.stringify(await pipelineSchema(session.tools.kinds), null, 2)}\n`,
    "scripts/make.sh": MAKE,
    "scripts/count.sh": COUNT,
  };
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === false)
    throw UsageError.ofCall("would-overwrite", `${args[0]} is a file`, "name a folder: vistas init DIR");
  const there = Object.keys(files).filter(name => existsSync(join(folder, name)));
  if (there.length > 0) {
    throw UsageError.ofCall(
      "would-overwrite",
      `${there.join(", ")} ${there.length === 1 ? "is" : "are"} there already`,
      "Name an empty folder: vistas init DIR",
    );
  }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
    print(session, join(args[0] ?? ".", name));
  }
  const ignore = join(folder, ".gitignore");
  if (!existsSync(ignore)) {
    writeFileSync(ignore, IGNORE);
    print(session, join(args[0] ?? ".", ".gitignore"));
  } else if (!readFileSync(ignore, "utf8").includes("artifacts")) {
    print(session, `\nAdd to .gitignore, so that results are not committed:\n${IGNORE.trimEnd()}`);
  }
  print(
    session,
    `\nNow: ${args[0] === undefined || args[0] === "." ? "" : `cd ${shellWord(args[0])} && `}vistas run`,
  );
  return DONE;
}

/** What was installed, fetched or made, but for what a project publishes. */
const IGNORE = "node_modules/\n.env\n/artifacts/*\n!/artifacts/published/\n";

const STARTER = `# yaml-language-server: $schema=./pipeline.schema.json
# A starter pipeline: two programs of yours, run once a seed and then gathered.
# Run it, run it again (nothing happens), change \`lines\`, and see what runs:
#   vistas run
#   vistas run --set lines=200
name: quickstart
params:
  lines: 100
steps:
  make:
    run: [sh, "\${{ inputs.script }}", "\${{ matrix.seed }}", "\${{ params.lines }}", "\${{ outputs.table }}"]
    inputs: { script: ./scripts/make.sh }
    outputs: { table: table.csv }
    matrix: { seed: [0, 1, 2] }
  count:
    run: [sh, "\${{ inputs.script }}", "\${{ inputs.tables }}", "\${{ outputs.metrics }}"]
    inputs: { script: ./scripts/count.sh, tables: make }
    over: [seed]
    # An output called \`metrics\` that is JSON gives the step's metrics.
    outputs: { metrics: metrics.json }
`;

const MAKE = `# make.sh SEED LINES OUT: a table of pseudo-random numbers (a linear congruential generator).
awk -v x="$1" -v n="$2" 'BEGIN { for (i = 0; i < n; i++) { x = (x * 1103515245 + 12345) % 2147483648; print i "," x } }' > "$3"
`;

const COUNT = `# count.sh FOLDER OUT: FOLDER holds one table a seed: seed=0.csv, seed=1.csv, ...
printf '{ "rows": %d, "tables": %d }\\n' "$(cat "$1"/*.csv | wc -l)" "$(ls "$1" | wc -l)" > "$2"
`;
