import { createWriteStream, mkdirSync, openSync, type WriteStream } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { execa as Execa, Options } from "execa";
import { runnerFile } from "../../core/self/here.js";
import { maskOf } from "../../core/secrets/mask.js";
import { statFields } from "../../store/locks/owner.js";
import type {
  Claim,
  Executor,
  ExecutorMessage,
  Job,
  JobHooks,
  JobResult,
  KindProgram,
  WorkerMessage,
} from "./job.js";
import { logThrough, maskedHooks, maskedResult } from "./masked-log.js";
import { seesOwnProcesses } from "../../store/locks/owner.js";
import { awaitLeftovers } from "./leftovers.js";
import { endProcesses, killProcesses } from "./processes.js";
import { endShortTmp, shortTmp } from "./short-tmp.js";

/** How long a job may take to end when asked, before it is made to. */
const GRACE_MS = 5000;
/** No machine starts as many processes in this time as there are process numbers (at least 32,768). */
const BRIEF_MS = 500;
/** A pipe's last bytes take no time; a machine that is busy may. */
const DRAIN_MS = 2000;
const WORKER = fileURLToPath(runnerFile("worker.js"));

/** Runs jobs as processes of this machine, each in a process group of its own. */
export const localExecutor: Executor = {
  async run(job, hooks, signal) {
    mkdirSync(dirname(job.log), { recursive: true });
    // Opened at once, so that the process writes to the file itself and nothing passes through vistas.
    const log = createWriteStream(job.log, { fd: openSync(job.log, "a") });
    const { TMPDIR } = job.env;
    const env = TMPDIR === undefined ? job.env : { ...job.env, TMPDIR: shortTmp(TMPDIR) };
    try {
      const mask = maskOf(job.secrets ?? []);
      return maskedResult(await runProcess({ ...job, env }, maskedHooks(hooks, mask), signal, log), mask);
    } finally {
      if (TMPDIR !== undefined) endShortTmp(TMPDIR);
      await new Promise(closed => log.close(closed));
    }
  },
};

async function runProcess(
  job: Job,
  hooks: JobHooks,
  signal: AbortSignal,
  log: WriteStream,
): Promise<JobResult> {
  const secret = (job.secrets ?? []).length > 0;
  const options = {
    cwd: job.cwd,
    env: job.env,
    extendEnv: false,
    // A group of its own, so that Ctrl-C reaches vistas alone and the whole tree can be ended at once.
    detached: true,
    reject: false,
    buffer: false,
    stdin: "ignore",
    // What has secrets in it passes through vistas on its way to the log.
    stdout: secret ? "pipe" : log,
    stderr: secret ? "pipe" : log,
  } satisfies Options;

  const kind = job.program.type === "kind" ? job.program : undefined;
  // A run with nothing to do need not load it.
  const { execa } = await import("execa");
  // Asked only now: nothing is awaited from here to where the signal is listened to.
  if (signal.aborted) return { ok: false, error: "cancelled", cancelled: true };
  const child = start(execa, job, options);
  const born = Number(statFields(child.pid ?? 0)?.[19] ?? 0);
  const report: { result?: JobResult } = {};
  const mask = maskOf(job.secrets ?? []);
  const flushLog = secret ? logThrough(mask, [child.stdout, child.stderr], log) : () => undefined;
  const logLine = (line: string): void => {
    log.write(`${mask.text(line)}\n`);
    hooks.log(line);
  };
  if (kind !== undefined) talk(child, kind, { ...hooks, log: logLine }, job, report);

  const begun = performance.now();
  const forget = endWithRunner(child.pid, job.tag);
  const stop = { reason: undefined as "timeout" | "cancelled" | undefined };
  const end = (reason: "timeout" | "cancelled"): void => {
    stop.reason ??= reason;
    void endProcesses(child.pid, job.tag, GRACE_MS);
  };
  const timer = job.timeoutMs === undefined ? undefined : setTimeout(() => end("timeout"), job.timeoutMs);
  const onAbort = (): void => end("cancelled");
  signal.addEventListener("abort", onAbort);
  // A process left in the background would hold the pipes of a log open: the end of the first one counts.
  await (secret ? Promise.race([child, new Promise(ended => child.once("exit", ended))]) : child);
  const brief = performance.now() - begun < BRIEF_MS;
  let isAlone = false;
  if (child.pid !== undefined && stop.reason === undefined && endedWell(child, report)) {
    const ended = { group: child.pid, tag: job.tag, home: job.home, begun: born, brief };
    const left = await awaitLeftovers(ended, {
      stopped: () => stop.reason !== undefined,
      waits: processes =>
        hooks.notice(
          `its program has ended, but what it started may still write its outputs: waits for ${processes}`,
        ),
    });
    isAlone = left === "" && seesOwnProcesses();
    if (left !== "") hooks.notice(`its program ended and left running, until it was ended too: ${left}`);
  }
  clearTimeout(timer);
  signal.removeEventListener("abort", onAbort);
  // What is still there would go on writing after the outputs are taken.
  if (!isAlone || stop.reason !== undefined)
    await endProcesses(child.pid, job.tag, stop.reason === undefined ? 0 : GRACE_MS, brief);
  const exit = await (secret ? drained(child) : child);
  flushLog();
  forget();

  if (stop.reason === "cancelled") return { ok: false, error: "cancelled", cancelled: true };
  if (stop.reason === "timeout")
    return failure(`timed out after ${(job.timeoutMs ?? 0) / 1000} s; all of its processes were ended`);
  if (report.result !== undefined) return report.result;
  if (child.pid === undefined) {
    const fault = exit.originalMessage ?? exit.shortMessage ?? "unknown fault";
    return failure(`cannot start: ${startFault(job, fault)}`);
  }
  if (exit.signal !== undefined)
    return failure(`ended by ${exit.signal}${exit.signal === "SIGKILL" ? " (often: out of memory)" : ""}`);
  if (kind !== undefined)
    return failure(`the worker ended with code ${exit.exitCode ?? "?"} before the step was done`);
  return exit.exitCode === 0
    ? { ok: true, metrics: {}, curves: {} }
    : failure(`exit code ${exit.exitCode ?? "?"}`);
}

/** Why a program could not be started, in words that say what to do. */
function startFault({ program, env }: Job, fault: string): string {
  if (program.type === "kind") return fault;
  const [name = "", ...words] = program.argv;
  if (fault.includes("E2BIG")) {
    const longest = Math.max(...words.map(word => Buffer.byteLength(word)));
    const total = [...words, ...Object.values(env)].reduce(
      (sum, text) => sum + Buffer.byteLength(text) + 1,
      0,
    );
    const what =
      longest >= MAX_WORD
        ? `a word or script of \`run\` has ${longest} bytes, and the system takes ${MAX_WORD - 1}`
        : `the words and variables have ${total} bytes together, more than the system takes`;
    return `${what}: put the text into a file, and name that under \`inputs\` (${fault})`;
  }
  if (fault.includes("ENOENT")) return `there is no program ${name}, or what it is to be run by (${fault})`;
  if (fault.includes("EACCES"))
    return `${name} may not be run: it is not executable, or lies where nothing is (${fault})`;
  return fault;
}

/** Linux: the longest argument of a program, with the byte that ends it. */
const MAX_WORD = 128 * 1024;

function endedWell(child: Child, { result }: { readonly result?: JobResult }): boolean {
  return result === undefined ? child.exitCode === 0 : result.ok;
}

/**
 * The end of a child whose pipes are read to theirs: at once, but for a process that took off every mark and holds one
 * open still. What that goes on to say is nobody's.
 */
async function drained(child: Child): Promise<Awaited<Child>> {
  const timer = setTimeout(() => {
    child.stdout?.destroy();
    child.stderr?.destroy();
  }, DRAIN_MS);
  try {
    return await child;
  } finally {
    clearTimeout(timer);
  }
}

/** Jobs under way in this process: one told to end at once (a second Ctrl-C) leaves none behind. */
const underWay = new Map<string, number | undefined>();

function endWithRunner(group: number | undefined, tag: string): () => void {
  if (underWay.size === 0) process.on("exit", killAll);
  underWay.set(tag, group);
  return () => {
    underWay.delete(tag);
    if (underWay.size === 0) process.off("exit", killAll);
  };
}

function killAll(): void {
  for (const [tag, group] of underWay) killProcesses(group, tag);
}

function failure(error: string): JobResult {
  return { ok: false, error, cancelled: false };
}

type Child = ReturnType<typeof start>;

function start(execa: typeof Execa, job: Job, options: Options) {
  if (job.program.type === "kind") {
    return execa(process.execPath, [WORKER], {
      ...options,
      ipc: true,
      serialization: "advanced",
    });
  }
  const [program = "", ...args] = job.program.argv;
  return execa(program, args, options);
}

/** Gives the worker its step and answers it until it is done. */
function talk(
  child: Child,
  program: KindProgram,
  hooks: JobHooks,
  job: Job,
  report: { result?: JobResult },
): void {
  const reply = (message: ExecutorMessage): void => {
    // A worker that was ended meanwhile has no use for the answer.
    if (child.connected) child.send(message);
  };
  const answer = (call: number, found: Promise<{ path?: string | undefined; busy?: boolean }>): void => {
    found.then(
      ({ path = null, busy = false }) => reply({ type: "part", call, path, busy }),
      (error: unknown) =>
        reply({
          ...{ type: "part", call, path: null, busy: false },
          error: error instanceof Error ? error.message : String(error),
        }),
    );
  };
  child.on("message", raw => {
    const message = raw as unknown as WorkerMessage;
    switch (message.type) {
      case "progress":
        hooks.progress(message.done, message.total, message.note);
        return;
      case "log":
        hooks.log(message.line);
        return;
      case "find-part":
        answer(
          message.call,
          hooks.findPart(message.key).then(path => ({ path })),
        );
        return;
      case "claim-part":
        answer(message.call, hooks.claimPart(message.key, message.wait).then(claimed));
        return;
      case "keep-part":
        answer(
          message.call,
          hooks.keepPart(message.key, message.path).then(path => ({ path })),
        );
        return;
      case "done":
        report.result = { ok: true, metrics: message.metrics, curves: message.curves };
        return;
      case "failed":
        report.result = failure(message.error);
    }
  });
  reply({ type: "run", program, scratch: join(job.cwd, "..", "parts") });
}

function claimed(claim: Claim): { path?: string; busy?: boolean } {
  return claim.state === "there" ? { path: claim.path } : { busy: claim.state === "busy" };
}
