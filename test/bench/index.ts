/** `npm run bench [-- NAME ...]`: one JSON object a line. Peers are measured in the same run where installed. */
import process from "node:process";
import { agree } from "./agree.js";
import { hashing, smallFiles, verifying } from "./files.js";
import { gpu } from "./gpu.js";
import { language } from "./language.js";
import { noop } from "./noop.js";
import { objects, records } from "./store.js";
import { manyRuns, startup } from "./startup.js";
import { sweep } from "./sweep.js";
import { sample, train } from "./train.js";

const benches: Readonly<Record<string, () => Promise<void>>> = {
  startup,
  noop,
  language,
  "many-runs": manyRuns,
  hashing,
  verifying,
  files: smallFiles,
  objects,
  records,
  sweep,
  train,
  sample,
  gpu,
  agree,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter(name => !(name in benches));
if (unknown.length > 0) {
  process.stderr.write(
    `no such benchmark: ${unknown.join(", ")}; there are: ${Object.keys(benches).join(", ")}\n`,
  );
  process.exit(2);
}
for (const name of wanted.length > 0 ? wanted : Object.keys(benches)) await benches[name]?.();
