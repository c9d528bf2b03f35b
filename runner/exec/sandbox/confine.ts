import { join, dirname } from "node:path";
import { UserFacingError } from "../../core/diagnostic.js";
import type { Graph, GraphNode } from "../../pipeline/graph/graph.js";
import type { Host } from "../host.js";
import { isStaged, type ResultOf } from "../keys/node-inputs.js";
import { linkOf } from "../process/short-tmp.js";
import { upwards } from "../programs/folders.js";
import { Programs } from "../programs/index.js";
import { bubblewrapped } from "./bubblewrap.js";
import { noSandbox, noStrace, sandboxMeans, straceOf } from "./means.js";
import { accessesIn, traced, type Access } from "./strace.js";
import { undeclaredOf } from "./undeclared.js";

/** A step that is to be watched, or kept to what it declares. */
export interface Watched {
  readonly host: Host;
  readonly graph: Graph;
  readonly node: GraphNode;
  readonly resultOf: ResultOf;
  /** `run --trace`. */
  readonly trace: boolean;
  readonly cwd: string;
  readonly tmp: string;
  readonly gpus: boolean;
  /** Of its environment, where that has one. */
  readonly environment: string | undefined;
}

export interface Confined {
  readonly command: (argv: readonly string[]) => readonly string[];
  /** What it did that it does not declare; undefined: it was not watched. */
  readonly undeclared: (() => readonly Access[]) | undefined;
}

/** How a step's command is started so that it is watched, confined, or both. */
export async function confine(watched: Watched): Promise<Confined> {
  const { host, graph, node, trace, cwd, tmp, gpus } = watched;
  const means = node.sandbox === true ? await sandboxMeans(host) : undefined;
  if (node.sandbox === true && means === undefined) throw new UserFacingError(noSandbox().message);
  const strace = means?.name === "strace" ? means.path : trace ? await straceOf(host) : undefined;
  if (trace && strace === undefined) throw new UserFacingError(noStrace().message);
  const folder = dirname(cwd);
  const covered = await coveredBy(watched);
  // Beside the folders that the step knows.
  const log = join(folder, "trace");
  return {
    command: argv => {
      const line = strace === undefined ? argv : traced(strace, log, argv);
      if (means?.name !== "bubblewrap") return line;
      return bubblewrapped(means.path, {
        ...{ argv: line, cwd, folder, readable: covered, home: host.env["HOME"] },
        ...{ tmp: { link: linkOf(tmp), folder: tmp }, network: node.network === true, gpus },
      });
    },
    undeclared:
      strace === undefined
        ? undefined
        : () =>
            undeclaredOf(accessesIn(log, cwd), { own: [folder], covered, project: graph.project }).filter(
              ({ does }) => does !== "connect" || node.network !== true,
            ),
  };
}

/** What the key holds: files of the user's, programs, interpreters and what is installed for them. */
async function coveredBy({
  host,
  graph,
  node,
  resultOf,
  cwd,
  environment,
}: Watched): Promise<readonly string[]> {
  const inputs = node.inputs.flatMap(({ source }) =>
    source.type === "file" && !isStaged(source, node) ? [source.absolute] : [],
  );
  const programs = await new Programs(host, graph).places(node, resultOf, environment);
  const above = [...upwards(dirname(cwd))].flatMap(folder => ABOVE.map(name => join(folder, name)));
  return [
    ...new Set([...inputs, ...programs, ...above, ...(environment === undefined ? [] : [environment])]),
  ];
}

/** What interpreters look for in the folders above, and the key holds. */
const ABOVE = [
  "node_modules",
  "package.json",
  ".python-version",
  ".node-version",
  ".nvmrc",
  ".tool-versions",
];
