import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import type { Outcome } from "../../runner/core/record.js";
import { tempFolder } from "./temp.js";

export const CLI = fileURLToPath(new URL("../../runner/cli.js", import.meta.url));

export interface Called {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CallOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** A user's project in a temporary folder, driven through the real command line. */
export class Project {
  readonly folder = tempFolder();

  constructor(files: Readonly<Record<string, string>> = {}) {
    for (const [path, text] of Object.entries(files)) this.write(path, text);
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  write(path: string, text: string): this {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), text);
    return this;
  }

  read(path: string): string {
    return readFileSync(this.path(path), "utf8");
  }

  /** Starts `vistas`; for tests that must act while it runs. */
  start(args: readonly string[], options: CallOptions = {}) {
    return execa(process.execPath, [CLI, ...args], {
      cwd: options.cwd ?? this.folder,
      env: { PATH: process.env["PATH"] ?? "", HOME: this.folder, ...options.env },
      extendEnv: false,
      reject: false,
      // The tests of signals must see how vistas itself ends.
      forceKillAfterDelay: false,
    });
  }

  async vistas(args: readonly string[], options: CallOptions = {}): Promise<Called> {
    const { exitCode, stdout, stderr } = await this.start(args, options);
    return { code: exitCode ?? -1, stdout, stderr };
  }

  /** Runs p.yaml and gives each instance's outcome. Fails the test unless the exit code is the expected one. */
  async run(
    args: readonly string[] = [],
    options: CallOptions & { code?: number } = {},
  ): Promise<Record<string, Outcome>> {
    const { outcomes } = await this.runEvents(args, options);
    return outcomes;
  }

  async runEvents(args: readonly string[] = [], options: CallOptions & { code?: number } = {}) {
    const called = await this.vistas(["run", "p.yaml", "--reporter", "ndjson", ...args], options);
    if (called.code !== (options.code ?? 0)) {
      throw new Error(`vistas run exited ${called.code}\n${called.stderr}\n${called.stdout}`);
    }
    const events = called.stdout
      .split("\n")
      .filter(line => line !== "")
      .map(
        line =>
          JSON.parse(line) as {
            type: string;
            id: string;
            outcome: Outcome;
            key: string | null;
            error?: string;
            metrics: Record<string, number>;
            reason: string;
          },
      );
    const ends = events.filter(event => event.type === "step-end");
    return {
      events,
      ends,
      outcomes: Object.fromEntries(ends.map(end => [end.id, end.outcome])),
      stderr: called.stderr,
    };
  }

  /** The text of a step's output. */
  async output(step: string, name: string): Promise<string> {
    const { stdout, stderr, code } = await this.vistas(["show", "p.yaml", `${step}.${name}`, "--json"]);
    if (code !== 0) throw new Error(stderr);
    const { outputs } = JSON.parse(stdout) as { outputs: Record<string, { path: string }> };
    return readFileSync(outputs[name]?.path ?? "", "utf8");
  }
}
