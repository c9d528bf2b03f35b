/**
 * A confusion matrix as a drawing (SVG) of its own: rows are true classes, columns predicted ones, the stronger the
 * colour, the larger the share of its row; counts are written where there are few enough classes to read them.
 * Light on dark where the viewer is dark. Equal matrices make equal text.
 */
export function confusionSvg(classes: readonly string[], confusion: readonly (readonly number[])[]): string {
  const k = classes.length;
  const cell = k <= mostCounts ? 40 : Math.max(6, Math.floor(600 / k));
  const names = Math.ceil(12 + 6.6 * Math.max(...classes.map(name => name.length), 4));
  const [left, top] = [names + 22, names + 22];
  const [width, height] = [left + k * cell + 10, top + k * cell + 10];
  const rows = confusion.flatMap((row, truth) => {
    const all = Math.max(1, sum(row));
    return row.map((n, guess) => {
      if (n === 0) return "";
      const [x, y] = [left + guess * cell, top + truth * cell];
      const share = n / all;
      const hint = `<title>${escape(classes[truth] ?? "")} taken for ${escape(classes[guess] ?? "")}: ${n} of ${sum(row)}</title>`;
      const box = `<rect x="${x}" y="${y}" width="${cell - 1}" height="${cell - 1}" fill-opacity="${share.toFixed(3)}">${hint}</rect>`;
      if (k > mostCounts) return box;
      const shade = share > 0.55 ? ' class="on"' : "";
      return `${box}<text${shade} x="${x + cell / 2}" y="${y + cell / 2 + 4}" text-anchor="middle">${n}</text>`;
    });
  });
  const labels = classes.map((name, i) => {
    const at = i * cell + cell / 2;
    const side = `<text x="${left - 8}" y="${top + at + 4}" text-anchor="end">${escape(name)}</text>`;
    const above = `<text transform="translate(${left + at + 4} ${top - 8}) rotate(-90)">${escape(name)}</text>`;
    return side + above;
  });
  const frame = `<rect class="frame" x="${left - 1}" y="${top - 1}" width="${k * cell + 1}" height="${k * cell + 1}"/>`;
  const axes =
    `<text class="axis" x="${left + (k * cell) / 2}" y="14" text-anchor="middle">predicted</text>` +
    `<text class="axis" transform="translate(14 ${top + (k * cell) / 2}) rotate(-90)" text-anchor="middle">true</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<style>${style}</style>
${[axes, frame, ...(cell >= 12 ? labels : []), ...rows].filter(line => line !== "").join("\n")}
</svg>
`;
}

/** With more classes than this there is no room for counts. */
const mostCounts = 20;

const style =
  "text{font:12px system-ui,sans-serif;fill:#1f2328}.axis{fill:#59636e}rect{fill:#0b62c4}.on{fill:#fff}" +
  ".frame{fill:none;stroke:#d1d9e0}" +
  "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.axis{fill:#9198a1}rect{fill:#58a6ff}.on{fill:#06121f}.frame{fill:none;stroke:#3d444d}}";

function sum(row: readonly number[]): number {
  return row.reduce((total, n) => total + n, 0);
}

/** Text as XML may hold it. */
function escape(text: string): string {
  return text.replace(
    /[&<>"]|\p{Cc}/gu,
    character => `&#${character >= " " ? character.charCodeAt(0) : 0xfffd};`,
  );
}
