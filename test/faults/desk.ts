import { exitOf } from "../../runner/commands/call/exit.js";
import { reproduceCommand } from "../../runner/commands/run/reproduce-command.js";
import { reportCommand } from "../../runner/commands/past/report-command.js";
import { runCommand } from "../../runner/commands/run/run-command.js";
import { runsCommand } from "../../runner/commands/past/runs-command.js";
import type { Session } from "../../runner/commands/call/session.js";
import { showCommand } from "../../runner/commands/past/show-command.js";
import { verifyCommand } from "../../runner/commands/store/verify-command.js";
import { whyCommand } from "../../runner/commands/run/why-command.js";
import { composeTools } from "../../runner/compose.js";
import { scripted } from "./programs.js";

export interface Answered {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Seconds of processor time: a machine that is busy with other things does not count. */
  readonly seconds: number;
}

/** Calls the verbs in this process as the command line does, with steps that `scripted` runs: some thousand a minute. */
export class Desk {
  constructor(
    private readonly cwd: string,
    private readonly root: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  run = (): Promise<Answered> => this.#call(session => runCommand(session, ["p.yaml"], PLAIN));
  /** Runs the first step although its result is known; `salt`: it comes to other bytes. */
  rerun = (salt = ""): Promise<Answered> =>
    this.#call(session => runCommand(session, ["p.yaml"], { ...PLAIN, force: ["first"] }), salt);
  reproduce = (): Promise<Answered> =>
    this.#call(session => reproduceCommand(session, ["p.yaml"], { ...PLAIN, twice: true }));
  report = (): Promise<Answered> =>
    this.#call(session => reportCommand(session, ["p.yaml"], { format: "markdown" }));
  show = (step: string): Promise<Answered> =>
    this.#call(session => showCommand(session, ["p.yaml", step], { json: true }));
  why = (step: string): Promise<Answered> => this.#call(session => whyCommand(session, ["p.yaml", step], {}));
  runs = (): Promise<Answered> => this.#call(session => runsCommand(session, ["p.yaml"], {}));
  verify = (repair = false): Promise<Answered> =>
    this.#call(session => verifyCommand(session, ["p.yaml"], { repair, json: true }));

  async #call(verb: (session: Session) => Promise<number>, salt = ""): Promise<Answered> {
    const [stdout, stderr] = [new Sheet(), new Sheet()];
    const session: Session = {
      tools: {
        ...composeTools(),
        executor: scripted(salt),
        capacity: () => ({ cpus: 2, gpus: [], memory: 2 ** 30 }),
      },
      ...{
        cwd: this.cwd,
        env: this.env,
        stdout,
        stderr,
        isTTY: false,
        color: false,
        stdoutColor: false,
        quiet: false,
        verbose: false,
      },
      ...{ root: this.root, signal: new AbortController().signal },
    };
    const before = process.cpuUsage();
    const code = await Promise.resolve(session)
      .then(verb)
      .catch((error: unknown) => exitOf(error, stderr, false));
    const { user, system } = process.cpuUsage(before);
    return { code, stdout: stdout.text, stderr: stderr.text, seconds: (user + system) / 1e6 };
  }
}

const PLAIN = { reporter: "plain" } as const;

class Sheet {
  text = "";
  write(text: string, done?: () => void): boolean {
    this.text += text;
    done?.();
    return true;
  }
}
