import { findHoles, quoteForShell, type Hole } from "../../shell/shell.js";
import { findScript, readAgain } from "../../shell/inner-shell.js";
import { hasExpression } from "../../expressions/expression.js";
import { valueAt } from "../../document/place.js";
import type { CommandStep } from "../../steps/spec.js";
import {
  bindPartAsWord,
  readText,
  spanOf,
  tell,
  type Bindings,
  type Part,
  type Read,
  type ReadPart,
  type Site,
} from "../../expressions/template.js";
import type { CommandWork, Template, TemplatePart } from "../graph.js";

/** A command read once for all instances; undefined where something in it is wrong, which was reported. */
export type CompiledCommand = (bindings: Bindings) => CommandWork | undefined;

/** Reads the words or the script of a `run:` step. Known values are put in as text; paths stay holes. */
export function compileCommand(
  step: string,
  work: CommandStep,
  read: Read,
  problems: Site["problems"],
): CompiledCommand | undefined {
  const site = (...below: number[]): Site => {
    return { problems, document: problems.document, place: valueAt("steps", step, "run", ...below) };
  };
  if (typeof work.run === "string") {
    const script = compileScript(work.run, site(), read);
    return (
      script &&
      (bindings => {
        const word = script(bindings);
        return word && { type: "command", form: "shell", words: [word], outputs: work.outputs };
      })
    );
  }
  const script = findScript(work.run);
  const words = work.run.map((word, i) =>
    i === script?.index && hasExpression(word)
      ? compileScript(word, site(i), read, script.safe)
      : compileWord(word, () => site(i), read),
  );
  if (words.includes(undefined)) return undefined;
  return bindings => {
    const bound = (words as CompiledWord[]).map(word => word(bindings));
    if (bound.includes(undefined)) return undefined;
    return { type: "command", form: "argv", words: bound as Template[], outputs: work.outputs };
  };
}

/** One word of a list, or a script. */
type CompiledWord = (bindings: Bindings) => Template | undefined;

function compileWord(word: string, siteOf: () => Site, read: Read): CompiledWord | undefined {
  if (!hasExpression(word)) {
    const fixed = [{ text: word }];
    return () => fixed;
  }
  const site = siteOf();
  const parts = readText(word, site, read);
  if (parts === undefined) return undefined;
  return bindings => joinParts(parts, part => bindPart(part, bindings, site));
}

function bindPart(part: Part, bindings: Bindings, site: Site): TemplatePart | undefined {
  if ("input" in part) return { input: part.input };
  if ("output" in part) return { output: part.output };
  const text = bindPartAsWord(part, bindings, site);
  return text === undefined ? undefined : { text };
}

/** A script, each of its expressions one quoted word. `safe`: the shell that reads it quotes as POSIX has it. */
function compileScript(script: string, site: Site, read: Read, safe = true): CompiledWord | undefined {
  const comments = new Set<number>();
  // Holes are looked for first, because in a comment an expression is no more than text.
  const outline = readText(script, site, reference => ({ value: null, reference }));
  if (outline === undefined) return undefined;
  const holes = holesOf(outline, safe);
  for (const [part, hole] of holes) if ("comment" in hole) comments.add((part as ReadPart).reference.index);
  const parts = readText(script, site, (reference, at) =>
    comments.has(reference.index)
      ? { value: reference.source.replace(/\s+/g, " "), reference }
      : read(reference, at),
  );
  let sound = parts !== undefined;
  for (const [part, hole] of holes) {
    if (!("refused" in hole)) continue;
    sound = false;
    const message = `an expression cannot stand ${hole.refused}`;
    const hint = 'give the value in `env:` and read it as `"$NAME"`, or write `run:` as a list of words';
    tell(site, "unsafe-shell", message, spanOf((part as ReadPart).reference), { hint });
  }
  if (parts === undefined || !sound) return undefined;
  const quotes = [...holes.values()];
  return bindings => {
    let next = 0;
    return joinParts(parts, part => {
      if ("literal" in part) return { text: part.literal };
      const hole = quotes[next++];
      const bound = bindPart(part, bindings, site);
      if (bound === undefined || hole === undefined || !("quote" in hole)) return bound;
      return "text" in bound
        ? { text: quoteForShell(bound.text, hole.quote) }
        : { ...bound, quote: hole.quote };
    });
  };
}

/** The surroundings of each expression of a script, in order. */
function holesOf(parts: readonly Part[], safe: boolean): ReadonlyMap<Part, Hole> {
  const expressions: Part[] = [];
  const pieces = [""];
  for (const part of parts) {
    if ("literal" in part) pieces[pieces.length - 1] = part.literal;
    else {
      expressions.push(part);
      pieces.push("");
    }
  }
  const holes = findHoles(pieces);
  return new Map(
    expressions.map((part, i): [Part, Hole] => {
      const hole = holes[i] ?? { refused: "here" };
      if (!("quote" in hole)) return [part, hole];
      const before = pieces.slice(0, i + 1).join("\0");
      const why = safe
        ? readAgain(before, hole.quote)
        : "in the script of a shell whose quoting is not known";
      return [part, why === undefined ? hole : { refused: why }];
    }),
  );
}

/** Texts side by side become one, so that what is the same command is the same template. */
function joinParts<P>(
  parts: readonly P[],
  bind: (part: P) => TemplatePart | undefined,
): Template | undefined {
  const out: TemplatePart[] = [];
  for (const part of parts) {
    const bound = bind(part);
    if (bound === undefined) return undefined;
    const last = out.at(-1);
    if (last !== undefined && "text" in last && "text" in bound)
      out[out.length - 1] = { text: last.text + bound.text };
    else out.push(bound);
  }
  return out.length === 0 ? [{ text: "" }] : out;
}
