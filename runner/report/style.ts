/**
 * The report's style sheet: one column, quiet colours, light and dark, from a phone's width to paper.
 * Series colours s0..s7 are distinct for the colour-blind too (after Okabe and Ito 2008), and by the legend's order.
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #fbfbfa; --card: #fff; --text: #23272f; --soft: #667085; --line: #e4e6ea; --mark: #f3f4f6;
  --accent: #2f62ac; --good: #2b8a5b; --idle: #7d8796; --bad: #c0392f; --warn: #b7791f;
  --c0: #2f6db5; --c1: #d97a1e; --c2: #2f9468; --c3: #b0569b; --c4: #c2453c; --c5: #2a97ab; --c6: #8a6a3f; --c7: #7a6bc4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14161a; --card: #1b1e24; --text: #e3e6eb; --soft: #98a2b3; --line: #2c313a; --mark: #242831;
    --accent: #82aef0; --good: #5cc08f; --idle: #8d97a6; --bad: #f07f75; --warn: #e0b050;
    --c0: #74a9ea; --c1: #f0a35b; --c2: #62c79a; --c3: #d88fc7; --c4: #ee8078; --c5: #62c6d8; --c6: #c3a06f; --c7: #ab9ff0;
  }
}
* { box-sizing: border-box }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth }
body {
  margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 62rem; background: var(--page); color: var(--text);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: break-word;
}
h1 { margin: .1rem 0 .6rem; font-size: 2rem; line-height: 1.2; font-weight: 650; letter-spacing: -.015em }
h2 { margin: 3rem 0 1rem; font-size: 1.2rem; font-weight: 620; letter-spacing: -.005em }
h3 { margin: 0; font-size: 1rem; font-weight: 600 }
p { margin: .4rem 0 }
a { color: var(--accent); text-decoration: none }
a:hover { text-decoration: underline }
code, pre, .hash { font: .86em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace }
pre { margin: .5rem 0; padding: .7rem .9rem; overflow: auto; max-height: 26rem; background: var(--mark); border-radius: 8px }
.soft { color: var(--soft) }
.number { text-align: right; white-space: nowrap }
.scroll { overflow-x: auto }
figure { margin: 0 }
figcaption { margin-bottom: .4rem; font-size: .9rem; overflow-wrap: anywhere }
.eyebrow { color: var(--soft); font-size: .8rem; letter-spacing: .06em; text-transform: uppercase }
.facts { display: flex; flex-wrap: wrap; align-items: baseline; gap: .3rem 1.4rem; margin: 0; padding: 0; list-style: none; color: var(--soft) }
.facts b { color: var(--text); font-weight: 550 }
nav { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin-top: 1.2rem; padding-top: .8rem; border-top: 1px solid var(--line); font-size: .92rem }
.card { padding: 1.1rem 1.2rem; background: var(--card); border: 1px solid var(--line); border-radius: 12px }
.card + .card { margin-top: .9rem }
.columns { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 25rem), 1fr)); gap: .9rem }
.columns .card + .card { margin-top: 0 }
.card + .columns, .columns + .card { margin-top: .9rem }
.note { margin: .8rem 0 1rem; font-size: .88rem }

.badge { display: inline-block; padding: .05rem .55rem; border-radius: 99px; border: 1px solid currentColor; font-size: .78rem; font-weight: 550; line-height: 1.5; white-space: nowrap }
.badge.done, .badge.ran { color: var(--good) }
.badge.cached { color: var(--idle) }
.badge.failed { color: var(--bad) }
.badge.interrupted, .badge.mixed, .badge.skipped, .badge.cancelled { color: var(--warn) }
.share { display: block; width: 100%; height: 6px; margin: 1rem 0 0; border-radius: 3px; overflow: hidden; background: var(--mark) }
.share .ran { fill: var(--good) } .share .cached { fill: var(--idle); opacity: .55 } .share .failed { fill: var(--bad) }
.share .skipped, .share .cancelled { fill: var(--warn) }
.alarm { margin-top: 1.4rem; border-color: var(--bad) }
.alarm pre { background: none; padding: 0; margin: .2rem 0 0 }

.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: .9rem; margin: 0 0 .9rem }
.tile { padding: .8rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: 12px }
.tile b { display: block; font-size: 1.2rem; font-weight: 600; letter-spacing: -.01em }
.tile span { display: block; font-size: .82rem; color: var(--soft); overflow-wrap: anywhere }

table { border-collapse: collapse; font-size: .92rem }
.data { width: 100% }
.data.narrow { width: auto; margin-left: -.7rem }
.data th { padding: .35rem .7rem; text-align: left; font-weight: 550; color: var(--soft); border-bottom: 1px solid var(--line); white-space: nowrap }
.data td { padding: .35rem .7rem; border-bottom: 1px solid var(--line); vertical-align: top }
.data tr:last-child > td, .data tr:last-child > th { border-bottom: 0 }
.data tbody th { color: var(--text); font-weight: 500 }
.data th.number { text-align: right }
.data td .soft { font-size: .86em }
.pairs td:first-child { width: 1%; white-space: nowrap; color: var(--soft); padding-left: 0 }
.pairs td { overflow-wrap: anywhere }

.forest table { width: 100% }
.forest th { padding: 0 .8rem 0 0; text-align: left; font-weight: 500; width: 1%; white-space: nowrap }
.forest td { padding: 0 }
.forest .number { padding-left: .9rem; width: 1% }
.strip { display: block; width: 100%; overflow: visible }
.grid { stroke: var(--line); stroke-width: 1 }
.interval { stroke: var(--c0); stroke-width: 2; opacity: .75 }
.one { fill: var(--c0); opacity: .3 }
.mean { fill: var(--c0) }
.axis text { fill: var(--soft); font-size: 11.5px; text-anchor: middle }

.claims .where { min-width: 9rem; width: 20%; padding-top: .5rem }
.claims tbody th { min-width: 16rem; white-space: normal; overflow-wrap: anywhere; vertical-align: top; text-align: left; border-bottom: 1px solid var(--line); padding: .35rem .7rem }
.claims th .soft { font-size: .86em; font-weight: 400 }
.wanted { fill: var(--good); opacity: .16 }

.chart svg { display: block; width: 100%; height: auto }
.axes text { fill: var(--soft); font-size: 11.5px }
.axes .x { text-anchor: middle } .axes .y { text-anchor: end }
.base { stroke: var(--soft); stroke-width: 1; opacity: .5 }
.line { fill: none; stroke: var(--c); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round }
.faint { stroke-width: 1.2; opacity: .35 }
.band { fill: var(--c); opacity: .16 }
.hover { fill: transparent }
.hover:hover { fill: var(--c); opacity: .5 }
.legend { display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; margin: .5rem 0 0; padding: 0; list-style: none; font-size: .86rem }
.legend .chart svg, .legend svg { display: inline-block; width: 18px; height: 10px; margin-right: .4rem }
.s0 { --c: var(--c0) } .s1 { --c: var(--c1) } .s2 { --c: var(--c2) } .s3 { --c: var(--c3) }
.s4 { --c: var(--c4) } .s5 { --c: var(--c5) } .s6 { --c: var(--c6) } .s7 { --c: var(--c7) }

.graph { text-align: center }
.dag { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; color: var(--text) }
.dag a:hover { text-decoration: none } .dag a:hover rect { stroke-width: 2 }
.edge { fill: none; stroke: var(--idle); stroke-width: 1.3; opacity: .6 }
.node { --n: var(--line) }
.node.ran { --n: var(--good) } .node.cached { --n: var(--idle) } .node.failed { --n: var(--bad) }
.node.mixed, .node.skipped, .node.cancelled { --n: var(--warn) }
.node rect { fill: var(--card); stroke: var(--n); stroke-width: 1.3 }
.node.skipped rect, .node.cancelled rect { stroke-dasharray: 4 3 }
.node text { fill: var(--text); text-anchor: middle }
.node .kind { font-size: 11px; fill: var(--soft) }
.key { display: flex; flex-wrap: wrap; justify-content: center; gap: .2rem 1.2rem; margin: .7rem 0 0; padding: 0; list-style: none; font-size: .82rem; color: var(--soft) }
.key svg { margin-right: .4rem; vertical-align: -1px }
.key rect { fill: none; stroke: var(--n); stroke-width: 1.5 }

.page iframe { width: 100%; height: 75vh; border: 0; border-radius: 4px; background: #fff }
.images { display: flex; flex-wrap: wrap; gap: .9rem; align-items: flex-start }
.images .card { max-width: 100%; padding: .8rem 1rem; margin: 0 }
.images h3 { margin: 0 0 .6rem; font-size: .88rem; overflow-wrap: anywhere }
.images .row { display: flex; flex-wrap: wrap; gap: .8rem }
.images figure { width: min-content }
.images img { display: block; border-radius: 4px }
@media (max-width: 50rem) { .images figure, .images img { max-width: 100%; width: auto; height: auto } }
.images .sharp { image-rendering: pixelated }
.images figcaption { margin: .35rem 0 0; font-size: .78rem; line-height: 1.3; overflow-wrap: break-word }

.step > header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .2rem .8rem }
details { margin-top: .6rem }
summary { cursor: pointer; color: var(--soft) }
summary:hover { color: var(--text) }
details[open] > summary { margin-bottom: .4rem }
.instance { padding: .1rem 0 .2rem; border-top: 1px solid var(--line) }
.instance > div { padding-left: 1rem }
.hash { color: var(--soft) }
footer { margin-top: 3.5rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .86rem }

@media (max-width: 34rem) {
  body { padding-top: 1.4rem; font-size: 14.5px }
  h1 { font-size: 1.6rem }
  .card { padding: .9rem }
  .forest table, .forest tbody { display: block }
  .forest tr { display: grid; grid-template-columns: 1fr auto }
  .forest th { width: auto; white-space: normal; overflow-wrap: anywhere }
  .forest td { grid-column: 1 / 3 }
  .forest td.number { grid-area: 1 / 2; width: auto }
  .forest .axis .number { display: none }
  .graph { text-align: left }
}
@media print {
  :root { --page: #fff }
  body { max-width: none; padding: 0; font-size: 10.5pt }
  nav { display: none }
  .card, .tile, figure { break-inside: avoid }
  .step.card { break-inside: auto }
  h2, h3 { break-after: avoid }
  a { color: inherit }
}
`;
