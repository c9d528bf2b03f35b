import { createHash } from "node:crypto";
import { Markup, markup } from "../core/markup.js";
import type { ReportModel } from "./model.js";
import { claimsSection } from "./sections/claims.js";
import { headerSection } from "./sections/header.js";
import { imagesSection } from "./sections/images.js";
import { pagesSection } from "./sections/pages.js";
import { curvesSection, graphSection } from "./sections/pictures.js";
import { provenanceSection } from "./sections/provenance.js";
import { resultsSection } from "./sections/verdicts.js";
import { stepsSection } from "./sections/step-list.js";
import { STYLE } from "./style.js";

/**
 * A run as one HTML file that needs nothing else: no network, no script, pictures inside. Its content security
 * policy forbids everything but its own style sheet (by hash) and `data:` images, so that even a hole in the
 * escaping could load or run nothing; pages that steps made are shown in frames of their own, without scripts. The same model gives the same bytes.
 */
export function renderReport(model: ReportModel): string {
  const hash = createHash("sha256").update(STYLE).digest("base64");
  // A page within this one is held to this one's policy. Those of others bring styles and fonts of their own.
  const foreign = model.attachments.pages.some(({ html }) => html !== undefined);
  const styles = foreign ? "style-src 'unsafe-inline'; font-src data:" : `style-src 'sha256-${hash}'`;
  const policy = `default-src 'none'; ${styles}; img-src data:; base-uri 'none'; form-action 'none'`;
  const sections = [
    claimsSection(model),
    resultsSection(model),
    graphSection(model),
    curvesSection(model),
    imagesSection(model),
    pagesSection(model),
    stepsSection(model),
    provenanceSection(model),
  ].filter(section => section !== null);
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="vistas">
<title>${`${model.run.pipeline} · ${model.run.id}`}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
${headerSection(model, sections)}
<main>
${sections.map(
  ({ id, title, body }) => markup`<section id="${id}"><h2>${title}</h2>
${body}
</section>
`,
)}</main>
<footer>Made by vistas. This file stands alone: it can be sent, archived and opened anywhere.</footer>
</body>
</html>
`.text;
}
