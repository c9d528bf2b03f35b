import { relative, resolve } from "node:path";
import type { Diagnostic } from "../../core/diagnostic.js";

/**
 * A diagnostic as a workflow command, by which GitHub shows it at its line in the files of a pull request
 * (https://docs.github.com/actions/reference/workflow-commands-for-github-actions). `workspace`: the repository's folder, which
 * paths are relative to there.
 */
export function annotation(diagnostic: Diagnostic, cwd: string, workspace: string): string {
  const { code, severity, message, hint, file, range } = diagnostic;
  const place = {
    file: relative(workspace, resolve(cwd, file)),
    ...(range && { line: range.start.line, col: range.start.column }),
    // GitHub takes columns within one line alone.
    ...(range?.start.line === range?.end.line && range && { endColumn: range.end.column }),
    title: `vistas ${code}`,
  };
  const properties = Object.entries(place).map(
    ([name, value]) => `${name}=${escapedProperty(String(value))}`,
  );
  return `::${severity} ${properties.join(",")}::${escaped(hint === undefined ? message : `${message}\n${hint}`)}`;
}

function escaped(text: string): string {
  // Within a line the runner still obeys `##[...]`.
  return text
    .replaceAll("##[", "##\u200b[")
    .replaceAll("%", "%25")
    .replaceAll("\r", "%0D")
    .replaceAll("\n", "%0A");
}

function escapedProperty(text: string): string {
  return escaped(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
