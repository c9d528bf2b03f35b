import { armNames, type ArmName, type Block, text } from "./pairs.js";
import type { Comparison, Summary } from "./summary.js";
import type { TestComparison } from "./test-images.js";

/** The comparison for people: a Markdown table of the arms and differences, then the blocks. */
export function markdownTable(
  comparison: Comparison,
  blocks: readonly Block[],
  images: TestComparison | undefined,
  { metric, level }: { readonly metric: string; readonly level: number },
): string {
  const { arms, difference, gain } = comparison;
  const rows = armNames.flatMap(name => {
    const summary = arms[name];
    return summary === undefined ? [] : [summaryRow(titles[name], summary)];
  });
  rows.push(summaryRow("generated - real, paired", difference));
  if (images !== undefined) rows.push(summaryRow("generated - real, over test images", images));
  if (gain !== undefined) rows.push(summaryRow("generated - random, paired", gain));
  const columns = blockColumns(blocks);
  const alone =
    difference.n === 1
      ? "\nOne block alone: no interval over blocks can be given. Repeat with more seeds.\n"
      : "";
  return [
    `| arm | ${metric} | ${Number((100 * level).toPrecision(6))} % interval | n |`,
    "|---|---|---|---|",
    ...rows,
    alone,
    ...(images === undefined ? [] : [caveat(images), ""]),
    ...[repeatedNotice(blocks)].flatMap(notice => (notice === undefined ? [] : [`${notice}.`, ""])),
    line(columns.map(c => c.name)),
    line(columns.map(() => "---")),
    ...blocks.map(block => line(columns.map(c => c.text(block)))),
    "",
  ].join("\n");
}

/** The blocks for programs: one row each, a column for each axis and arm (RFC 4180). */
export function csvTable(blocks: readonly Block[]): string {
  const columns = blockColumns(blocks, String);
  const cell = (value: string): string =>
    /[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  const rows = [columns.map(c => c.name), ...blocks.map(block => columns.map(c => c.text(block)))];
  return rows.map(row => `${row.map(cell).join(",")}\n`).join("");
}

/** What must be said of blocks that are an earlier one again, under other labels. */
export function repeatedNotice(blocks: readonly Block[]): string | undefined {
  const again = blocks.filter(block => block.again === true).map(block => text(block.labels));
  if (again.length === 0) return undefined;
  const [one, it] = again.length === 1 ? ["is", "it counts"] : ["are", "they count"];
  return `${again.join("; ")} ${one} the same results as an earlier block under another label: ${it} no second time`;
}

const titles: Readonly<Record<ArmName, string>> = {
  generated: "generated views",
  real: "real images",
  random: "random encoder",
  raw: "raw pixels",
};

interface Column {
  readonly name: string;
  text(block: Block): string;
}

function blockColumns(blocks: readonly Block[], format: (value: number) => string = four): Column[] {
  const axes = Object.keys(blocks[0]?.labels ?? {});
  const arms = armNames.filter(name => blocks[0]?.[name] !== undefined);
  return [
    ...axes.map(axis => ({ name: axis, text: (block: Block) => String(block.labels[axis]) })),
    ...arms.map(name => ({
      name,
      text: (block: Block) => {
        const value = block[name];
        return value === undefined ? "" : format(value);
      },
    })),
    { name: "difference", text: block => format(block.generated - block.real) },
  ];
}

function caveat({ resamples }: TestComparison): string {
  return (
    `Over test images: a percentile bootstrap, ${resamples} resamples of the images, each with all its predictions. ` +
    "Only the images vary; the encoders and probes, their seeds and training, stay as they are. " +
    "It does not tell what other seeds would give: the paired interval does."
  );
}

function summaryRow(
  title: string,
  { mean, low, high, n }: Pick<Summary, "mean" | "low" | "high" | "n">,
): string {
  const interval = low === null || high === null ? "none" : `${four(low)} to ${four(high)}`;
  return line([title, four(mean), interval, String(n)]);
}

function line(cells: readonly string[]): string {
  return `| ${cells.map(cell => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function four(value: number): string {
  return value.toFixed(4);
}
