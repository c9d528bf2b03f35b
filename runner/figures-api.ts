/** What kinds that draw figures share with the runner's reports: SVG as a value, and the scales of axes. */
export { type Markup, markup } from "./core/markup.js";
export { type Scale, scaleOf, share } from "./core/numbers/scale.js";
