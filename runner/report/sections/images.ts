import { type Markup, markup } from "../../core/markup.js";
import { type Figure, groupText, placeText } from "../attachments.js";
import type { ReportModel } from "../model.js";
import type { Section } from "./section.js";

/**
 * The pictures that a run made: drawings of the whole run first, the last made before the others, since those are what
 * it was for; then images; then drawings of single instances. Those of one step stand beside each other, so that seeds
 * and settings can be compared at a glance.
 */
export function imagesSection({ attachments: { figures, leftOut } }: ReportModel): Section | null {
  if (figures.length === 0 && leftOut.length === 0) return null;
  const groups = [...grouped(figures)];
  const whole = groups.filter(([, [first, second]]) => isDrawing(first) && second === undefined);
  const images = groups.filter(([, [first]]) => !isDrawing(first));
  const single = groups.filter(([, [first, second]]) => isDrawing(first) && second !== undefined);
  const body = markup`<div class="images">${[...whole.reverse(), ...images, ...single].map(groupMarkup)}</div>${
    leftOut.length > 0 && markup`<p class="soft">Left out: ${leftOut.slice(0, 20).join("; ")}.</p>`
  }`;
  return { id: "images", title: "Images", body };
}

type Group = readonly [first: Figure, ...others: Figure[]];

function grouped(figures: readonly Figure[]): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const figure of figures) {
    const name = groupText(figure);
    const group = groups.get(name);
    groups.set(name, group === undefined ? [figure] : [...group, figure]);
  }
  return groups;
}

function isDrawing({ type }: Figure): boolean {
  return type === "image/svg+xml";
}

function groupMarkup([name, figures]: readonly [string, Group]): Markup {
  const most = figures.length === 1 ? LONE : ONE_OF_MANY;
  return markup`<div class="card"><h3>${name}</h3><div class="row">${figures.map(figure => figureMarkup(figure, most))}</div></div>
`;
}

function figureMarkup(figure: Figure, most: Size): Markup {
  const { type, data, labels } = figure;
  const { width, height, sharp } = shownSize(figure, most);
  const caption = Object.entries(labels).map(([axis, label]) => `${axis}=${String(label)}`);
  return markup`<figure><img${sharp && markup` class="sharp"`} src="data:${type};base64,${data}" width="${width}" height="${height}" alt="${placeText(figure)}">${
    caption.length > 0 && markup`<figcaption class="soft">${caption.join(", ")}</figcaption>`
  }</figure>`;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** At most, in CSS pixels: a drawing has small text in it; of many instances several must fit beside each other. */
const LONE: Size = { width: 720, height: 560 };
const ONE_OF_MANY: Size = { width: 288, height: 560 };

/**
 * Images of few pixels are enlarged a whole number of times with their pixels kept square: what the network saw, not a
 * blur of it. Large ones are made to fit.
 */
function shownSize(figure: Figure, most: Size): Size & { readonly sharp: boolean } {
  const { width, height } = figure;
  const fit = Math.min(most.width / width, most.height / height);
  const scale = fit < 1 || isDrawing(figure) ? Math.min(1, fit) : Math.min(MOST_ENLARGED, Math.floor(fit));
  return { width: Math.round(width * scale), height: Math.round(height * scale), sharp: scale > 1 };
}

const MOST_ENLARGED = 4;
