import type { Check } from "../../claims/finding.js";
import { inline } from "../markdown.js";
import { checkCells, lockLines, type Reproduction, verdictLine } from "./reproduction.js";
import { scaleOf, share } from "../../core/numbers/scale.js";

/**
 * A reproduction in GitHub-flavoured Markdown, for a job's summary. Hosts of CI show no embedded images there (they
 * strip `data:` addresses and SVG), so each picture is a line of characters. Ends with a newline.
 */
export function renderChecksMarkdown(reproduction: Reproduction): string {
  const { pipeline, ok, checks, lock, audits, run } = reproduction;
  const rows = checks.map(check => {
    const { name, expected, actual, tolerance, interval, n } = checkCells(check);
    const cells = [name, expected, actual, tolerance, interval, n].map(inline);
    return row([check.ok ? "✅" : "❌", ...cells, strip(check), inline(check.note), inline(check.source)]);
  });
  const table = [
    row(["", "expectation", "expected", "actual", "tolerance", "interval", "n", "", "", "source"]),
    "|---|---|---:|---:|---:|---|---:|---|---|---|",
    ...rows,
  ];
  const blocks = [
    `## ${ok ? "✅" : "❌"} ${inline(pipeline)}: ${inline(verdictLine(reproduction))}`,
    ...(rows.length > 0 ? [table.join("\n"), KEY] : []),
    ...(lock === null
      ? []
      : [
          lockLines(lock)
            .map(line => `- ${inline(line)}`)
            .join("\n"),
        ]),
    ...(audits.length === 0
      ? []
      : [
          [
            row(["step, run twice", "label", ""]),
            "|---|---|---|",
            ...audits.map(({ id, label, detail }) => row([inline(id), label, inline(detail)])),
          ].join("\n"),
        ]),
    `Run \`${run}\`.`,
  ];
  return `${blocks.join("\n\n")}\n`;
}

const KEY = "`[ ]` where it must lie, `─●─` what came out, with its interval.";
const WIDTH = 25;

/** `··[─●──]···`: where a value must lie, the value, its interval. */
function strip({ actual, interval, wanted }: Check): string {
  if (typeof actual !== "number" || wanted === null) return "";
  const ends = wanted.filter(end => end !== null);
  const scale = scaleOf([actual, ...ends, ...(interval ?? [])], 3, 0.15);
  const at = (value: number): number =>
    Math.min(WIDTH - 1, Math.max(0, Math.round(share(scale, value) * (WIDTH - 1))));
  const cells = new Array<string>(WIDTH).fill("·");
  if (interval !== null) cells.fill("─", at(interval[0]), at(interval[1]) + 1);
  const [low, high] = wanted;
  if (low !== null) cells[at(low)] = "[";
  if (high !== null) cells[at(high)] = "]";
  cells[at(actual)] = "●";
  return `\`${cells.join("")}\``;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
