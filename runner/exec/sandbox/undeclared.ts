import { existsSync, realpathSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { Access } from "./strace.js";

/** What a step may do without saying so. */
export interface Allowed {
  /** Folders of its own: it may write there. */
  readonly own: readonly string[];
  /** Files and folders that its key covers: inputs, interpreters, what is installed for them. */
  readonly covered: readonly string[];
  /** What is written there is never temporary, wherever it lies. */
  readonly project: string;
}

/**
 * Accesses outside what a step declared, sorted. Left out are its own folder, its inputs, its interpreters and their packages,
 * the system's programs, libraries and settings, devices, and temporary files that it made itself.
 */
export function undeclaredOf(accesses: readonly Access[], allowed: Allowed): readonly Access[] {
  const project = within([allowed.project]);
  const [own, covered] = [within(allowed.own), within([...allowed.covered, ...allowed.own])];
  const written = accesses.flatMap(({ does, what }) => (does === "write" ? [what] : []));
  const wrote = within(written);
  const found = accesses.filter(({ does, what }) => {
    if (does === "connect") return true;
    if (PSEUDO.test(what)) return false;
    if (does === "write" || does === "remove") return !own(what) && (!TEMPORARY.test(what) || project(what));
    if (covered(what) || wrote(what)) return false;
    return !isSystem(what);
  });
  return found.sort((a, b) => (`${a.does} ${a.what}` < `${b.does} ${b.what}` ? -1 : 1));
}

const PSEUDO = /^\/(?:proc|sys|dev)(?:\/|$)|^(?:pipe|socket|anon_inode):|^\/memfd:/;
const TEMPORARY = /^\/(?:tmp|var\/tmp|dev\/shm|run\/user\/\d+)\//;

/** Programs, libraries and settings of the system itself. */
function isSystem(path: string): boolean {
  if (LOCAL.test(path)) return PROGRAMS.test(path);
  return !OWN_DATA.test(path) && SYSTEM.test(path);
}

const SYSTEM =
  /^\/(?:usr|bin|sbin|lib\d*|libx32|etc|nix\/store|gnu\/store|snap|System|Library|var\/(?:cache|lib)\/(?:fontconfig|ldconfig|mime))(?:\/|$)/;
/** What an administrator installed: programs, but also data. */
const LOCAL = /^\/usr\/local\/./;
const PROGRAMS =
  /^\/usr\/local\/(?:bin|sbin|lib[^/]*|include|etc|share\/(?:man|locale|fonts|ca-certificates|zoneinfo))(?:\/|$)/;
/** What differs from one machine to the next, and data that programs take for input. */
const OWN_DATA = /^\/(?:etc\/(?:hostname|machine-id|os-release|motd|issue)$|usr\/share\/dict(?:\/|$))/;

/** Whether a path is one of those, or lies in one; links are followed. */
function within(places: readonly string[]): (path: string) => boolean {
  const all = new Set(
    places.flatMap(place => [place, ...(existsSync(place) ? [realpathSync.native(place)] : [])]),
  );
  return path => {
    for (let at = path; ; at = dirname(at)) {
      if (all.has(at)) return true;
      if (at === dirname(at)) return false;
    }
  };
}

/** One line an access, and the YAML that would declare them. */
export function undeclaredText(step: string, found: readonly Access[], project: string): string {
  if (found.length === 0) return "does nothing beyond what it declares";
  const lines = found.map(({ does, what }) => `  ${VERBS[does]} ${what}${does === "list" ? "/" : ""}`);
  const reads = found.filter(({ does }) => does === "read" || does === "list" || does === "run");
  const writes = found.filter(({ does }) => does === "write");
  const taken = new Set<string>();
  const entry = (path: string, value: string): string => {
    const stem = basename(path)
      .replace(/^\.+|(?<=.)\.[^.]*$/g, "")
      .replace(/[^A-Za-z0-9_-]+/g, "_");
    const plain = /^[A-Za-z_]/.test(stem) ? stem : `file_${stem}`;
    let name = plain;
    for (let i = 2; taken.has(name); i++) name = `${plain}_${i}`;
    taken.add(name);
    return `      ${name}: ${/^[\w./@+-]+$/.test(value) ? value : JSON.stringify(value)}`;
  };
  const place = (path: string): string =>
    path.startsWith(`${project}/`) ? `.${path.slice(project.length)}` : path;
  const yaml = [
    ...(reads.length > 0
      ? ["    inputs:", ...gathered(reads, project).map(path => entry(path, place(path)))]
      : []),
    ...(writes.length > 0
      ? ["    outputs:", ...writes.map(({ what }) => `${entry(what, basename(what))} # not ${what}`)]
      : []),
    ...(found.some(({ does }) => does === "connect") ? ["    network: true # in a sandbox"] : []),
  ];
  return [
    "goes beyond what it declares:",
    ...lines,
    "this would declare it:",
    "steps:",
    `  ${step}:`,
    ...yaml,
  ].join("\n");
}

const VERBS = {
  read: "reads",
  list: "lists",
  write: "writes",
  remove: "removes",
  run: "runs",
  connect: "connects to",
};

/** Of a folder that is listed, or of many files in one, the folder; but the project itself is no input. */
function gathered(reads: readonly Access[], project: string): readonly string[] {
  const holdsProject = (folder: string): boolean =>
    `${project}/`.startsWith(folder === "/" ? "/" : `${folder}/`);
  const folders = new Map<string, string[]>();
  for (const { does, what } of reads)
    if (does !== "list") folders.set(dirname(what), [...(folders.get(dirname(what)) ?? []), what]);
  const whole = [
    ...reads.flatMap(({ does, what }) => (does === "list" ? [what] : [])),
    ...[...folders].flatMap(([folder, files]) => (files.length > MANY ? [folder] : [])),
  ].filter(folder => !holdsProject(folder));
  const covered = within(whole);
  return [...new Set([...whole, ...[...folders.values()].flat().filter(file => !covered(file))])];
}

const MANY = 5;
