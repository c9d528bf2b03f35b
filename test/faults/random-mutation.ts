import { readFileSync } from "node:fs";
import type { Draws } from "../../runner/step-api.js";
import { mutations, reseal, rewrite, type Mutation } from "./mutations.js";

/** A mutation, and whether it wrote a checksum that is right: such a forgery may be believed, if it is in shape. */
export interface Drawn extends Mutation {
  readonly forged: boolean;
}

/** Any of the enumerated ones, or one of random bytes, or of a document's JSON. `others`: files to take bytes from. */
export function drawMutation(draws: Draws): Drawn {
  const pick = <T>(from: readonly T[]): T => from[draws.below(from.length)] as T;
  if (draws.below(6) === 0) {
    const mutation = pick(mutations);
    return { ...mutation, forged: mutation.name.includes("checksum that is right") };
  }
  if (draws.below(3) === 0) {
    const forge = reseal(body => changed(body, draws));
    return { name: "forged", forged: true, apply: forge };
  }
  return { ...pick(OF_BYTES)(draws), forged: false };
}

const OF_BYTES: readonly ((draws: Draws) => Mutation)[] = [
  draws =>
    ofBytes("some bits flipped", bytes => {
      for (let left = 1 + draws.below(8); left > 0; left--) {
        const at = draws.below(bytes.length);
        bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << draws.below(8)), at);
      }
      return bytes;
    }),
  draws => ofBytes("cut somewhere", bytes => bytes.subarray(0, draws.below(bytes.length))),
  draws =>
    ofBytes("a piece taken out", bytes => {
      const [from, to] = range(bytes, draws);
      return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
    }),
  draws =>
    ofBytes("a piece twice", bytes => {
      const [from, to] = range(bytes, draws);
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
    }),
  draws =>
    ofBytes("a piece of noise", bytes => {
      const [from, to] = range(bytes, draws);
      for (let at = from; at < to; at++) bytes.writeUInt8(draws.below(256), at);
      return bytes;
    }),
  draws =>
    ofBytes("a digit changed", bytes => {
      const text = bytes.toString("latin1");
      const digits = [...text.matchAll(/[0-9a-f]/g)];
      const at = digits.length === 0 ? 0 : (digits[draws.below(digits.length)]?.index ?? 0);
      const digit = draws.below(16).toString(16);
      return Buffer.from(text.slice(0, at) + digit + text.slice(at + 1), "latin1");
    }),
  draws => ({
    name: "the beginning of one, the end of another",
    apply(file, others) {
      const other = others[draws.below(Math.max(1, others.length))];
      if (other === undefined) return false;
      const end = readFileSync(other);
      return rewrite(file, bytes =>
        Buffer.concat([
          bytes.subarray(0, draws.below(bytes.length)),
          end.subarray(draws.below(end.length + 1)),
        ]),
      );
    },
  }),
];

/** Applies only where the bytes are others then. */
function ofBytes(name: string, change: (bytes: Buffer) => Buffer): Mutation {
  return {
    name,
    apply(file) {
      const before = readFileSync(file);
      if (before.length === 0) return false;
      const after = change(Buffer.from(before));
      return !after.equals(before) && rewrite(file, () => after);
    },
  };
}

function range(bytes: Buffer, draws: Draws): [from: number, to: number] {
  const from = draws.below(bytes.length);
  return [from, from + 1 + draws.below(Math.min(64, bytes.length - from))];
}

/** The value with one place in it changed: another value there, a member less, or one more. */
function changed(value: unknown, draws: Draws, depth = 0): unknown {
  if (typeof value !== "object" || value === null || (depth > 0 && draws.below(4) === 0))
    return strange(draws);
  const entries: [string, unknown][] = Object.entries(value);
  const at = draws.below(entries.length + 1);
  const entry = entries[at];
  if (entry === undefined) entries.push([ODD_NAMES[draws.below(ODD_NAMES.length)] ?? "", strange(draws)]);
  else if (draws.below(6) === 0) entries.splice(at, 1);
  else entries[at] = [entry[0], changed(entry[1], draws, depth + 1)];
  return Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries);
}

const ODD_NAMES = ["__proto__", "constructor", "toString", "", "result", "format", "../../up"];

function strange(draws: Draws): unknown {
  const values: readonly unknown[] = [
    ...[null, true, 0, -1, 1.5, 1e308, 2 ** 53, "", "x", [], {}, [[]], { a: {} }],
    ...[
      "../../../../etc/passwd",
      "/etc/passwd",
      "a\0b",
      "f".repeat(64),
      "0".repeat(64),
      "\ud800",
      "\u001b[2J",
    ],
    ...["x".repeat(100_000), "tree", "executable", deep()],
  ];
  return values[draws.below(values.length)];
}

function deep(): unknown {
  return JSON.parse("[".repeat(3000) + "]".repeat(3000));
}
