/**
 * Random changes of an environment, each followed by the key that vistas makes and by what a program sees of it, asked
 * by itself. Wherever the program sees something else, the key must be another: else a stale result would be served.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Fingerprint } from "../../runner/core/record.js";
import { Keyer } from "../../runner/exec/keys/keyer.js";
import { loadPipeline } from "../../runner/library.js";
import { python, Venv } from "../rig/python.js";
import { tempFolder } from "../rig/temp.js";

export interface Mutated {
  readonly what: string;
  readonly key: string;
  readonly print: Fingerprint;
  /** A digest of all that the program saw. */
  readonly seen: string;
}

/** `pick(n)` is a random whole number below n. */
export async function mutateEnvironments(count: number, pick: (n: number) => number): Promise<Mutated[]> {
  const world = new World();
  const states: Mutated[] = [];
  for (let i = 0; i <= count; i++) {
    const what = i === 0 ? "as it was made" : world.mutate(pick);
    states.push({ what, ...(await world.key()), seen: world.seen() });
  }
  return states;
}

/** Pairs of states whose key is one, although the program saw two things. */
export function wrongHits(states: readonly Mutated[]): string[] {
  const first = new Map<string, Mutated>();
  return states.flatMap(state => {
    const before = first.get(state.key);
    if (before === undefined) first.set(state.key, state);
    return before === undefined || before.seen === state.seen ? [] : [`${before.what} | ${state.what}`];
  });
}

const NAMES = ["alpha", "beta", "gamma"];
/** Modules that may come and go, by whatever way. */
const IMPORTS = [...NAMES, "led", "mapped", "linked", "loose", "outside", "hooked", "space.inner", "users"];

/** What a program sees: its interpreter, what is installed, and what each module says. */
const ORACLE = `
import sys, importlib, importlib.metadata as meta, hashlib, os, subprocess
print(sys.version, hashlib.sha256(open(os.path.realpath(sys.executable), "rb").read()).hexdigest())
print(sorted((d.metadata["Name"], d.version) for d in meta.distributions()))
print(os.environ.get("HOOK"), getattr(sys, "hook", None))
for name in ${JSON.stringify(IMPORTS)}:
    try:
        module = importlib.import_module(name)
        print(name, module.VALUE, getattr(module, "MORE", None))
    except ImportError:
        print(name, "is not there")
print(subprocess.run(["tool"], capture_output=True, text=True).stdout)
`;

class World {
  readonly #folder = tempFolder();
  readonly #venvs = ["one", "two"].map(name => new Venv(this.#at(name, ".venv")));
  #venv = 0;
  #path = ["left", "right"];
  #counter = 0;

  constructor() {
    for (const side of this.#path) this.#program(this.#at("bin", side, "tool"), side);
    mkdirSync(this.#at("home"));
    mkdirSync(this.#at("project"));
    for (const venv of this.#venvs) venv.install("alpha", "1.0");
    this.#write(this.#at("src", "linked", "__init__.py"), "VALUE = 0\n");
    this.#write(this.#at("src", "mapped", "__init__.py"), "VALUE = 0\n");
  }

  async key(): Promise<{ key: string; print: Fingerprint }> {
    const environment = `{ venv: ${this.#site.folder} }`;
    const step = 'run: "python3 oracle.py && tool > ${{ outputs.o }}", outputs: { o: o }';
    this.#write(this.#at("project", "p.yaml"), `environment: ${environment}\nsteps: { s: { ${step} } }\n`);
    const { opened } = await loadPipeline("p.yaml", {
      cwd: this.#at("project"),
      env: { ...this.#variables(), VISTAS_CACHE: this.#at("cache") },
    });
    const [node] = opened.nodes;
    if (node === undefined) throw new Error("no step");
    const found = await new Keyer(opened.host, opened.graph).fingerprint(node, () => undefined);
    opened.host.store.stats.save();
    return found;
  }

  /** Started as people start a program in an activated environment. */
  seen(): string {
    const { folder } = this.#site;
    const { PATH } = this.#variables();
    const said = execFileSync(join(folder, "bin", "python3"), ["-c", ORACLE], {
      env: {
        PATH: `${join(folder, "bin")}:${PATH}`,
        HOME: this.#at("home"),
        VIRTUAL_ENV: folder,
        PYTHONNOUSERSITE: "1",
        PYTHONDONTWRITEBYTECODE: "1",
      },
    });
    return createHash("sha256").update(said).digest("hex");
  }

  mutate(pick: (n: number) => number): string {
    const kinds = Object.entries(this.#mutations(pick));
    const [name, act] = kinds[pick(kinds.length)] ?? ["nothing", () => ""];
    return `${name}${act() ?? ""}`;
  }

  #mutations(pick: (n: number) => number): Readonly<Record<string, () => string | undefined>> {
    const site = this.#site;
    const value = `VALUE = ${this.#counter++}\n`;
    const name = NAMES[pick(NAMES.length)] ?? "alpha";
    const version = `${pick(3)}.${pick(3)}`;
    const without = (path: string): void => rmSync(join(site.site, path), { recursive: true, force: true });
    const uninstall = (): void => {
      for (const entry of readdirSync(site.site))
        if (entry === name || (entry.startsWith(`${name}-`) && entry.endsWith(".dist-info"))) without(entry);
    };
    const link = (into: string, lines: readonly string[]): void => site.write(into, lines.join("\n"));
    return {
      "another version": () => {
        uninstall();
        site.install(name, version);
        return ` ${name} ${version}`;
      },
      "a package removed": () => {
        uninstall();
        return ` ${name}`;
      },
      "an editable package by .pth": () => {
        site.write("linked-1.dist-info/METADATA", "Name: linked\nVersion: 1\n");
        const url = `file://${this.#at("src")}`;
        site.write(
          "linked-1.dist-info/direct_url.json",
          JSON.stringify({ dir_info: { editable: true }, url }),
        );
        link("__editable__.linked.pth", [this.#at("src")]);
        return undefined;
      },
      "an editable package edited": () => {
        this.#write(this.#at("src", pick(2) === 0 ? "linked" : "mapped", "__init__.py"), value);
        return undefined;
      },
      "an editable package with another file": () => {
        this.#write(this.#at("src", "linked", "more.py"), value);
        const more = "import linked.more\nMORE = linked.more.VALUE\n";
        this.#write(this.#at("src", "linked", "__init__.py"), `VALUE = 1\n${more}`);
        return undefined;
      },
      "an editable package by a finder": () => {
        const mapping = `MAPPING: dict[str, str] = {'mapped': '${this.#at("src", "mapped")}'}`;
        site.write("__editable___mapped_finder.py", finder(mapping));
        link("__editable___mapped.pth", ["import __editable___mapped_finder"]);
        return undefined;
      },
      "a .pth file": () => {
        this.#write(this.#at("extra", "led.py"), value);
        link("extra.pth", ["# led on", this.#at("extra"), "/not/there"]);
        return undefined;
      },
      "a .pth file removed": () => {
        without(["extra.pth", "hook.pth", "__editable__.linked.pth", "folders.pth"][pick(4)] ?? "");
        return undefined;
      },
      "code in a .pth file": () => {
        link("hook.pth", [`import sys; sys.hook = ${this.#counter}`]);
        return undefined;
      },
      "a module that a .pth file imports": () => {
        site.write("hooked.py", `import os\nos.environ["HOOK"] = "${this.#counter}"\nVALUE = 0\n`);
        link("hooked.pth", ["import hooked"]);
        return undefined;
      },
      "a loose module": () => {
        site.write("loose.py", value);
        return undefined;
      },
      "a namespace": () => {
        site.write("space/inner.py", value);
        return undefined;
      },
      "two folders with modules of one name": () => {
        this.#write(this.#at("extra", "loose.py"), `VALUE = "one ${pick(2)}"\n`);
        this.#write(this.#at("other", "loose", "__init__.py"), `VALUE = "two ${pick(2)}"\n`);
        this.#write(this.#at(pick(2) === 0 ? "extra" : "other", "space", "inner.py"), value);
        link(
          "folders.pth",
          pick(2) === 0 ? [this.#at("extra"), this.#at("other")] : [this.#at("other"), this.#at("extra")],
        );
        return undefined;
      },
      "no loose module": () => {
        without("loose.py");
        return undefined;
      },
      sitecustomize: () => {
        site.write("sitecustomize.py", `import sys\nsys.hook = "site ${this.#counter}"\n`);
        return undefined;
      },
      "a program of the environment": () => {
        const tool = join(site.folder, "bin", "tool");
        if (pick(3) === 0) rmSync(tool, { force: true });
        else this.#program(tool, `venv ${pick(2)}`);
        return undefined;
      },
      "a program on the PATH": () => {
        this.#program(this.#at("bin", pick(2) === 0 ? "left" : "right", "tool"), `path ${this.#counter}`);
        return undefined;
      },
      "the order of the PATH": () => {
        this.#path.reverse();
        return undefined;
      },
      "the other environment": () => {
        this.#venv = 1 - this.#venv;
        return undefined;
      },
      "another interpreter of the same version": () => {
        const link = join(site.folder, "bin", "python");
        rmSync(link, { force: true });
        if (pick(2) === 0) symlinkSync(python ?? "", link);
        else {
          copyFileSync(python ?? "", link);
          appendFileSync(link, `${pick(2)}`);
          chmodSync(link, 0o755);
        }
        return undefined;
      },
      "the user's own packages": () => {
        const version = /python3\.\d+/.exec(site.site)?.[0] ?? "";
        this.#write(this.#at("home", ".local", "lib", version, "site-packages", "users.py"), value);
        return undefined;
      },
      "a file that is not installed": () => {
        this.#write(this.#at("project", "README.md"), value);
        this.#write(this.#at("bin", "left", "README"), value);
        return undefined;
      },
    };
  }

  get #site(): Venv {
    const venv = this.#venvs[this.#venv];
    if (venv === undefined) throw new Error("no environment");
    return venv;
  }

  #variables() {
    const PATH = [...this.#path.map(side => this.#at("bin", side)), "/usr/bin", "/bin"].join(":");
    return { PATH, HOME: this.#at("home") };
  }

  #at(...path: string[]): string {
    return join(this.#folder, ...path);
  }

  #program(path: string, says: string): void {
    this.#write(path, `#!/bin/sh\necho ${says}\n`);
    chmodSync(path, 0o755);
  }

  #write(path: string, text: string): void {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

/** As setuptools writes it, in short. */
function finder(mapping: string): string {
  return `import sys
from importlib.util import spec_from_file_location
from os.path import join
${mapping}
class Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name in MAPPING:
            return spec_from_file_location(name, join(MAPPING[name], "__init__.py"))
sys.meta_path.append(Finder)
`;
}
