/**
 * The command line: reads the words, opens a session, runs one verb, and turns what went wrong into an exit code.
 * Does not: know what any verb does.
 */
import process from "node:process";
import { Command, CommanderError, Option } from "commander";
import { flushed, GuardedOutput } from "./ui/output.js";
import { commandFilter, obeysCommands, suitsMotion, wantsColor } from "./ui/surroundings.js";
import { composeTools } from "./compose.js";
import { UsageError } from "./core/diagnostic.js";
import type { Declare } from "./commands/index.js";
import type { Session } from "./commands/call/session.js";
import { listenForSignals } from "./exec/process/signals.js";
import { exitOf, unwrittenCode, USAGE } from "./commands/call/exit.js";

interface GlobalOptions {
  readonly root?: string;
  readonly cwd?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color: boolean;
}

/** What steps may get of it. */
const env = { ...process.env };
// Libraries that look at both make Node warn that NO_COLOR is ignored; here it is not.
if ((env["NO_COLOR"] ?? "") !== "") delete process.env["FORCE_COLOR"];

const interruption = listenForSignals(env);
const filter = commandFilter(process.env);
const obeyed = obeysCommands(process.env);
const stdout = new GuardedOutput(process.stdout, filter, obeyed);
// That nobody reads about a run any more is no reason to end it.
const stderr = new GuardedOutput(process.stderr, filter, obeyed);

/** Runs this process's call, and ends the process. */
export async function start(): Promise<never> {
  const code = await main(process.argv);
  await flushed(stdout);
  const unwritten = stdout.fault === undefined ? 0 : unwrittenCode(stdout.fault, stderr);
  await flushed(stderr);
  process.exit(interruption.code() ?? (code === 0 ? unwritten : code));
}

/** Runs a call. Returns its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const tools = composeTools();
  const program = new Command("vistas")
    .description(
      "Runs experiments from YAML: resolves the graph, caches by content, reruns only what changed.",
    )
    .version(tools.version, "--version")
    .option("--root <dir>", "the store (default: artifacts/ beside the pipeline's project; also VISTAS_ROOT)")
    .option("--cwd <dir>", "work in this folder")
    .option("-q, --quiet", "report failures only")
    .option("-v, --verbose", "report cached steps, reasons and logs too")
    .option("--no-color", "no colours (also NO_COLOR)")
    .showHelpAfterError("(vistas --help lists the commands)")
    .configureOutput({
      writeOut: text => stdout.write(text),
      writeErr: text => stderr.write(text),
    })
    .exitOverride();

  let result = 0;
  const session = (): Session => {
    const options = program.opts<GlobalOptions>();
    const cwd = options.cwd === undefined ? process.cwd() : enter(options.cwd);
    const root = options.root ?? process.env["VISTAS_ROOT"];
    return {
      tools,
      cwd,
      env,
      stdout,
      stderr,
      isTTY: suitsMotion(process.env, process.stderr.isTTY),
      color: wantsColor(options.color, process.env, process.stderr.isTTY),
      stdoutColor: wantsColor(options.color, process.env, process.stdout.isTTY),
      quiet: options.quiet ?? false,
      verbose: options.verbose ?? false,
      root: root === "" ? undefined : root,
      signal: interruption.signal,
    };
  };
  /** Declares a verb; its module is imported only when it is called. */
  const verb: Declare = (name, description, load) =>
    program
      .command(name)
      .description(description)
      .exitOverride()
      .action(async (...given: unknown[]) => {
        const command = given.at(-1) as Command;
        const run = await load();
        // Each verb states the type of the options that it declares.
        result = await run(session(), command.args, command.opts<never>());
      });

  const { declareVerbs } = await import("./commands/index.js");
  declareVerbs(verb, Option);
  try {
    await program.parseAsync(argv);
    return result;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    const { color } = program.opts<GlobalOptions>();
    return exitOf(error, stderr, wantsColor(color, process.env, process.stderr.isTTY));
  }
}

/** `--cwd`: the working folder of the whole process, so that every path of the call is meant from there. */
function enter(folder: string): string {
  try {
    process.chdir(folder);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    const why =
      { ENOENT: "does not exist", ENOTDIR: "is not a folder" }[code] ?? `cannot be entered (${code})`;
    throw UsageError.ofCall("bad-option", `--cwd ${folder} ${why}`);
  }
  return process.cwd();
}
