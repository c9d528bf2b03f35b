import { type Markup, markup } from "../../core/markup.js";
import { shellWord } from "../../pipeline/shell/shell.js";
import { bytes } from "../../ui/quantities.js";
import { type Page, placeText } from "../attachments.js";
import type { ReportModel } from "../model.js";
import type { Section } from "./section.js";

/** HTML files that steps made, such as the renderings of notebooks: each in a frame in which no script runs. */
export function pagesSection({ run, attachments: { pages } }: ReportModel): Section | null {
  if (pages.length === 0) return null;
  const shown = pages.filter(({ html }) => html !== undefined).length;
  const body = markup`${pages.map(page => pageMarkup(page, run.file, shown === 1))}`;
  return { id: "pages", title: "Pages", body };
}

function pageMarkup(page: Page, pipeline: string, open: boolean): Markup {
  const name = placeText(page);
  if (page.html === undefined) {
    const words = [pipeline, `${page.id}.${page.output}`].map(shellWord).join(" ");
    return markup`<div class="card"><h3>${name}</h3><p class="soft">${`${bytes(page.bytes)}, too large to be shown here: `}<code>${`vistas checkout ${words} DIR`}</code></p></div>
`;
  }
  return markup`<details class="card page"${open && markup` open`}><summary>${name}</summary>
<iframe sandbox="" loading="lazy" title="${name}" srcdoc="${page.html}"></iframe></details>
`;
}
