import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { maskOf } from "../../runner/core/secrets/mask.js";

/** Passes a text through the mask in pieces, cut where the numbers say. */
function streamed(value: string, text: string, cuts: readonly number[]): string {
  const stream = maskOf([value]).stream();
  const bytes = Buffer.from(text);
  const ends = [...new Set(cuts.map(cut => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  const pieces = [0, ...ends].map((from, i) => stream.push(bytes.subarray(from, ends[i] ?? bytes.length)));
  return Buffer.concat([...pieces, stream.end()]).toString();
}

const bytesOf = (text: string): number[] => [...Buffer.from(text)];
const hex = (byte: number): string => byte.toString(16).padStart(2, "0");
const wrapped = (text: string, width: number): string =>
  text.replace(new RegExp(`.{${width}}(?=.)`, "g"), "$&\n");
const percent = (text: string, safe: RegExp): string =>
  bytesOf(text)
    .map(byte =>
      safe.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `%${hex(byte).toUpperCase()}`,
    )
    .join("");

/** What stands in a dump: 16 bytes a line, with their text beside them. */
function dump(text: string, line: (at: number, bytes: number[], shown: string) => string): string {
  const bytes = bytesOf(text);
  const lines = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const some = bytes.slice(at, at + 16);
    const shown = some.map(byte => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : ".")).join("");
    lines.push(line(at, some, shown));
  }
  return `${lines.join("\n")}\n`;
}
const pairs = (bytes: readonly number[]): string =>
  bytes.map((byte, i) => hex(byte) + (i % 2 === 1 ? " " : "")).join("");
const swapped = (bytes: readonly number[]): string =>
  bytes.flatMap((byte, i) => (i % 2 === 0 ? [`${hex(bytes[i + 1] ?? 0)}${hex(byte)}`] : [])).join(" ");

const words = (bytes: readonly number[], width: number): string =>
  Array.from({ length: Math.ceil(bytes.length / width) }, (_, word) =>
    Array.from({ length: width }, (_byte, i) => hex(bytes[word * width + width - 1 - i] ?? 0)).join(""),
  ).join(" ");

/** Where nothing of a secret stands but the form itself: it goes, and what is around it stays. */
const FORMS: Readonly<Record<string, (value: string) => string>> = {
  plain: value => value,
  JSON: value => JSON.stringify(value).slice(1, -1),
  "JSON in ASCII": value =>
    JSON.stringify(value)
      .slice(1, -1)
      .replace(/[^ -~]/g, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`),
  "JSON in JSON": value => JSON.stringify(JSON.stringify(value).slice(1, -1)).slice(1, -1),
  encodeURIComponent: value => encodeURIComponent(value),
  "Python's quote": value => percent(value, /[\w.~/-]/),
  "lower-case quote": value => percent(value, /[\w.~/-]/).replace(/%../g, code => code.toLowerCase()),
  urlencode: value => percent(value, /[\w.~ -]/).replaceAll(" ", "+"),
  "a shell's quotes": value => value.replaceAll("'", "'\\''"),
  HTML: value => value.replace(/[&<>"']/g, c => `&#x${c.charCodeAt(0).toString(16)};`),
  base64: value => Buffer.from(value).toString("base64").replace(/=+$/, ""),
  "base64 for URLs": value => Buffer.from(value).toString("base64url"),
  "base64 in lines": value => wrapped(Buffer.from(value).toString("base64").replace(/=+$/, ""), 76),
  "MIME in JSON": value =>
    wrapped(Buffer.from(value).toString("base64").replace(/=+$/, ""), 64).replaceAll("\n", "\\n"),
  hexadecimal: value => Buffer.from(value).toString("hex"),
  "capital hexadecimal": value => Buffer.from(value).toString("hex").toUpperCase(),
  "xxd -p": value => wrapped(Buffer.from(value).toString("hex"), 60),
  "bytes apart": value => bytesOf(value).map(hex).join(":"),
  "Python's list": value =>
    bytesOf(value)
      .map(byte => `0x${hex(byte)}`)
      .join(", "),
  "binary digits": value =>
    bytesOf(value)
      .map(byte => byte.toString(2).padStart(8, "0"))
      .join(" "),
  "octal escapes": value =>
    Array.from(value)
      .map(character =>
        /^[ -~]$/.test(character)
          ? character
          : bytesOf(character)
              .map(byte => `\\${byte.toString(8).padStart(3, "0")}`)
              .join(""),
      )
      .join(""),
  escapes: value =>
    bytesOf(value)
      .map(byte => `\\x${hex(byte)}`)
      .join(""),
};

/** Text that is around a secret in what is dumped or encoded with it. */
const DUMPS: Readonly<Record<string, (text: string) => string>> = {
  xxd: text =>
    dump(
      text,
      (at, bytes, shown) => `${at.toString(16).padStart(8, "0")}: ${pairs(bytes).padEnd(40)} ${shown}`,
    ),
  "hexdump -C": text =>
    dump(text, (at, bytes, shown) => {
      const [a, b] = [bytes.slice(0, 8), bytes.slice(8)].map(half => half.map(hex).join(" "));
      return `${at.toString(16).padStart(8, "0")}  ${`${a ?? ""}  ${b ?? ""}`.padEnd(49)} |${shown}|`;
    }),
  "od -tx1z": text =>
    dump(
      text,
      (at, bytes, shown) =>
        `${at.toString(8).padStart(7, "0")} ${bytes.map(hex).join(" ").padEnd(47)}  >${shown}<`,
    ),
  "xxd -i": text =>
    bytesOf(text)
      .map((byte, i) => `${i % 12 === 0 ? "  " : " "}0x${hex(byte)}${i % 12 === 11 ? ",\n" : ","}`)
      .join(""),
  "od -tx4": text => dump(text, (at, bytes) => `${at.toString(8).padStart(7, "0")} ${words(bytes, 4)}`),
  "od -tx8": text => dump(text, (at, bytes) => `${at.toString(8).padStart(7, "0")} ${words(bytes, 8)}`),
  "hexdump, od -x": text =>
    dump(text, (at, bytes) => `${at.toString(16).padStart(7, "0")} ${swapped(bytes)}`),
  base64: text => wrapped(Buffer.from(text).toString("base64"), 76),
};

const secret = fc
  .oneof(
    fc.string({ unit: "grapheme-ascii", minLength: 6, maxLength: 90 }),
    fc.string({ unit: "grapheme", minLength: 6, maxLength: 30 }),
  )
  .map(text => text.trim())
  // What has few different characters is found in a text by chance, and at more places than one.
  .filter(text => new Set(text).size >= 5 && !text.includes("*"));
const cuts = fc.array(fc.nat(), { maxLength: 4 });

describe("a mask", () => {
  it.each(Object.entries(FORMS))("finds a secret written as %s, wherever it is cut", (_, write) => {
    fc.assert(
      fc.property(secret, cuts, (value, at) => {
        const text = `<<~~ ${write(value)} ~~>>`;
        expect(streamed(value, text, at)).toBe("<<~~ *** ~~>>");
        expect(maskOf([value]).text(text)).toBe("<<~~ *** ~~>>");
        expect(maskOf([value]).finder()(Buffer.from(text))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it.each(Object.entries(DUMPS))("finds a secret inside of what %s writes", (_, write) => {
    // Letters alone: what is left of it is known when it is seen.
    const word = fc.stringMatching(/^[a-z]{20,70}$/).filter(text => new Set(text).size > 5);
    fc.assert(
      fc.property(word, fc.nat(40), fc.nat(40), cuts, (value, before, after, at) => {
        const masked = streamed(value, write("#".repeat(before) + value + "#".repeat(after)), at);
        expect(masked).toContain("***");
        const left = Buffer.from(value);
        for (let i = 0; i + 6 <= value.length; i++) {
          const part = left.subarray(i, i + 6);
          expect(masked).not.toContain(part.toString());
          expect(masked.replace(/[^0-9a-f]/g, "")).not.toContain(part.toString("hex"));
        }
      }),
      { numRuns: 40 },
    );
  });

  it("keeps the backslash that belongs to a secret whose next character is cut", () => {
    // The bytes of the quote, the # and the blank already begin the plain form, one byte later.
    expect(streamed('"#\u00a0     +', '<<~~ \\"#\u00a0     + ~~>>', [10])).toBe("<<~~ *** ~~>>");
  });

  it("takes keys of thousands of characters, and goes on as fast", () => {
    const line = (seed: number): string =>
      Buffer.from(Array.from({ length: 48 }, (_, i) => (seed * 31 + i * 7 + i * i) % 256)).toString("base64");
    const key = [
      "-----BEGIN KEY-----",
      ...Array.from({ length: 50 }, (_, i) => line(i)),
      "-----END KEY-----",
    ];
    const value = key.join("\n");
    const mask = maskOf([value]);
    const stream = mask.stream();
    const said = "2026-01-01 an ordinary line of a log, with nothing of it: abcdef 0123456789\n";
    const out = Array.from({ length: 2_000 }, () => Buffer.from(stream.push(Buffer.from(said))));
    const rest = [stream.push(Buffer.from(Buffer.from(value).toString("base64"))), stream.end()];
    expect(Buffer.concat([...out, ...rest]).toString()).toMatch(/abcdef 0123456789\n\*\*\*[\w=]{0,3}$/);
  });

  it("holds back no more of a stream than could be the beginning of a secret", () => {
    const stream = maskOf(["github_pat_0123456789"]).stream();
    const out = stream.push(Buffer.from("x".repeat(10_000)));
    expect(out.length).toBeGreaterThan(9_000);
  });
});
