import { programFrame } from "../../cache/fingerprint.js";
import { frame, sha256 } from "../../cache/hash.js";
import type { JsonObject } from "../../core/json.js";
import type { ProgramPrint } from "../../core/record.js";
import type { Environment, Graph } from "../../pipeline/graph/graph.js";
import type { Host } from "../host.js";
import { Asker } from "../programs/ask.js";
import { existingFolder } from "../programs/folders.js";
import { textIn } from "../programs/interpreter.js";
import { Interpreters } from "../programs/interpreters.js";
import { isMade, type Made } from "./activate.js";
import type { Around } from "./around.js";
import { builtEnvironment } from "./built.js";
import { containerRecipe, findRuntime } from "./container.js";
import { textOf } from "./local-sources.js";
import { npmRecipe } from "./npm.js";
import { NoEnvironment, withoutPython, type Recipe } from "./recipe.js";
import { uvRecipe } from "./uv.js";

/** The environments of a pipeline that are made from a lock or an image. */
export class Environments {
  readonly #around: Around;
  #recipes = new Map<Environment, Promise<Recipe>>();

  constructor(
    private readonly host: Host,
    graph: Graph,
  ) {
    const interpreters = new Interpreters(host, graph, existingFolder(host.store.workFolders()));
    const now = (): bigint => BigInt(host.clock.now().getTime()) * 1_000_000n;
    const asker = new Asker(host.store.cache.memo("interpreters"), now);
    const variables = new Map(
      Object.entries(withoutPython(host.env)).filter(([name]) => /^(?:PATH|HOME|USER)$/.test(name)),
    );
    const digestOf = (file: string): Promise<string> => host.store.digester.file(file);
    const parsed = new Map<string, JsonObject>();
    this.#around = {
      ...{ host, ignored: graph.ignored },
      toml: async (file, name) => {
        const digest = await host.store.digester.file(file);
        const known = parsed.get(digest) ?? (await tomlOf(file, name));
        parsed.set(digest, known);
        return known;
      },
      interpreter: (language, path) => interpreters.byPath(language, path, variables, digestOf),
      uvPython: async (uv, folder) => {
        const answer = await asker.ask(uvQuestion(uv, folder, host.env));
        return answer === undefined ? undefined : textIn(answer, "python");
      },
    };
  }

  /** Looks at everything anew. */
  forget(): void {
    this.#recipes = new Map();
  }

  /** Undefined for one that is there anyway. Throws a `NoEnvironment`. */
  recipe(environment: Environment): Promise<Recipe> | undefined {
    if (!isMade(environment)) return undefined;
    let found = this.#recipes.get(environment);
    if (found === undefined) this.#recipes.set(environment, (found = this.#make(environment)));
    return found;
  }

  /** Why it cannot be had here; `to` run, not only to make keys. */
  async fault(environment: Made, to: "run" | "plan"): Promise<NoEnvironment | undefined> {
    try {
      await this.recipe(environment);
      if (to === "run" && environment.type === "container") await findRuntime(environment, this.host.env);
      return undefined;
    } catch (error) {
      if (error instanceof NoEnvironment) return error;
      throw error;
    }
  }

  #make(environment: Made): Promise<Recipe> {
    switch (environment.type) {
      case "uv":
        return uvRecipe(environment, this.#around);
      case "npm":
        return npmRecipe(environment, this.#around);
      case "container":
        return Promise.resolve(containerRecipe(environment));
    }
  }
}

async function tomlOf(file: string, name: string): Promise<JsonObject> {
  const { parse } = await import("smol-toml");
  try {
    // Dates are of a class of their own.
    return JSON.parse(JSON.stringify(parse(textOf(file)))) as JsonObject;
  } catch (error) {
    const message = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    throw new NoEnvironment("bad-environment", `${file} (for ${name}) is no TOML`, message);
  }
}

/** Builds of this process that are under way or done, by identity: steps at the same time wait for one. */
const built = new WeakMap<Host, Map<string, Promise<string>>>();

/** The folder of an environment that vistas builds; `begins` is called where that is to be done now. */
export async function ensureBuilt(
  host: Host,
  environment: Environment,
  { prints, build }: Recipe,
  { begins, signal }: { readonly begins: () => void; readonly signal: AbortSignal },
): Promise<string | undefined> {
  if (build === undefined) return undefined;
  const identity = identityOf(environment, prints);
  const known = built.get(host) ?? new Map<string, Promise<string>>();
  built.set(host, known);
  let folder = known.get(identity);
  if (folder === undefined) {
    folder = builtEnvironment(host, identity, target => {
      begins();
      return build(target, signal);
    });
    known.set(identity, folder);
    // Another step may try again.
    folder.catch(() => known.delete(identity));
  }
  return folder;
}

/** Two locks that come to the same are one environment. */
function identityOf({ type }: Environment, prints: readonly ProgramPrint[]): string {
  return sha256(frame("environment", [type, ...prints.map(programFrame)]));
}

function uvQuestion(uv: string, folder: string, env: NodeJS.ProcessEnv) {
  return {
    ...{ program: uv, args: ["python", "find", "--system", "--no-python-downloads"], cwd: folder },
    env: Object.fromEntries(
      Object.entries(env).flatMap(([name, value]) =>
        value !== undefined && /^(?:PATH|HOME|USER|XDG_.*|UV_.*)$/.test(name) && !/^UV_PROJECT/.test(name)
          ? [[name, value]]
          : [],
      ),
    ),
    read: (stdout: string) => ({ python: stdout.trim() }),
    guards: () => [
      ...(env["PATH"] ?? "").split(":").filter(place => place.startsWith("/")),
      ...["pyproject.toml", ".python-version", ".python-versions", "uv.toml", "uv.lock"].map(
        name => `${folder}/${name}`,
      ),
      `${env["HOME"] ?? ""}/.local/share/uv/python`,
      ...upwardsVersions(folder),
    ],
  };
}

/** A project takes the `.python-version` of the folders that it lies in. */
function upwardsVersions(folder: string): string[] {
  const parts = folder.split("/");
  return parts.map((_, i) => `${parts.slice(0, parts.length - i).join("/")}/.python-version`);
}
