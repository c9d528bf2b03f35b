import { basename } from "node:path";
import type { Quoting } from "./shell.js";

/** Shells that quote as POSIX has it. */
const SHELLS = new Set(["sh", "bash", "dash", "zsh", "ksh", "ksh93", "mksh", "ash", "rbash"]);
/** Shells that quote in ways of their own. */
const OTHER_SHELLS = new Set(["csh", "tcsh", "fish", "pwsh", "powershell", "cmd", "cmd.exe", "nu", "xonsh"]);

/** The word of a command that a shell in it reads as a script; `safe`: its expressions can be quoted. */
export interface ScriptWord {
  readonly index: number;
  readonly safe: boolean;
}

/** Finds the script of `[bash, -euo, pipefail, -c, SCRIPT, ...]`, also behind `env`, `nice` and the like. */
export function findScript(words: readonly string[]): ScriptWord | undefined {
  for (const [i, word] of words.entries()) {
    const name = basename(word);
    const posix = SHELLS.has(name);
    if (!posix && !OTHER_SHELLS.has(name)) continue;
    const option = words.findIndex((other, j) => j > i && /^--?c|^\/c$/i.test(other));
    const index = posix ? operandAfterC(words, i + 1) : option === -1 ? undefined : option + 1;
    if (index !== undefined) return { index, safe: posix };
  }
  return undefined;
}

/** The first word after a shell's options, if `-c` (or `-lc`) is one of them. */
function operandAfterC(words: readonly string[], from: number): number | undefined {
  let command = false;
  let i = from;
  for (; i < words.length; i++) {
    const word = words[i] ?? "";
    if (!/^[-+]./.test(word)) break;
    if (word === "--") {
      i++;
      break;
    }
    if (/^--(rcfile|init-file)$/.test(word)) i++;
    else if (!word.startsWith("--")) {
      if (/^-[A-Za-z]*c/.test(word)) command = true;
      // `-o NAME`, alone or at the end of others, takes the next word.
      i += /^[-+][A-Za-z]*[oO]$/.test(word) ? 1 : 0;
    }
  }
  return command && i < words.length ? i : undefined;
}

const NAMES = [...SHELLS, ...OTHER_SHELLS].join("|").replaceAll(".", "\\.");
const BEFORE_SCRIPT = new RegExp(
  `(?:^|[\\s;&|(])(?:[^\\s;&|()'"]*/)?(?:${NAMES})(?:\\s+[^\\s;&|()'"]+)*?\\s+-[A-Za-z]*c(?:\\s+-[^\\s'"]*)*\\s+$`,
);
const EVAL = /(?:^|[\s;&|(])eval\s[^;&|\n]*$/;

/**
 * Why a value must not stand at a hole of a script although it can be quoted there: what is quoted for this shell is read
 * again by another, or by `eval`. `before`: the script up to the hole.
 */
export function readAgain(before: string, quote: Quoting): string | undefined {
  if (EVAL.test(before)) return "after `eval`, which reads it as code";
  const open = quote === "none" ? before.length : before.lastIndexOf(quote === "single" ? "'" : '"');
  return BEFORE_SCRIPT.test(before.slice(0, open))
    ? "in the script of another shell, which reads it as code"
    : undefined;
}
