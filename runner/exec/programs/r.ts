import { join } from "node:path";
import type { JsonObject } from "../../core/json.js";
import { type Contents, entriesOf, Items, textOf } from "./folders.js";
import { textIn, textsIn, type Interpreter, type Surroundings } from "./interpreter.js";

/** R, asked by `Rscript -e`: its version, and the packages in its `.libPaths()`. */
export const r: Interpreter = {
  args: program => (program.endsWith("script") ? ["-e", QUESTION] : ["--slave", "-e", QUESTION]),
  guards,
  executable: answer =>
    textIn(answer, "home") === "" ? "" : join(textIn(answer, "home"), "bin", "exec", "R"),
  version: answer => textIn(answer, "version"),
  build: () => "",
  places: answer => [textIn(answer, "home"), ...textsIn(answer, "libraries")],
  packages: (answer, { contents }) => Promise.resolve(packagesOf(answer, contents)),
};

const QUESTION = `q <- function(x) paste0('"', gsub('(["\\\\\\\\])', '\\\\\\\\\\\\1', x), '"')
cat('{"version":', q(paste(R.version$major, R.version$minor, sep = ".")), ',"home":', q(R.home()),
  ',"libraries":[', paste(vapply(.libPaths(), q, ""), collapse = ","), ']}\\n', sep = "")`;

function guards(answer: JsonObject, { env }: Surroundings): readonly string[] {
  const home = textIn(answer, "home");
  const own = env["HOME"] ?? "/";
  return [
    ...["Renviron", "Renviron.site", "Rprofile.site", "ldpaths"].map(name => join(home, "etc", name)),
    ...[".Renviron", ".Rprofile", "R"].map(name => join(own, name)),
    ...[join(home, "bin", "exec", "R"), ...textsIn(answer, "libraries")],
  ];
}

function packagesOf(answer: JsonObject, contents: Contents): string {
  const items = new Items();
  for (const library of textsIn(answer, "libraries")) {
    for (const { name } of entriesOf(library)) {
      const description = textOf(join(library, name, "DESCRIPTION"));
      if (description === undefined) continue;
      const field = (one: string, value = "\\S+"): string =>
        new RegExp(`^${one}:[ \\t]*(${value})`, "m").exec(description)?.[1] ?? "";
      // From version control, where the version need not change.
      const commit = field("RemoteSha");
      const isCommit = /^[0-9a-f]{40}$/.test(commit);
      // Nor in a folder of the user's, where what is known of the content is when it was built.
      const isLocal = !isCommit && field("Repository") === "" && field("Priority") !== "base";
      const when = isLocal ? field("Built", ".*") : "";
      const built = when === "" ? "" : `+${contents.text(when)}`;
      items.add(name, field("Version") + (isCommit ? `@${commit.slice(0, 12)}` : built));
    }
  }
  return items.text();
}
