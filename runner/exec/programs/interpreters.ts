import { existsSync } from "node:fs";
import { sha256 } from "../../cache/hash.js";
import { InternalError } from "../../core/diagnostic.js";
import type { JsonObject } from "../../core/json.js";
import type { ProgramPrint } from "../../core/record.js";
import type { Graph } from "../../pipeline/graph/graph.js";
import type { Invocation } from "../../pipeline/shell/invocations.js";
import type { Host } from "../host.js";
import { Asker } from "./ask.js";
import { Contents, realPath } from "./folders.js";
import type { Interpreter, Surroundings } from "./interpreter.js";
import { isRelevant, languageOf, type Language } from "./languages.js";
import { node, ownNode } from "./node.js";
import { python } from "./python.js";
import { r } from "./r.js";

/** Interpreters with their version and what they find installed. */
export class Interpreters {
  readonly #asker: Asker;
  readonly #contents: Contents;

  constructor(
    { store, clock }: Host,
    { ignored }: Graph,
    /** Where steps are started, or the deepest folder above that is there. */
    private readonly cwd: string,
  ) {
    const now = (): bigint => BigInt(clock.now().getTime()) * 1_000_000n;
    this.#asker = new Asker(store.cache.memo("interpreters"), now);
    this.#contents = new Contents(store.digester, store.root, ignored);
  }

  /** One that is started by its path, without what is installed for it. */
  async byPath(
    language: "python" | "node",
    path: string,
    variables: ReadonlyMap<string, string | undefined>,
    digestOf: (path: string) => Promise<string>,
  ): Promise<ProgramPrint> {
    const known = languageOf(language);
    if (known === undefined) throw new InternalError(`no language ${language}`);
    const asked = { name: language, path, script: undefined, passing: false };
    return identityOf(known, asked, await this.#ask(known, asked, variables), digestOf);
  }

  /** What an interpreter reads by itself. */
  async places(
    language: Language,
    program: Asked,
    variables: ReadonlyMap<string, string | undefined>,
  ): Promise<readonly string[]> {
    const { interpreter, answer } = await this.#ask(language, program, variables);
    return answer === undefined ? [] : interpreter.places(answer);
  }

  /** Of one that does not answer as one of its name does no more than that. `script`: what it runs, by its absolute path. */
  async print(
    language: Language,
    program: Asked,
    { variables }: Invocation,
    digestOf: (path: string) => Promise<string>,
  ): Promise<ProgramPrint> {
    const answered = await this.#ask(language, program, variables);
    const { interpreter, answer, around } = answered;
    const identity = await identityOf(language, program, answered, digestOf);
    if (answer === undefined || interpreter.version(answer) === "") return identity;
    return { ...identity, packages: await interpreter.packages(answer, around) };
  }

  async #ask(
    language: Language,
    { name, path, script, passing }: Asked,
    variables: ReadonlyMap<string, string | undefined>,
  ): Promise<Answered> {
    const interpreter = INTERPRETERS[language.name];
    const env = Object.fromEntries(
      [...variables].flatMap(([one, value]) =>
        value !== undefined && isRelevant(one, language) ? [[one, value] as const] : [],
      ),
    );
    const around: Surroundings = {
      ...{ env, cwd: this.cwd, contents: this.#contents },
      ...(script === undefined ? {} : { script }),
    };
    const isOwn = interpreter === node && realPath(path) === realPath(ownNode.path);
    const answer = isOwn
      ? ownNode.answer
      : await this.#asker.ask({
          ...{ program: path, args: interpreter.args(name), env, cwd: this.cwd, passing },
          guards: given => [realPath(path), ...interpreter.guards(given, around)],
        });
    return { interpreter, answer, around };
  }
}

/** An interpreter, by the file that is started. */
interface Asked {
  readonly name: string;
  readonly path: string;
  /** What it runs, by its absolute path. */
  readonly script: string | undefined;
  /** What it answers may be another thing next time, for reasons that cannot be known. */
  readonly passing: boolean;
}

interface Answered {
  readonly interpreter: Interpreter;
  /** Undefined where it gave none. */
  readonly answer: JsonObject | undefined;
  readonly around: Surroundings;
}

async function identityOf(
  language: Language,
  { name, path }: Asked,
  { interpreter, answer }: Answered,
  digestOf: (path: string) => Promise<string>,
): Promise<ProgramPrint> {
  if (answer === undefined || interpreter.version(answer) === "")
    return { name, digest: await digestOf(path), version: `${language.name} of an unknown version` };
  const executable = interpreter.executable(answer);
  const content = await digestOf(executable !== "" && existsSync(executable) ? executable : path);
  return {
    name,
    digest: sha256(`${content} ${interpreter.build(answer)}`),
    version: `${language.name} ${interpreter.version(answer)}`,
  };
}

const INTERPRETERS: Readonly<Record<Language["name"], Interpreter>> = { python, node, R: r };
