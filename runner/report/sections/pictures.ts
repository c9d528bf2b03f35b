import { counted } from "../../ui/format.js";
import { type Figure, placeText } from "../attachments.js";
import { lineChart } from "../line-chart.js";
import { type Markup, markup } from "../../core/markup.js";
import type { ReportModel } from "../model.js";
import { dagSvg } from "../svg.js";
import { type Section, stepAnchor } from "./section.js";

/** The pipeline as it went, each step linked to its place below. */
export function graphSection(model: ReportModel): Section {
  const outcomes = [...new Set(model.dag.nodes.flatMap(node => node.outcome ?? []))];
  const link = (id: string): string => `#${stepAnchor(model, id) ?? "steps"}`;
  const body = markup`<div class="card graph"><div class="scroll">${dagSvg(model.dag, { link })}</div>
<ul class="key">${outcomes.map(
    outcome =>
      markup`<li><svg class="node ${outcome}" width="14" height="10" aria-hidden="true"><rect x="1" y="1" width="12" height="8" rx="2"/></svg>${outcome}</li>`,
  )}</ul></div>`;
  return { id: "graph", title: "Pipeline", body };
}

export function curvesSection({ charts }: ReportModel): Section | null {
  if (charts.length === 0) return null;
  const more = charts.length - MOST_CHARTS;
  const body = markup`<div class="columns">${charts
    .slice(0, MOST_CHARTS)
    .map(chart => markup`<div class="card">${lineChart(chart)}</div>`)}</div>${
    more > 0 && markup`<p class="soft">${counted(more, "more chart")} left out.</p>`
  }`;
  return { id: "curves", title: "Curves", body };
}

export function imagesSection({ attachments: { figures, leftOut } }: ReportModel): Section | null {
  if (figures.length === 0 && leftOut.length === 0) return null;
  const body = markup`<div class="images">${figures.map(figureMarkup)}</div>${
    leftOut.length > 0 && markup`<p class="soft">Left out: ${leftOut.slice(0, 20).join("; ")}.</p>`
  }`;
  return { id: "images", title: "Images", body };
}

const MOST_CHARTS = 24;

function figureMarkup(figure: Figure): Markup {
  const { type, width, height, data } = figure;
  // Pictures of few pixels are enlarged with their pixels kept square: what the network saw, not a blur of it.
  const sharp = type === "image/png" && width < 512;
  // Drawings have small text in them.
  const drawing = type === "image/svg+xml" && width > 400 ? " drawing" : "";
  return markup`<figure class="card${drawing}"><img${sharp && markup` class="sharp"`} src="data:${type};base64,${data}" width="${width}" height="${height}" alt="${placeText(figure)}"><figcaption>${placeText(figure)} <span class="soft">${width} × ${height}</span></figcaption></figure>
`;
}
