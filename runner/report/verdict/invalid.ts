import type { Diagnostic } from "../../core/diagnostic.js";
import { markup } from "../../core/markup.js";
import { inline } from "../markdown.js";

/** What CI shows of a pipeline that is not valid, where a verdict was asked for: each mistake, and that nothing ran. */

/** JUnit XML: an error for each mistake. `time`: ISO 8601. Ends with a newline. */
export function renderInvalidJunit(pipeline: string, mistakes: readonly Diagnostic[], time: string): string {
  const cases = mistakes.map(
    mistake => markup`<testcase classname="${pipeline}.validate" name="${placeOf(mistake)}" time="0.000"><error type="${mistake.code}" message="${mistake.message}">${mistake.hint ?? ""}</error></testcase>
`,
  );
  return markup`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="${pipeline}" tests="${cases.length}" failures="0" errors="${cases.length}" time="0.000">
<testsuite name="${pipeline} is not valid" timestamp="${time.slice(0, 19)}" tests="${cases.length}" failures="0" errors="${cases.length}" skipped="0" time="0.000">
${cases}</testsuite>
</testsuites>
`.text;
}

/** GitHub-flavoured Markdown. Ends with a newline. */
export function renderInvalidMarkdown(pipeline: string, mistakes: readonly Diagnostic[]): string {
  const lines = mistakes.map(mistake => {
    const hint = mistake.hint === undefined ? "" : `: ${inline(mistake.hint)}`;
    return `- \`${placeOf(mistake)}\` ${inline(mistake.message)}${hint}`;
  });
  return `## ❌ ${inline(pipeline)} is not valid: nothing ran\n\n${lines.join("\n")}\n`;
}

function placeOf({ file, range, code }: Diagnostic): string {
  const at = range === undefined ? file : `${file}:${range.start.line}:${range.start.column}`;
  return at === "" ? code : `${at} ${code}`;
}
