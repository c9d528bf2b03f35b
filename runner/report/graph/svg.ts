import type { Dag, DagNode } from "./dag.js";
import { layout, type Point } from "./layout.js";
import { type Markup, markup } from "../../core/markup.js";
import { displayWidth, truncate } from "../../ui/display-text.js";

/**
 * A drawing of a pipeline as an `<svg>` element. Colours come from CSS classes (`dag`, `node`, an outcome), so
 * that a page's light and dark themes apply; `style` puts a sheet inside for a file that stands alone.
 */
export function dagSvg(
  dag: Dag,
  options: { readonly link?: (id: string) => string; readonly style?: string } = {},
): Markup {
  const shown = dag.nodes.map(node => ({ node, text: truncate(node.label, MOST_CHARACTERS) }));
  const boxes = shown.map(({ node, text }) => ({ id: node.id, width: boxWidth(text, node.kind) }));
  const widths = new Map(boxes.map(box => [box.id, box.width]));
  const placed = layout(boxes, dag.edges, { boxHeight: HEIGHT, gapX: 22, gapY: 38, margin: 8 });

  const arrows = placed.routes.map(route => markup`<path class="edge" d="${curve(route)}"/>`);
  const nodes = shown.map(({ node, text }) => {
    const { x, y } = placed.at.get(node.id) ?? { x: 0, y: 0 };
    const box = drawNode(node, text, x, y, widths.get(node.id) ?? 0);
    const href = options.link?.(node.id);
    return href === undefined ? box : markup`<a href="${href}">${box}</a>`;
  });
  const { width, height } = placed;
  const alone = options.style !== undefined && markup` xmlns="http://www.w3.org/2000/svg"`;
  return markup`<svg${alone} class="dag" role="img" aria-label="${`Graph of ${dag.name}`}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${
    options.style !== undefined && markup`<style>${options.style}</style>`
  }<g>${arrows}</g>${nodes}</svg>`;
}

/** For a file that stands alone; a report has colours of its own under the same names. */
export const DAG_STYLE = `
.dag { font: 13px system-ui, sans-serif; background: #fff; color: #1f2430 }
.edge { fill: none; stroke: #a3abb8; stroke-width: 1.3 }
.node rect { fill: #f5f6f8; stroke: #c3c9d4 }
.node text { fill: currentColor; text-anchor: middle }
.node .kind { font-size: 11px; fill: #687082 }
@media (prefers-color-scheme: dark) {
  .dag { background: #16181d; color: #e4e7ec }
  .edge { stroke: #5b6372 }
  .node rect { fill: #22262e; stroke: #414957 }
  .node .kind { fill: #9aa3b2 }
}
`;

const HEIGHT = 46;
const MOST_CHARACTERS = 40;

function boxWidth(label: string, kind: string): number {
  // Wide enough for any usual sans-serif at 13 and 11 px.
  return Math.max(92, Math.ceil(Math.max(displayWidth(label) * 7.3, displayWidth(kind) * 6.2)) + 26);
}

function drawNode(node: DagNode, text: string, x: number, y: number, width: number): Markup {
  const axes = Object.entries(node.axes).map(
    ([axis, values]) => `${axis}: ${values.slice(0, 20).join(", ")}`,
  );
  const title = [node.label, node.kind, ...axes, ...(node.outcome === undefined ? [] : [node.outcome])].join(
    "\n",
  );
  const middle = x + width / 2;
  return markup`<g class="node ${node.outcome ?? ""}"><title>${title}</title><rect x="${x}" y="${y}" width="${width}" height="${HEIGHT}" rx="7"/><text x="${middle}" y="${y + 20}">${text}</text><text class="kind" x="${middle}" y="${y + 36}">${node.kind}</text></g>`;
}

/** Straight down through a layer, an S from one layer to the next. */
function curve(points: readonly Point[]): string {
  const [start, ...rest] = points;
  if (start === undefined) return "";
  let path = `M${start.x} ${start.y}`;
  let last = start;
  for (const [i, point] of rest.entries()) {
    const middle = Math.round(5 * (last.y + point.y)) / 10;
    const straight = i % 2 === 1 || last.x === point.x;
    path += straight
      ? `L${point.x} ${point.y}`
      : `C${last.x} ${middle} ${point.x} ${middle} ${point.x} ${point.y}`;
    last = point;
  }
  return path;
}
