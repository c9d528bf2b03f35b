/**
 * Secrets in texts: every form in which a program is likely to let one slip out is replaced by `***`.
 * Does not: find a secret that was taken apart, encrypted, compressed or encoded in other ways.
 */
export interface Mask {
  /** The same text without the secrets. */
  text(text: string): string;
  /** Whether these bytes, which follow those of the last call, hold a secret; one may lie across the two. */
  finder(): (chunk: Uint8Array) => boolean;
  /** For bytes that come in pieces, cut anywhere. */
  stream(): MaskedStream;
}

export interface MaskedStream {
  /** What can be passed on by now; the rest could be the beginning of a secret. */
  push(chunk: Uint8Array): Uint8Array;
  /** What was held back. */
  end(): Uint8Array;
}

/** Characters that a secret must have at least: what is shorter stands everywhere by chance. */
export const SHORTEST_SECRET = 4;

/** A mask for these values. With none, nothing is looked for and nothing changes. */
export function maskOf(values: readonly string[]): Mask {
  const forms = [...new Set(values.flatMap(formsOf))].sort((a, b) => b.length - a.length);
  if (forms.length === 0) return NO_MASK;
  const longest = forms[0]?.length ?? 0;
  const any = new RegExp(forms.map(form => form.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")).join("|"), "g");
  const masked = (bytes: string): string => bytes.replace(any, "***");
  return {
    text: text => utf8(masked(bytesOf(text))),
    finder() {
      let before = "";
      return chunk => {
        const now = before + Buffer.from(chunk).toString("latin1");
        before = longest > 1 ? now.slice(1 - longest) : "";
        return now.search(any) >= 0;
      };
    },
    stream() {
      let held = "";
      return {
        push(chunk) {
          held += Buffer.from(chunk).toString("latin1");
          // Up to here it is certain what begins, however long it is.
          const certain = held.length - longest + 1;
          let [out, at] = ["", 0];
          for (const { 0: found, index } of held.matchAll(any)) {
            if (index >= certain) break;
            out += `${held.slice(at, index)}***`;
            at = index + found.length;
          }
          const end = Math.max(at, certain);
          out += held.slice(at, end);
          held = held.slice(end);
          return Buffer.from(out, "latin1");
        },
        end() {
          const rest = masked(held);
          held = "";
          return Buffer.from(rest, "latin1");
        },
      };
    },
  };
}

const NO_MASK: Mask = {
  text: text => text,
  finder: () => () => false,
  stream: () => ({ push: chunk => chunk, end: () => new Uint8Array() }),
};

/**
 * A secret as it is, each of its lines, and as JSON, a URL, a shell, hexadecimal and base64 write it: base64 at each
 * of the three places at which it can begin within a longer text. As bytes, one character each.
 */
function formsOf(value: string): string[] {
  const lines = value.split(/\r?\n/).filter(line => line.trim().length >= SHORTEST_SECRET);
  const bytes = Buffer.from(value);
  const encoded = [
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(bytes.toString()),
    value.replaceAll("'", "'\\''"),
    bytes.toString("hex"),
    bytes.toString("hex").toUpperCase(),
    ...[0, 1, 2].flatMap(place => base64At(bytes, place)),
  ].filter(form => form.length >= SHORTEST_ENCODED);
  return [value, ...lines, ...encoded].filter(form => form.length >= SHORTEST_SECRET).map(bytesOf);
}

/** So few characters of an encoding would be found where there is no secret. */
const SHORTEST_ENCODED = 6;

/** The characters of base64 that these bytes alone decide, when so many bytes (of each three) come before them. */
function base64At(bytes: Buffer, before: number): string[] {
  const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
  const inner = text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  return [inner, inner.replaceAll("+", "-").replaceAll("/", "_")];
}

function bytesOf(text: string): string {
  return Buffer.from(text).toString("latin1");
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString();
}
