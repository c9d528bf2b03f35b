import { existsSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import type { JsonPath } from "../../core/json.js";
import { isMapping, plainMapping, textOf, type Written } from "../../core/spelled.js";
import { ENVIRONMENTS } from "../schema/of-environment.js";
import { valueAt, type Place } from "../document/place.js";
import type { Problems } from "../document/problems.js";
import { bindValue, compileValue } from "../expressions/compile.js";
import type { Bindings, Read } from "../expressions/template.js";
import type { Code } from "../mistakes/codes.js";
import { alternatives, code } from "../mistakes/wording.js";
import type { WrittenEnvironment } from "../steps/spec.js";
import type { Environment } from "./graph.js";

/** The environments that a pipeline names. Each is looked at once, however many steps use it. */
export class EnvironmentReader {
  readonly #known = new Map<string, Environment | undefined>();
  #shared: ((bindings: Bindings) => Environment | undefined) | undefined;

  constructor(
    /** What `./` is at a place. */
    private readonly projectAt: (place: Place) => string,
    private readonly problems: Problems,
  ) {}

  /** The environment of each instance. What is the same in all of them is looked for at once. */
  compile(written: WrittenEnvironment, read: Read): (bindings: Bindings) => Environment | undefined {
    const { problems } = this;
    const place = valueAt(...written.at);
    const compiled = compileValue(written.value, { problems, document: problems.document, place }, read);
    if (compiled === undefined) return () => undefined;
    if ("fixed" in compiled) this.#find(compiled.fixed, written.at);
    return bindings => {
      const value = bindValue(compiled, bindings);
      return value === undefined ? undefined : this.#find(value, written.at);
    };
  }

  /** The pipeline's own, which is the same for all steps: read once, whether a step uses it or not. */
  share(value: Written | undefined, read: Read): void {
    if (value !== undefined) this.#shared = this.compile({ value, at: ["environment"] }, read);
  }

  get shared(): ((bindings: Bindings) => Environment | undefined) | undefined {
    return this.#shared;
  }

  #find(value: Written, at: JsonPath): Environment | undefined {
    // What is no mapping has been reported by the schema.
    if (!isMapping(value)) return undefined;
    const name = JSON.stringify([plainMapping(value), at]);
    if (!this.#known.has(name)) {
      const found = this.#look(value, at);
      if (found !== undefined && "problem" in found)
        this.problems.add(found.problem, found.message, found.place, { hint: found.hint });
      this.#known.set(name, found !== undefined && "type" in found ? found : undefined);
    }
    return this.#known.get(name);
  }

  /** Undefined where the schema has reported what is wrong. */
  #look(value: Readonly<Record<string, Written>>, at: JsonPath): Environment | Fault | undefined {
    const mistake = (problem: Code, message: string, hint: string, place: Place): Fault => {
      return { problem, message, hint, place };
    };
    const given = ENVIRONMENTS.filter(type => Object.hasOwn(value, type));
    const [type] = given;
    if (type === undefined || given.length > 1) {
      const hint = `write one of ${alternatives(ENVIRONMENTS, "and")}`;
      const message =
        type === undefined
          ? "`environment` does not say which environment"
          : `\`environment\` has ${alternatives(given, "and")}, and a step runs in one`;
      return mistake("bad-environment", message, hint, valueAt(...at));
    }
    for (const [option, of] of Object.entries(OPTION_OF))
      if (Object.hasOwn(value, option) && of !== type)
        return mistake(
          "bad-environment",
          `${code(option)} belongs to ${code(of)}`,
          "leave it out",
          valueAt(...at, option),
        );
    const text = textOf(value[type] ?? null) ?? "";
    const place = valueAt(...at, type);
    if (type === "container") {
      const digest = IMAGE.exec(text)?.[1];
      if (digest !== undefined) return { type, at, name: text, digest };
      const image = text.replace(/@.*$/, "");
      const hint = `write ${code(`${image.replace(/:[^/:]*$/, "")}@sha256:...`)}, with the digest that \`docker buildx imagetools inspect ${image}\` or \`skopeo inspect docker://${image}\` shows`;
      const why = text.includes("@")
        ? "has no digest of SHA-256"
        : "has a tag, which may mean another image tomorrow";
      return mistake("bad-environment", `the image ${code(text)} ${why}`, hint, place);
    }
    if (!/^\.?\//.test(text)) return undefined;
    const path = (text.startsWith("/") ? normalize(text) : join(this.projectAt(place), text)).replace(
      /(?<=.)\/+$/,
      "",
    );
    const fault = faultOf(type, path, text);
    if (fault !== undefined) return mistake("missing-environment", fault.message, fault.hint, place);
    const { groups, extras, dev } = plainMapping(value);
    switch (type) {
      case "venv":
      case "conda":
        return { type, at, name: text, folder: path };
      case "uv":
        return { type, at, name: text, lock: path, groups: namesIn(groups), extras: namesIn(extras) };
      case "npm":
        return { type, at, name: text, lock: path, dev: dev === true };
    }
  }
}

interface Fault {
  readonly problem: Code;
  readonly message: string;
  readonly hint: string;
  readonly place: Place;
}

const OPTION_OF = { groups: "uv", extras: "uv", dev: "npm" } as const;
const IMAGE = /^[^\s@]+@sha256:([0-9a-f]{64})$/;

/** What is missing, and what to run to get it. */
function faultOf(
  type: Exclude<Environment["type"], "container">,
  path: string,
  text: string,
): { message: string; hint: string } | undefined {
  const isThere = statSync(path, { throwIfNoEntry: false });
  switch (type) {
    case "venv": {
      const hint = `make it: \`python3 -m venv ${text} && ${text}/bin/pip install ...\``;
      if (isThere?.isDirectory() !== true)
        return { message: `there is no virtual environment ${code(text)}`, hint };
      if (!existsSync(join(path, "pyvenv.cfg")))
        return { message: `${code(text)} is no virtual environment: it has no \`pyvenv.cfg\``, hint };
      if (!existsSync(join(path, "bin", "python")))
        return { message: `the Python of ${code(text)} is gone: \`bin/python\` leads nowhere`, hint };
      return undefined;
    }
    case "conda": {
      if (existsSync(join(path, "conda-meta"))) return undefined;
      const hint = `make it: \`conda create --prefix ${text} ...\`; \`conda env list\` shows where those that are there lie`;
      return { message: `there is no conda environment ${code(text)}`, hint };
    }
    case "uv":
    case "npm": {
      const { lock, manifest, make } = LOCKED[type];
      if (isThere?.isFile() !== true)
        return { message: `there is no lock ${code(text)}`, hint: `make it: ${code(make)}` };
      if (!text.endsWith(`/${lock}`))
        return { message: `${code(text)} is no ${code(lock)}`, hint: `name the file ${code(`./${lock}`)}` };
      if (existsSync(join(dirname(path), manifest))) return undefined;
      return { message: `there is no ${code(manifest)} beside ${code(text)}`, hint: "keep the two together" };
    }
  }
}

const LOCKED = {
  uv: { lock: "uv.lock", manifest: "pyproject.toml", make: "uv lock" },
  npm: { lock: "package-lock.json", manifest: "package.json", make: "npm install --package-lock-only" },
};

function namesIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter(name => typeof name === "string").sort() : [];
}
