import { counted } from "../../ui/quantities.js";
import { lineChart } from "../charts/line-chart.js";
import { markup } from "../../core/markup.js";
import type { ReportModel } from "../model.js";
import { dagSvg } from "../graph/svg.js";
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

const MOST_CHARTS = 24;
