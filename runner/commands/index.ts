import type { Command, Option } from "commander";
import type { Session } from "./call/session.js";

/** What a verb's module exports: runs the verb with its words and options; gives the exit code. */
export type Run<O> = (session: Session, args: string[], options: O) => Promise<number>;
export type Declare = <O>(name: string, description: string, load: () => Promise<Run<O>>) => Command;

/** The verbs, in the order of `--help`. Only the module of the verb that is called is imported. */
export function declareVerbs(verb: Declare, OptionOf: typeof Option): void {
  const choice = (flags: string, description: string, choices: string[], initial: string): Option =>
    new OptionOf(flags, description).choices(choices).default(initial);
  const backend = (): Option =>
    choice(
      "--backend <name>",
      "tensor engine of numeric steps",
      ["auto", "tensorflow", "onnx", "webgpu", "wasm", "cpu"],
      "auto",
    );
  const ofRun = (): Option =>
    new OptionOf("--run <run>", "as it was in this run: an id, a name, latest~1, or a git revision");
  const several = (value: string, before: string[] = []): string[] => [...before, value];
  const withParams = (command: Command): Command =>
    command
      .option("--set <name=value>", "override a param; may be repeated", several)
      .option("--params <file>", "override params from a YAML or JSON file; may be repeated", several);

  const run = withParams(
    verb(
      "run",
      "bring the selected steps up to date",
      async () => (await import("./run/run-command.js")).runCommand,
    ),
  )
    .argument("[target...]", "[pipeline.yaml] [step | step+ | step[seed=0]] ...")
    .option("-n, --dry-run", "say what would be done, and why; run nothing")
    .option(
      "-f, --force [step]",
      "run a step (default: all selected) even if its result is known; may be repeated",
      several,
    )
    .option("-j, --jobs <n>", "at most n steps at once (default: one a core)")
    .option("-k, --keep-going", "after a failure go on with what does not depend on it")
    .option("--trace", "say what programs read and write beyond what their steps declare (by strace)")
    .addOption(
      choice("--keep-work <which>", "whose work folders stay", ["never", "failed", "always"], "failed"),
    )
    .addOption(choice("--executor <name>", "where steps run", ["local"], "local"))
    .addOption(backend())
    .addOption(
      choice(
        "--reporter <name>",
        "how progress is shown",
        ["auto", "tree", "plain", "ndjson", "silent"],
        "auto",
      ),
    );

  withParams(
    verb(
      "plan",
      "say what `run` would do, and why",
      async () => (await import("./run/plan-command.js")).planCommand,
    ),
  )
    .argument("[target...]", "[pipeline.yaml] [step] ...")
    .addOption(backend())
    .option("--json", "as JSON");

  withParams(
    verb(
      "why",
      "how a step's key differs from the nearest past one",
      async () => (await import("./run/why-command.js")).whyCommand,
    ),
  )
    .argument("<target...>", "[pipeline.yaml] step ...")
    .addOption(backend())
    .option("--json", "as JSON");

  withParams(
    verb(
      "validate",
      "report every mistake of a pipeline at once",
      async () => (await import("./run/validate-command.js")).validateCommand,
    ),
  )
    .argument("[pipeline]", "pipeline.yaml")
    .option("--json", "diagnostics as JSON");

  withParams(
    verb("graph", "draw the graph", async () => (await import("./run/graph-command.js")).graphCommand),
  )
    .argument("[target...]", "[pipeline.yaml] [step] ...")
    .option("--instances", "one node a step instance, not one a step")
    .addOption(choice("--format <name>", "output format", ["mermaid", "dot", "svg", "json"], "mermaid"));

  verb(
    "show",
    "a step's metrics, parameters, environment and files",
    async () => (await import("./past/show-command.js")).showCommand,
  )
    .argument("<target...>", "[pipeline.yaml] step[.output]")
    .addOption(ofRun())
    .option("--json", "as JSON");

  withParams(
    verb("logs", "what a step prints", async () => (await import("./past/logs-command.js")).logsCommand),
  )
    .argument("<target...>", "[pipeline.yaml] step ...")
    .addOption(ofRun())
    .option("-f, --follow", "go on until the step ends");

  verb(
    "checkout",
    "copy an artifact out of the store",
    async () => (await import("./past/checkout-command.js")).checkoutCommand,
  )
    .argument("<target...>", "[pipeline.yaml] step[.output] DIR")
    .addOption(ofRun())
    .option("--link", "read-only, as second names of the store's files where the disk can (not as root)")
    .option("--force", "overwrite and remove files that differ, whoever wrote them");

  withParams(
    verb(
      "shell",
      "a shell, or one command, in a folder laid out as a step sees it",
      async () => (await import("./run/shell-command.js")).shellCommand,
    ),
  )
    .argument("<target...>", "[pipeline.yaml] step[seed=0] [-- command ...]")
    .option("--failed", "in the folder that its newest failed attempt left")
    .option("--keep", "the folder stays, until `vistas gc`")
    .addOption(backend());

  withParams(
    verb(
      "rescue",
      "copy out what a failed attempt left behind; records nothing",
      async () => (await import("./past/rescue-command.js")).rescueCommand,
    ),
  ).argument("<target...>", "[pipeline.yaml] step DIR");

  withParams(
    verb(
      "reproduce",
      "run, and hold the results against `expect:` and the lock",
      async () => (await import("./run/reproduce-command.js")).reproduceCommand,
    ),
  )
    .argument("[target...]", "[pipeline.yaml] [step] ...")
    .option("--fresh", "ignore all that was made before")
    .option("--twice", "run each step twice, and label it exact, within tolerance or stochastic")
    .option("--update", "write the lock beside the pipeline, if all is as expected")
    .option("--lock <file>", "the lock (default: <pipeline>.lock.json)")
    .option("--junit <file>", "write the verdict as JUnit XML")
    .option("--markdown <file>", "write the verdict as Markdown, for a job's summary")
    .option("--json", "print the verdict as JSON")
    .option("-j, --jobs <n>", "at most n steps at once (default: one a core)")
    .option("-k, --keep-going", "after a failure go on with what does not depend on it")
    .addOption(backend())
    .addOption(
      choice("--reporter <name>", "how progress is shown", ["auto", "tree", "plain", "silent"], "auto"),
    );

  verb(
    "report",
    "write a run as one self-contained HTML file",
    async () => (await import("./past/report-command.js")).reportCommand,
  )
    .argument("[target...]", "[pipeline.yaml] [run]")
    .option("--out <file>", "where to (default: report.html in the store's run)")
    .addOption(choice("--format <name>", "output format", ["html", "markdown"], "html"));

  verb(
    "table",
    "what came out across past runs: labels, params that differ, metrics",
    async () => (await import("./past/table-command.js")).tableCommand,
  )
    .argument("[target...]", "[pipeline.yaml] [step | step[seed=0]] ...")
    .option("--runs <n>", "of the newest n runs (default: of all)")
    .option("--rev <range>", "of runs under these commits, as git names them: main.., v1.0")
    .option(
      "--group <axis>",
      "take the results of a run along this axis together: mean, sd, 95 % interval; may be repeated (repeats: seeds, folds and trials)",
      several,
    )
    .option("--where <condition>", "rows for which this holds: 'accuracy > 0.85 and sigma < 1'")
    .option("--sort <column>", "in this order, -column for the largest first; may be repeated", several)
    .option("--best <column>", "the row with the largest value; -column: with the least")
    .option("--csv", "all columns in full, as CSV")
    .option("--md", "as Markdown")
    .option("--json", "as JSON");

  verb("diff", "two runs side by side", async () => (await import("./past/diff-command.js")).diffCommand)
    .argument("<target...>", "[pipeline.yaml] run run")
    .option("--json", "as JSON");

  verb("runs", "past runs", async () => (await import("./past/runs-command.js")).runsCommand)
    .argument("[pipeline]", "pipeline.yaml")
    .option("--name <name=run>", "call a run so: gc keeps what it needs; may be repeated", several)
    .option("--unname <name>", "call a run so no more; may be repeated", several)
    .option("--json", "as JSON");

  verb("gc", "drop what nothing needs", async () => (await import("./store/gc-command.js")).gcCommand)
    .argument("[pipeline]", "a pipeline of the project whose store it is")
    .option("--keep-last <n>", "keep what the last n runs need (default: all runs; with --max-size: none)")
    .option(
      "--keep <run>",
      "keep what this run needs as well, as named runs and locks do; may be repeated",
      several,
    )
    .option(
      "--lock <file>",
      "keep what this lock needs, as those beside the pipelines; may be repeated",
      several,
    )
    .option(
      "--max-size <size>",
      "of what nothing keeps, drop the least recently used until the store takes up no more (20GB)",
    )
    .option("--dry-run", "say what would go, and how much it frees; remove nothing")
    .option("--json", "as JSON");

  verb(
    "verify",
    "check every stored byte, and say what damaged ones belong to",
    async () => (await import("./store/verify-command.js")).verifyCommand,
  )
    .argument("[pipeline]", "pipeline.yaml")
    .option("--repair", "drop what is damaged, so that the next run makes it again")
    .option("--json", "as JSON");

  verb(
    "steps",
    "step kinds and their options",
    async () => (await import("./about/steps-command.js")).stepsCommand,
  )
    .argument("[kind]", "show this kind in full")
    .option("--json", "as JSON");

  verb(
    "schema",
    "the JSON Schema of pipelines, for editors",
    async () => (await import("./about/schema-command.js")).schemaCommand,
  ).argument("[pipeline]", "take this pipeline's plugins in");

  verb(
    "init",
    "write a starter pipeline",
    async () => (await import("./about/init-command.js")).initCommand,
  ).argument("[dir]", "folder", ".");

  verb(
    "import",
    "write a pipeline that does what a dvc.yaml does",
    async () => (await import("./about/import-command.js")).importCommand,
  )
    .argument("[dvc.yaml]", "stages of DVC", "dvc.yaml")
    .option("--out <file>", "where to (default: pipelines/FOLDER.yaml beside it)")
    .option("--json", "the file's name and what was not carried over, as JSON");

  verb(
    "doctor",
    "devices, engines, disk; what is missing and how to get it",
    async () => (await import("./about/doctor-command.js")).doctorCommand,
  )
    .addOption(
      new OptionOf("--install <engine>", "get an engine for this user").choices(["tensorflow", "webgpu"]),
    )
    .option("--json", "as JSON");

  verb(
    "completion",
    "a script by which a shell completes calls: bash, zsh, fish",
    async () => (await import("./about/completion-command.js")).completionCommand,
  ).argument("[shell]", "bash, zsh or fish");

  const ofProgram: Run<object> = async (session, words) =>
    (await import("./about/complete-command.js")).completeCommand(session, words, run.parent ?? run);
  verb("complete", "what a shell's completion asks", () => Promise.resolve(ofProgram)).argument("[word...]");
}
