import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/** Something that a program did with a file, or with the network. */
export interface Access {
  readonly does: "read" | "list" | "write" | "remove" | "run" | "connect";
  /** Absolute; of a connection, the address. */
  readonly what: string;
}

/** The command that runs another and notes what it and all that it starts do; a file for each process, beside `log`. */
export function traced(strace: string, log: string, argv: readonly string[]): readonly string[] {
  const calls = [...OPENS, ...CHANGES, ...REMOVES, ...RUNS, "connect"].map(name => `?${name}`).join(",");
  return [
    strace,
    "-ff",
    "-qq",
    "-y",
    "-s",
    "4096",
    "-e",
    `trace=${calls}`,
    "-e",
    "signal=none",
    "-o",
    log,
    "--",
    ...argv,
  ];
}

/** What was noted, each once. `cwd`: where the first program was started. */
export function accessesIn(log: string, cwd: string): readonly Access[] {
  const found = new Map<string, Access>();
  for (const name of readdirSync(dirname(log))) {
    if (!name.startsWith(`${basename(log)}.`)) continue;
    for (const line of readFileSync(join(dirname(log), name), "utf8").split("\n"))
      for (const access of accessesOf(line, cwd)) found.set(`${access.does} ${access.what}`, access);
  }
  return [...found.values()];
}

const OPENS = ["open", "openat", "openat2", "creat"];
const RUNS = ["execve", "execveat"];
const REMOVES = ["unlink", "unlinkat", "rmdir"];
const CHANGES = [
  ...["rename", "renameat", "renameat2", "mkdir", "mkdirat"],
  ...["link", "linkat", "symlink", "symlinkat", "truncate"],
];

/** `openat(AT_FDCWD</a>, "b.csv", O_RDONLY) = 3</a/b.csv>` */
export function accessesOf(line: string, cwd: string): readonly Access[] {
  const [, call = "", args = "", result = "", opened] =
    /^(\w+)\((.*)\)\s+= (-?\d+|\?)(?:<(.*)>)?(?: [A-Z(].*)?$/s.exec(line) ?? [];
  if (call === "connect") {
    const [, address4, address6] = /inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"/.exec(args) ?? [];
    const port = /sin6?_port=htons\((\d+)\)/.exec(args)?.[1] ?? "";
    const address = address4 ?? address6;
    if (address === undefined || /^(?:127\.|::1$|0\.0\.0\.0$)/.test(address)) return [];
    return [
      { does: "connect", what: address4 === undefined ? `[${address}]:${port}` : `${address}:${port}` },
    ];
  }
  if (result.startsWith("-") || result === "?") return [];
  if (OPENS.includes(call)) {
    if (opened === undefined || !opened.startsWith("/")) return [];
    const what = unescaped(opened.replace(/ ?\(deleted\)$|<[a-z]+ \d+:\d+>$/, ""));
    const writes = call === "creat" || /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC/.test(args);
    return [{ does: writes ? "write" : /O_DIRECTORY/.test(args) ? "list" : "read", what }];
  }
  const paths = [...args.matchAll(/(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"((?:\\.|[^"\\])*)"/g)].map(
    ([, folder, path = ""]) => resolve(folder === undefined ? cwd : unescaped(folder), unescaped(path)),
  );
  if (RUNS.includes(call)) return paths.slice(0, 1).map(what => ({ does: "run", what }));
  if (REMOVES.includes(call)) return paths.map(what => ({ does: "remove", what }));
  // What a symbolic link says is no place yet.
  const touched = call.startsWith("symlink") ? paths.slice(-1) : paths;
  return CHANGES.includes(call) ? touched.map(what => ({ does: "write", what })) : [];
}

/** As C writes texts. */
function unescaped(text: string): string {
  if (!text.includes("\\")) return text;
  const bytes: number[] = [];
  for (const [piece, octal, letter] of text.matchAll(/\\([0-7]{1,3})|\\(.)|[^\\]+/gs)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else if (letter !== undefined) bytes.push(...Buffer.from(LETTERS[letter] ?? letter));
    else bytes.push(...Buffer.from(piece));
  }
  return Buffer.from(bytes).toString("utf8");
}

const LETTERS: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", v: "\v", f: "\f" };
