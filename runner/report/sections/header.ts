import { OUTCOMES } from "../../ui/narrate.js";
import { bytes, duration, moment, thousands } from "../../ui/quantities.js";
import { type Markup, markup } from "../../core/markup.js";
import { leftOutText, type ReportModel } from "../model.js";
import { badge, type Section, stepAnchor } from "./section.js";

/** Title, how it went, when, how long, what ran and what was reused; first of all, what failed. */
export function headerSection(model: ReportModel, sections: readonly Section[]): Markup {
  const { run, worth } = model;
  const part = leftOutText(run);
  const saved = worth - run.seconds;
  return markup`<header>
<div class="eyebrow">Run report</div>
<h1>${run.pipeline}</h1>
<ul class="facts"><li>${badge(run.outcome)}</li><li>${moment(run.started)}</li><li>took <b>${duration(run.seconds)}</b></li>${OUTCOMES.filter(
    outcome => run.counts[outcome] > 0,
  ).map(outcome => markup`<li><b>${thousands(run.counts[outcome])}</b> ${outcome}</li>`)}${
    run.counts.cached > 0 && saved > 1 && markup`<li>reuse saved <b>${duration(saved)}</b></li>`
  }<li>${outputBytes(model)}</li></ul>
${part !== undefined && markup`<p class="soft">${part}</p>`}
${shares(model)}
${failures(model)}
<nav>${sections.map(({ id, title }) => markup`<a href="#${id}">${title}</a>`)}</nav>
</header>`;
}

function outputBytes(model: ReportModel): string {
  let sum = 0;
  for (const { results } of model.steps)
    for (const { record } of results)
      for (const output of Object.values(record?.outputs ?? {})) sum += output.bytes;
  return `${bytes(sum)} of results`;
}

/** A bar of the outcomes' shares. */
function shares({ run }: ReportModel): Markup {
  const total = Math.max(1, run.steps.length);
  let from = 0;
  const parts = OUTCOMES.map(outcome => {
    const width = (100 * run.counts[outcome]) / total;
    const part = markup`<rect class="${outcome}" x="${from.toFixed(2)}%" width="${width.toFixed(2)}%" height="6"><title>${`${run.counts[outcome]} ${outcome}`}</title></rect>`;
    from += width;
    return width > 0 && part;
  });
  return markup`<svg class="share" height="6" aria-hidden="true">${parts}</svg>`;
}

function failures(model: ReportModel): Markup | null {
  const failed = model.run.steps.filter(step => step.outcome === "failed");
  if (failed.length === 0) return null;
  const shown = failed.slice(0, MOST_FAILURES);
  return markup`<div class="card alarm">${shown.map(({ id, step, error }) => {
    const anchor = stepAnchor(model, step);
    return markup`<p><b>${anchor === undefined ? id : markup`<a href="#${anchor}">${id}</a>`}</b> failed</p>${error !== undefined && markup`<pre>${error}</pre>`}`;
  })}${failed.length > shown.length && markup`<p class="soft">and ${failed.length - shown.length} more</p>`}</div>`;
}

const MOST_FAILURES = 10;
