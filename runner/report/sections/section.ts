import { type Markup, markup } from "../../core/markup.js";
import type { ReportModel } from "../model.js";

/** A part of the page with a place in its contents. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Markup;
}

/** Fragment of a step's place in the page: numbered, because a name may hold anything. */
export function stepAnchor(model: ReportModel, step: string): string | undefined {
  const i = model.steps.findIndex(section => section.step === step);
  return i < 0 ? undefined : `step-${i + 1}`;
}

export function badge(outcome: string): Markup {
  return markup`<span class="badge ${outcome}">${outcome}</span>`;
}

/** Name and value, one pair a row. */
export function pairs(rows: readonly (readonly [name: string, value: string | Markup])[]): Markup {
  return markup`<div class="scroll"><table class="data pairs"><tbody>${rows.map(
    ([name, value]) => markup`<tr><td>${name}</td><td>${value}</td></tr>`,
  )}</tbody></table></div>`;
}

/** The first twelve digits; the whole on hover. */
export function shortHash(hash: string): Markup {
  return markup`<span class="hash" title="${hash}">${hash.slice(0, 12)}</span>`;
}
