import type { Check } from "../../claims/finding.js";
import { type Markup, markup } from "../../core/markup.js";
import type { ReportModel } from "../model.js";
import { checkCells, lockLines, type Reproduction, verdictLine } from "../verdict/reproduction.js";
import { type Scale, scaleOf, share } from "../../core/numbers/scale.js";
import { pairs, type Section } from "./section.js";

/** What was claimed beside what came out, with intervals; where the run departs from its lock; how far steps repeat. */
export function claimsSection({ reproduction }: ReportModel): Section | null {
  if (reproduction === undefined) return null;
  const { ok, checks, lock, audits } = reproduction;
  const body = markup`<div class="card ${ok ? "" : "alarm"}"><p><b>${verdictLine(reproduction)}</b></p>${
    checks.length > 0 &&
    markup`<div class="claims scroll"><table class="data"><thead><tr><th></th><th scope="col">expectation</th><th scope="col" class="number">expected</th><th scope="col" class="number">came out</th><th scope="col">where it lies</th><th scope="col" class="number">n</th></tr></thead><tbody>${checks.map(checkRow)}</tbody></table></div>
<p class="soft note">The band is where a value must lie; the dot is what came out, the line its interval. Intervals of one-sided tests are two-sided ones at 1 − 2α, so that they touch the null value exactly when the test does not reject.</p>`
  }</div>${lock !== null && lockCard(lock)}${audits.length > 0 && auditCard(audits)}`;
  return { id: "claims", title: "Claims", body };
}

function checkRow(check: Check): Markup {
  const { name, expected, bounds, actual, tolerance, interval, n } = checkCells(check);
  const wordy = typeof check.expected === "string";
  const mark = check.ok
    ? markup`<span class="badge done">met</span>`
    : markup`<span class="badge failed">not met</span>`;
  return markup`<tr><td>${mark}</td><th scope="row">${name}${wordy && markup`<br><code>${expected}</code>`}<br><span class="soft">${[check.note, check.source].filter(text => text !== "").join(" · ")}</span></th><td class="number">${bounds} <span class="soft">${tolerance}</span></td><td class="number">${actual}<br><span class="soft">${interval}</span></td><td class="where">${picture(check)}</td><td class="number">${n}</td></tr>
`;
}

/** The band of what is right, the value and its interval on one small axis. */
function picture({ actual, interval, wanted }: Check): Markup | null {
  if (typeof actual !== "number" || !Number.isFinite(actual) || wanted === null) return null;
  const [low, high] = wanted;
  const ends = wanted.filter(end => end !== null);
  const scale = scaleOf([actual, ...ends, ...(interval ?? [])], 3, 0.12);
  const [from, to] = [low === null ? 0 : place(scale, low), high === null ? 100 : place(scale, high)];
  const text = `${actual}${interval === null ? "" : `, interval ${interval[0]} to ${interval[1]}`}, to lie ${low === null ? "below" : "from"} ${low ?? high ?? ""}${low !== null && high !== null ? ` to ${high}` : low === null ? "" : " on"}`;
  return markup`<svg class="strip" height="28" role="img" aria-label="${text}"><title>${text}</title><rect class="wanted" x="${percent(from)}" width="${percent(to - from)}" y="4" height="20" rx="3"/>${
    interval !== null &&
    markup`<line class="interval" x1="${percent(place(scale, interval[0]))}" x2="${percent(place(scale, interval[1]))}" y1="14" y2="14"/>`
  }<circle class="mean" cx="${percent(place(scale, actual))}" cy="14" r="4.5"/></svg>`;
}

function lockCard(lock: NonNullable<Reproduction["lock"]>): Markup {
  const [head = "", ...rest] = lockLines(lock);
  const mark = lock.ok
    ? markup`<span class="badge done">as locked</span>`
    : markup`<span class="badge failed">departs</span>`;
  return markup`<div class="card"><h3>The published run ${mark}</h3><p>${head}</p>${rest.length > 0 && markup`<ul>${rest.map(line => markup`<li>${line}</li>`)}</ul>`}</div>`;
}

function auditCard(audits: Reproduction["audits"]): Markup {
  const rows = audits.map(
    ({ id, label, detail }) => [id, markup`<b>${label}</b> <span class="soft">${detail}</span>`] as const,
  );
  return markup`<div class="card"><h3>Each step run twice</h3>${pairs(rows)}</div>`;
}

/** In percent, so that the picture can be of any width. */
function place(scale: Scale, value: number): number {
  return Math.min(100, Math.max(0, 100 * share(scale, value)));
}

function percent(value: number): string {
  return `${value.toFixed(2)}%`;
}
