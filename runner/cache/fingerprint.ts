import { byCodeUnit } from "../core/json.js";
import type { Fingerprint, ProgramPrint } from "../core/record.js";
import { canonicalJson } from "./canonical.js";
import { frame, sha256 } from "./hash.js";

/**
 * The key of a step instance: SHA-256 over tagged, length-framed fields. What is in it, and why:
 * - kind and code: other code may make other bytes; module names, because the same file may be split anew;
 * - `with` (for commands: words and output names): the question that was asked;
 * - each input's role, gathered label, name as the step sees it, type and content: swapping two inputs is another question; and
 *   which gathered inputs are one result, because a kind counts them once;
 * - declared environment, where unset differs from empty;
 * - programs by content, interpreters with their versions and the packages that they find: another `python3` first on
 *   PATH, or another numpy, makes other results;
 * - names of secrets, not their values: they open doors, and a key that held them could be tried against guesses;
 * - of a step with `repeats`, its labels: each is a draw of its own from a random program;
 * - the engine's numeric class, because another backend rounds otherwise.
 * What is *not* in it: the step's name, its labels (without `repeats`), the pipeline, where things lie, resources, timeout,
 * retries, time, host, user. Those never change a result's identity.
 */
export function fingerprintKey(print: Fingerprint): string {
  const { code, env } = print;
  return sha256(
    frame("vistas.key.1", [
      print.kind,
      frame(
        "code",
        Object.keys(code)
          .sort(byCodeUnit)
          .flatMap(name => [name, code[name] ?? ""]),
      ),
      canonicalJson(print.with),
      // The order is the roles' own, and within a gathered role the axes': both are fixed by the graph.
      frame(
        "inputs",
        print.inputs.map(i =>
          frame("input", [
            ...[i.role, i.label, i.source, i.path, i.type, i.digest],
            ...(i.sameAs === undefined ? [] : [i.sameAs]),
          ]),
        ),
      ),
      frame(
        "env",
        Object.keys(env)
          .sort(byCodeUnit)
          .flatMap(name => [name, env[name] == null ? "unset" : `=${env[name]}`]),
      ),
      print.numeric,
      ...(print.repeat === undefined ? [] : [frame("repeat", [print.repeat])]),
      // Absent in the keys of steps without any, which are as they were before there were secrets.
      ...(print.secrets === undefined ? [] : [frame("secrets", print.secrets)]),
      // Absent in the keys of kinds, whose code says all.
      ...(print.programs === undefined ? [] : [programsDigest(print.programs)]),
    ]),
  );
}

/** A thousand steps of one interpreter share one list with its hundreds of packages. */
function programsDigest(programs: readonly ProgramPrint[]): string {
  let digest = digests.get(programs);
  if (digest === undefined)
    digests.set(programs, (digest = sha256(frame("programs", programs.map(programFrame)))));
  return digest;
}

const digests = new WeakMap<readonly ProgramPrint[], string>();

/** A program as a key holds it. */
export function programFrame({ name, digest, version = "", packages = "" }: ProgramPrint): string {
  return frame("program", [name, digest, version, packages]);
}
