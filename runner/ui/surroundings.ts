/** What the environment and the terminal say of how to write: pure functions of both. */
type Environment = Readonly<Record<string, string | undefined>>;

/** Whether a display that moves suits a stream: a terminal that can move its cursor, and no log of a CI host. */
export function suitsMotion(env: Environment, isTTY: boolean): boolean {
  return isTTY && env["TERM"] !== "dumb" && !isCI(env);
}

/**
 * Whether to colour a stream: `--no-color` and NO_COLOR (https://no-color.org) say no, FORCE_COLOR says yes,
 * else a terminal that a moving display would suit.
 */
export function wantsColor(flag: boolean, env: Environment, isTTY: boolean): boolean {
  if (!flag || (env["NO_COLOR"] ?? "") !== "") return false;
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  return suitsMotion(env, isTTY);
}

function isCI(env: Environment): boolean {
  return !["", "0", "false"].includes(env["CI"] ?? "");
}

/**
 * GitHub Actions reads lines such as `::error::` and `##[group]` of a log as commands to itself. What steps print, and
 * names of things in it, must not give any: a space of no width takes them apart. Elsewhere texts stay as they are.
 */
export function commandFilter(env: Environment): (text: string) => string {
  if (!obeysCommands(env)) return text => text;
  return text => text.replace(/^(\s*):(?=:)/gm, "$1:\u200b").replaceAll("##[", "##\u200b[");
}

/** Whether lines such as `::error::...` are commands: on GitHub's runners. */
export function obeysCommands(env: Environment): boolean {
  return env["GITHUB_ACTIONS"] === "true";
}
