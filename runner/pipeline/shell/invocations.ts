import {
  condaPath,
  possibleCommands,
  shellCommands,
  type ShellCommand,
  type Sureness,
  type Variables,
} from "./shell-commands.js";

/** A program that a command starts. */
export interface Invocation extends ShellCommand {
  /** As it is written. */
  readonly program: string;
  /** A shell that reads this file as its script. */
  readonly script?: string;
}

/** The programs that a script starts. `variables`: the environment that it gets. */
export function scriptInvocations(script: string, variables: Variables): readonly Invocation[] {
  return shellCommands(script, variables).flatMap(command => invocations(command, true, 0));
}

/** The programs that a list of words starts. */
export function wordInvocations(
  words: readonly (string | undefined)[],
  variables: Variables,
): readonly Invocation[] {
  return invocations({ words, variables, sure: "certain" }, false, 0);
}

/** A program started by one that was started by one ... */
const DEEPEST = 20;

/**
 * The program of a command, and those that it is told to start: `timeout 5 nice python3 x.py`, `sh -c "..."`. What the
 * shell has itself is left out. A launcher with ways of its own may start any of its words, and whatever is given the
 * name of an interpreter may start that.
 */
function invocations(command: ShellCommand, inShell: boolean, depth: number): readonly Invocation[] {
  const { words, variables, sure } = command;
  const [program, script] = words;
  if (program === undefined || depth > DEEPEST) return [];
  const name = nameOf(program);
  const isBuiltIn = inShell && BUILT_IN.has(program);
  const own = isBuiltIn ? [] : [{ ...command, program }];
  const below = (commands: readonly ShellCommand[], isShell: boolean): readonly Invocation[] =>
    commands.flatMap(one => invocations({ ...one, sure: lesser(one.sure, sure) }, isShell, depth + 1));
  if (isBuiltIn && (program === "." || program === "source"))
    return script === undefined || script.endsWith("/activate")
      ? []
      : [{ ...command, program: "/bin/sh", words: ["/bin/sh", script], script, sure: "possible" }];
  const rest = words.slice(1).filter(word => word !== undefined);
  const valued = WRAPPERS.get(name);
  if (SHELLS.test(name) || valued !== undefined) {
    const { text, file } = valued === undefined ? shellArguments(words) : {};
    const said = text === undefined ? [] : shellCommands(text, variables);
    const started = valued === undefined ? said : wrapped(command, name, valued);
    // What only the shell knows may be an option, or nothing at all.
    const unsure = words.includes(undefined) ? rest.flatMap(word => possibleCommands(word, variables)) : [];
    const found = [
      ...below(started, text !== undefined || (isBuiltIn && name !== "exec")),
      ...below(unsure, false),
    ];
    return [...own.map(one => (file === undefined ? one : { ...one, script: file })), ...found];
  }
  if (!LAUNCHERS.test(name)) {
    const named = rest.filter(word => INTERPRETER.test(nameOf(word)));
    const some = named.map(word => ({ words: [word], variables, sure: "possible" }) as const);
    return [...own, ...below(some, false)];
  }
  const all = [variables, ...environmentsOf(rest, variables)];
  return [
    ...own,
    ...below(
      all.flatMap(one => rest.flatMap(word => possibleCommands(word, one))),
      false,
    ),
  ];
}

/** The command that a wrapper is told to start. */
function wrapped(command: ShellCommand, name: string, valued: string): readonly ShellCommand[] {
  const { words, sure } = command;
  const variables = new Map(command.variables);
  let operands = /^\d/.test(valued) ? Number(valued[0]) : 0;
  for (let at = 1; at < words.length; at++) {
    const word = words[at];
    if (word === undefined) return [];
    const [, variable, value] = (name === "env" || name === "sudo" ? ASSIGNMENT.exec(word) : null) ?? [];
    if (variable !== undefined) variables.set(variable, value);
    else if (name === "env" && SPLIT.test(word)) {
      const attached = word.replace(SPLIT, "");
      const [text = "", ...rest] = [...(attached === "" ? [] : [attached]), ...words.slice(at + 1)];
      return wrapped({ words: [name, ...text.trim().split(/\s+/), ...rest], variables, sure }, name, valued);
    } else if (name === "command" && /^-[vV]$/.test(word))
      return words.slice(at + 1).map(asked => ({ words: [asked], variables, sure: "possible" }));
    else if (word.startsWith("-")) at += new RegExp(`^-\\w*[${valued}]$`).test(word) ? 1 : 0;
    else if (operands > 0) operands--;
    else return [{ words: words.slice(at), variables, sure }];
  }
  return [];
}

/** The environments that `conda run` is told to take. */
function environmentsOf(words: readonly string[], variables: Variables): readonly Variables[] {
  const names = words.filter((_, i) => /^(?:-[np]|--name|--prefix)$/.test(words[i - 1] ?? ""));
  return names.map(word => new Map(variables).set("PATH", condaPath(word, variables)));
}

function nameOf(program: string): string {
  return program.slice(program.lastIndexOf("/") + 1);
}

function lesser(one: Sureness, other: Sureness): Sureness {
  if (one === "possible" || other === "possible") return "possible";
  return one === "certain" ? other : one;
}

/** What a shell is told to run: a text (`-c`), or a file. */
function shellArguments(words: readonly (string | undefined)[]): { text?: string; file?: string } {
  let isText = false;
  for (let at = 1; at < words.length; at++) {
    const word = words[at];
    if (word === undefined) return {};
    if (/^[-+]o$|^[-+]O$|^--(?:rcfile|init-file)$/.test(word)) at++;
    else if (/^-[a-zA-Z]+$/.test(word)) {
      isText ||= word.includes("c");
      // `-euo pipefail`
      if (word.endsWith("o")) at++;
    } else if (!word.startsWith("-") || word === "-") return isText ? { text: word } : { file: word };
  }
  return {};
}

const SPLIT = /^(?:-\w*S|--split-string=)/;
const ASSIGNMENT = /^([A-Za-z_]\w*)=(.*)$/s;

/**
 * Programs, and words of the shell, that start another program, with those of their options that take the next word. A
 * number: so many words before the program are neither.
 */
const WRAPPERS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...{ builtin: "_", catchsegv: "_", command: "_", nohup: "_", setsid: "_", exec: "a" },
    ...{ chrt: "1TPD", doas: "uC", env: "uC", ionice: "cn", nice: "n", numactl: "CNmip", stdbuf: "ioe" },
    ...{ sudo: "ugCpT", time: "of", timeout: "1ks", xargs: "IiLnPdaEs" },
  }),
);

/** What starts other programs in ways of its own: each of its words may be one, or a script. */
const LAUNCHERS =
  /^(?:find|parallel|entr|watch|strace|ltrace|perf|gdb|valgrind|script|su|ssh|chroot|unshare|nsenter|taskset|flock|srun|mpirun|mpiexec|torchrun|accelerate|hyperfine|conda|mamba|micromamba|uvx?|poetry|pipenv|pdm|hatch|rye|pixi|pipx|npx|npm|pnpm|yarn|bunx|bundle|xvfb-run|dbus-run-session|singularity|apptainer|eval|trap|coproc|alias|which|type|hash)$/;

const SHELLS = /^(?:sh|bash|dash|ash|ksh|mksh|zsh|busybox-sh)$/;
const INTERPRETER =
  /^(?:python|pypy|node|nodejs|bun|deno|R|Rscript|perl|ruby|julia|php|lua|octave|java|(?:ba|da|k|mk|z|a)?sh)[\d.]*t?$/;

/** Words that the shell is asked for first; those that not every shell has are no programs anyway. */
const BUILT_IN = new Set(
  (
    ": . [ [[ alias bg bind break builtin caller cd command compgen complete continue declare dirs disown echo enable " +
    "eval exec exit export false fc fg getopts hash help history jobs kill let local logout mapfile popd printf pushd " +
    "pwd read readarray readonly return select set shift shopt source suspend test time times trap true type typeset " +
    "ulimit umask unalias unset until wait"
  ).split(" "),
);
