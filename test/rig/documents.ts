import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The package's folder, in which docs and pipelines lie. */
export const PACKAGE = fileURLToPath(new URL("../../../", import.meta.url));

/** The code in a page of docs/ under each of its headings `### NAME`, as far as there is any. */
export function snippets(page: string): Map<string, string> {
  const sections = readFileSync(`${PACKAGE}/docs/${page}`, "utf8")
    .split(/^###? /m)
    .slice(1);
  return new Map(
    sections.flatMap(section => {
      const [, title, code] = /^(.*)\n[^]*?^```\w+\n([^]*?)^```$/m.exec(section) ?? [];
      return title === undefined || code === undefined ? [] : [[title, code] as const];
    }),
  );
}
