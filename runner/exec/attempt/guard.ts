import process from "node:process";
import { TAG } from "../process/processes.js";

/**
 * Ends the processes of a run's steps should vistas itself be killed (SIGKILL, out of memory), when it cannot do so: a
 * small shell waits at a pipe whose other end only vistas holds. If the pipe closes before it is told that all is done,
 * it kills whatever carries the run's tag, until two looks find nothing: a step that was just being started appears a
 * moment later. It lives in a session of its own, so that what ends vistas and its group does not end it.
 *
 * Gives the function that dismisses it. Where there is no /proc it finds nothing: then a step's kind ends itself when
 * it loses its runner, and a program goes on, in a folder that nobody will take anything from.
 */
export async function guard(run: string): Promise<() => void> {
  // A run with nothing to do need not load it.
  const { execa } = await import("execa");
  const child = execa("/bin/sh", ["-c", SCRIPT, "vistas-guard", `${TAG}=${run}/`], {
    ...{ detached: true, reject: false, buffer: false, extendEnv: false, cwd: "/" },
    ...{ stdin: "pipe", stdout: "ignore", stderr: "ignore" },
    env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin" },
  });
  child.unref();
  // Without it (no shell, no more processes) there is no guard, and nothing else is wrong.
  child.stdin.on("error", () => undefined);
  return () => void child.stdin.end("done\n");
}

const SCRIPT = `
read -r word
[ "$word" = done ] && exit
quiet=0
while [ "$quiet" -lt 2 ]; do
  quiet=$((quiet + 1))
  for file in $(grep -lzs "^$1" /proc/[0-9]*/environ); do
    pid=\${file#/proc/}
    kill -9 "\${pid%/environ}" && quiet=0
  done
  sleep 0.1
done
`;
