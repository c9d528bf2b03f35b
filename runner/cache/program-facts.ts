import { byCodeUnit } from "../core/json.js";
import type { Fingerprint, ProgramPrint } from "../core/record.js";
import type { Difference } from "./difference.js";

/** The programs of a fingerprint for people: `program python3` -> `python 3.11.7 (0c53f9a01b2c)`, `package numpy` -> `1.26.4`. */
export function programFacts({ programs = [] }: Fingerprint): [name: string, value: string][] {
  const places = new Set(programs.flatMap(program => program.in ?? []));
  return [
    ...[...places].map((place): [string, string] => ["environment", place]),
    ...programs.flatMap(program => [
      [`program ${program.name}`, identityText(program)] as [string, string],
      ...[...packagesOf(program)].map(([name, value]): [string, string] => [`package ${name}`, value]),
    ]),
  ];
}

/** Programs that differ, and of interpreters of the same name the packages that do. */
export function programDifferences(past: Fingerprint, now: Fingerprint): Difference[] {
  const [before, after] = [byName(past), byName(now)];
  return [...new Set([...before.keys(), ...after.keys()])].sort(byCodeUnit).flatMap(name => {
    const [old, fresh] = [before.get(name), after.get(name)];
    if (old !== undefined && fresh !== undefined) {
      const found = [...identityDifference(name, old, fresh), ...packageDifferences(old, fresh)];
      return fresh.in === undefined ? found : found.map(one => ({ ...one, in: fresh.in }));
    }
    const text = (one: ProgramPrint | undefined): string | null =>
      one === undefined ? null : identityText(one);
    const detail = old === undefined ? "added" : "removed";
    return [{ what: "program", name, before: text(old), after: text(fresh), detail } as const];
  });
}

function identityDifference(name: string, old: ProgramPrint, fresh: ProgramPrint): Difference[] {
  const [before, after] = [split(old.version), split(fresh.version)];
  // Another version is another program: that its content differs goes without saying.
  if (before.language !== "" && before.language === after.language && before.version !== after.version)
    return [{ what: "program", name: before.language, before: before.version, after: after.version }];
  if (old.version === fresh.version && old.digest === fresh.digest) return [];
  const detail =
    old.digest === ABSENT ? "is found now" : fresh.digest === ABSENT ? "is no longer found" : "changed";
  return [{ what: "program", name, before: identityText(old), after: identityText(fresh), detail }];
}

function packageDifferences(old: ProgramPrint, fresh: ProgramPrint): Difference[] {
  const [before, after] = [packagesOf(old), packagesOf(fresh)];
  return [...new Set([...before.keys(), ...after.keys()])].sort(byCodeUnit).flatMap((name): Difference[] => {
    const [was, is] = [before.get(name), after.get(name)];
    if (was === is) return [];
    const difference = { what: "package", name, before: was ?? null, after: is ?? null } as const;
    const [old = "", fresh = ""] = [was, is].map(value => VERSION.exec(value ?? "")?.[0]);
    if (was === undefined) return [{ ...difference, detail: `added ${fresh}`.trimEnd() }];
    if (is === undefined) return [{ ...difference, detail: old === "" ? "removed" : `removed (was ${old})` }];
    if (old === fresh || old === "" || fresh === "") return [{ ...difference, detail: "changed" }];
    return [{ ...difference, before: old, after: fresh }];
  });
}

/** The digest of a program that is not there. */
const ABSENT = "absent";
/** A version (`2.1.0+cu118`), maybe with a commit. A digest of what a package holds, which may follow, is not for people. */
const VERSION = /^\d[\w.!-]*(?:\+(?!content:)[\w.]+)?(?:@[0-9a-f]+)?/;

/** In the order of the fingerprint; a name that is there twice (two interpreters) has a number. */
function byName({ programs = [] }: Fingerprint): Map<string, ProgramPrint> {
  const found = new Map<string, ProgramPrint>();
  for (const program of programs) {
    let name = program.name;
    for (let i = 2; found.has(name); i++) name = `${program.name} (${i})`;
    found.set(name, program);
  }
  return found;
}

function packagesOf({ packages = "" }: ProgramPrint): ReadonlyMap<string, string> {
  const items = packages === "" ? [] : packages.split(", ");
  return new Map(items.map(item => [item.slice(0, item.indexOf(" ")), item.slice(item.indexOf(" ") + 1)]));
}

function split(version = ""): { language: string; version: string } {
  const at = version.indexOf(" ");
  return { language: version.slice(0, Math.max(0, at)), version: version.slice(at + 1) };
}

function identityText({ version, digest }: ProgramPrint): string {
  const short = digest.slice(0, 12);
  return version === undefined ? short : `${version} (${short})`;
}
