/** What a `.env` file gives, and its lines that cannot be read. */
export interface Dotenv {
  readonly values: ReadonlyMap<string, string>;
  /** `line` counts from 1. No value stands in a message. */
  readonly faults: readonly { readonly line: number; readonly message: string }[];
}

/**
 * Reads a `.env` file as Node's `util.parseEnv` does (`NAME=value`, `export`, comments, three kinds of quotes, which may go over
 * several lines; `\n` is a line's end in double quotes), but reports what that passes over in silence.
 */
export function parseDotenv(text: string): Dotenv {
  const values = new Map<string, string>();
  const faults: { line: number; message: string }[] = [];
  const lines = text.replace(/^\ufeff/, "").split(/\r?\n/);
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? "";
    if (/^\s*(?:#|$)/.test(line)) continue;
    const [, name = "", rest = ""] = /^\s*(?:export\s+)?([^=\s]*)\s*=\s*(.*)$/s.exec(line) ?? [];
    if (!NAME.test(name)) {
      faults.push({ line: i + 1, message: "a line is `NAME=value`, or a comment that begins with `#`" });
      continue;
    }
    const quote = /^["'`]/.exec(rest)?.[0];
    if (quote === undefined) {
      values.set(name, rest.replace(/#.*$/s, "").trim());
      continue;
    }
    const first = i;
    let body = rest.slice(1);
    while (!body.includes(quote) && i + 1 < lines.length) body += `\n${lines[++i] ?? ""}`;
    const end = body.indexOf(quote);
    if (end === -1) {
      i = first;
      faults.push({
        line: first + 1,
        message: `the value of ${name} begins with ${quote}, which nothing closes`,
      });
      continue;
    }
    if (!/^\s*(?:#|$)/.test(body.slice(end + 1)))
      faults.push({ line: i + 1, message: `something follows the value of ${name} behind its quotes` });
    const value = body.slice(0, end);
    values.set(name, quote === '"' ? value.replaceAll("\\n", "\n") : value);
  }
  return { values, faults };
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
