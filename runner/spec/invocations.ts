import { shellCommands, type ShellCommand } from "./shell-commands.js";

/** A program that a command starts. */
export interface Invocation extends ShellCommand {
  /** As it is written. */
  readonly program: string;
  /** A shell that reads this file as its script. */
  readonly script?: string;
}

/** The programs that a script starts. `shell`: the variables that it gets. */
export function scriptInvocations(
  script: string,
  variables: ReadonlyMap<string, string | undefined>,
): readonly Invocation[] {
  return shellCommands(script, variables).flatMap(command => invocations(command, 0));
}

/** The programs that a list of words starts. */
export function wordInvocations(
  words: readonly (string | undefined)[],
  variables: ReadonlyMap<string, string | undefined>,
): readonly Invocation[] {
  return invocations({ words, variables, doubtful: false }, 0);
}

/** A program started by one that was started by one ... */
const DEEPEST = 20;

/**
 * The program of a command, and those that it is told to start: `timeout 5 nice python3 x.py`, `sh -c "..."`. What the
 * shell has itself is left out, but for words that do no more than start another program.
 */
function invocations(command: ShellCommand, depth: number): readonly Invocation[] {
  const { words, variables, doubtful } = command;
  const [program] = words;
  if (program === undefined || depth > DEEPEST) return [];
  const name = program.slice(program.lastIndexOf("/") + 1);
  const own = BUILT_IN.has(program) ? [] : [{ ...command, program }];
  const inner = (rest: Partial<ShellCommand>): readonly Invocation[] =>
    invocations({ words: [], variables, doubtful, ...rest }, depth + 1);
  if (SHELLS.test(name)) {
    const { script, file } = shellArguments(words);
    if (script !== undefined) {
      const found = shellCommands(script, variables).flatMap(one => invocations(one, depth + 1));
      return [...own, ...found.map(one => ({ ...one, doubtful: one.doubtful || doubtful }))];
    }
    return file === undefined ? own : own.map(one => ({ ...one, script: file }));
  }
  if (name === "find") {
    const at = words.findIndex(word => word !== undefined && /^-(?:exec|ok)(?:dir)?$/.test(word));
    return at === -1 ? own : [...own, ...inner({ words: words.slice(at + 1), doubtful: true })];
  }
  const wrapper = WRAPPERS.get(name);
  if (wrapper === undefined) return own;
  const known = new Map(variables);
  let at = 1;
  let skip = wrapper.operands ?? 0;
  for (; at < words.length; at++) {
    const word = words[at];
    if (word === undefined) break;
    const assigned = name === "env" || name === "sudo" ? /^([A-Za-z_]\w*)=(.*)$/s.exec(word) : null;
    if (assigned !== null) known.set(assigned[1] ?? "", assigned[2]);
    else if (word === "--") continue;
    else if (wrapper.quiet?.test(word) === true) return own;
    else if (word.startsWith("-") && word.length > 1) {
      if (name === "env" && /^-S|^--split-string/.test(word)) {
        const text = word === "-S" ? words[at + 1] : word.replace(/^-S|^--split-string=/, "");
        return [...own, ...inner({ words: [...(text?.split(/\s+/) ?? []), ...words.slice(at + 2)] })];
      }
      if (wrapper.valued?.test(word) === true) at++;
    } else if (skip > 0) skip--;
    else break;
  }
  return [...own, ...inner({ words: words.slice(at), variables: known })];
}

/** What a shell is told to run: a text (`-c`), or a file. */
function shellArguments(words: readonly (string | undefined)[]): { script?: string; file?: string } {
  let text = false;
  for (let at = 1; at < words.length; at++) {
    const word = words[at];
    if (word === undefined) return {};
    if (/^[-+]o$|^[-+]O$|^--(?:rcfile|init-file)$/.test(word)) at++;
    else if (/^-[a-zA-Z]+$/.test(word)) {
      text ||= word.includes("c");
      // `-euo pipefail`
      if (word.endsWith("o")) at++;
    } else if (!word.startsWith("-") || word === "-") return text ? { script: word } : { file: word };
  }
  return {};
}

interface Wrapper {
  /** Options that take the next word. */
  readonly valued?: RegExp;
  /** Words before the program that are neither options nor it. */
  readonly operands?: number;
  /** Options with which it starts nothing. */
  readonly quiet?: RegExp;
}

/** Programs, and words of the shell, that start another program. */
const WRAPPERS: ReadonlyMap<string, Wrapper> = new Map(
  Object.entries<Wrapper>({
    builtin: {},
    catchsegv: {},
    chrt: { valued: /^-[TPD]$/, operands: 1 },
    command: { quiet: /^-[vV]$/ },
    doas: { valued: /^-[uC]$/ },
    env: { valued: /^-[uC]$/ },
    exec: { valued: /^-a$/ },
    ionice: { valued: /^-[cn]$/ },
    mpiexec: { valued: /^--?(?:n|np|host|hosts|hostfile|f|ppn)$/ },
    mpirun: { valued: /^--?(?:n|np|host|hosts|hostfile|f|ppn)$/ },
    nice: { valued: /^-n$/ },
    nohup: {},
    numactl: { valued: /^-[CNmip]$/ },
    setsid: {},
    srun: { valued: /^-[ncNptG]$/ },
    stdbuf: { valued: /^-[ioe]$/ },
    sudo: { valued: /^-[ugCpT]$/ },
    taskset: { operands: 1, quiet: /^-p$/ },
    time: { valued: /^-[of]$/ },
    timeout: { valued: /^-[ks]$/, operands: 1 },
    xargs: { valued: /^-[IiLnPdaEs]$/ },
  }),
);

const SHELLS = /^(?:sh|bash|dash|ash|ksh|mksh|zsh|busybox-sh)$/;

/** Words that the shell is asked for first; those that not every shell has are no programs anyway. */
const BUILT_IN = new Set(
  (
    ": . [ [[ alias bg bind break builtin caller cd command compgen complete continue declare dirs disown echo enable " +
    "eval exec exit export false fc fg getopts hash help history jobs kill let local logout mapfile popd printf pushd " +
    "pwd read readarray readonly return select set shift shopt source suspend test time times trap true type typeset " +
    "ulimit umask unalias unset until wait"
  ).split(" "),
);
