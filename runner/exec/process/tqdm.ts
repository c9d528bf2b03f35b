/** How far a progress bar is. */
export interface Bar {
  readonly done: number;
  /** 0: not known. */
  readonly total: number;
  /** What stands before and after it: a description, and what the program adds. */
  readonly note: string;
}

/** The last outermost bar in a text as tqdm draws it: `train:  45%|####5   | 45/100 [00:01<00:02, 30.0it/s, loss=0.3]`. */
export function lastBar(text: string): Bar | undefined {
  for (const line of text.split(/[\r\n]/).reverse()) {
    // One within another, below which the cursor goes up again.
    if (line.includes(CURSOR_UP)) continue;
    const {
      before = "",
      done = "",
      total = "0",
      after = "",
    } = (BAR.exec(line) ?? COUNT.exec(line))?.groups ?? {};
    const bar = { done: numberOf(done), total: numberOf(total) };
    if (!Number.isFinite(bar.done) || !Number.isFinite(bar.total)) continue;
    const [, ...added] = after.split(", ").slice(1);
    const description = before.replace(/:$/, "");
    return { ...bar, note: [description, ...added].filter(part => part !== "").join("  ") };
  }
  return undefined;
}

const CURSOR_UP = `${String.fromCharCode(27)}[A`;
const BAR =
  /^(?<before>.{0,200}?):?\s*\d+%\|.{0,1000}\|\s*(?<done>[\d.]+[kMGTP]?)\/(?<total>[\d.]+[kMGTP]?)i?B?\s*\[[^\]]*?<(?<after>[^\]]*)\]/;

/** Of an iteration without a known end: `files: 45it [00:01, 30.00it/s]`. */
const COUNT = /^(?<before>.{0,200}?):?\s*(?<done>[\d.]+[kMGTP]?)it\s\[(?<after>\d[\d:]*,[^\]]*)\]/;

/** `12.5k` is 12,500. */
function numberOf(text: string): number {
  const [, number = "", unit = ""] = /^([\d.]+)([kMGTP]?)$/.exec(text) ?? [];
  return number === "" ? NaN : Number(number) * 1000 ** " kMGTP".indexOf(unit || " ");
}
