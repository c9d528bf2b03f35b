/**
 * HTML and SVG as templates that escape: `markup\`<p>${text}</p>\`` puts any string in as text, so nothing that a
 * step or a user wrote can become markup. Arrays are joined; null, undefined and false are left out.
 */
export class Markup {
  constructor(readonly text: string) {}
}

export type Part = Markup | string | number | null | undefined | false | readonly Part[];

export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let text = strings[0] ?? "";
  for (const [i, part] of parts.entries()) text += render(part) + (strings[i + 1] ?? "");
  return new Markup(text);
}

/** Text for a place between tags or inside a double-quoted attribute; what XML forbids becomes U+FFFD. */
export function escapeMarkup(text: string): string {
  return text.replace(FORBIDDEN, "\ufffd").replace(/[&<>"']/g, character => ENTITIES[character] ?? character);
}

function render(part: Part): string {
  if (part === null || part === undefined || part === false) return "";
  if (part instanceof Markup) return part.text;
  if (typeof part === "number") return String(part);
  if (typeof part === "string") return escapeMarkup(part);
  return part.map(render).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
// Control characters but tab and line ends, lone surrogates, the marks that reorder text, non-characters.
const FORBIDDEN = /(?![\t\n\r])[\p{Cc}\p{Cs}\p{Bidi_Control}\ufffe\uffff]/gu;
