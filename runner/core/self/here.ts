/** A file of the runner's own, compiled, by its path in `runner/`. The bundle of the command line leaves this module out. */
export function runnerFile(path: string): URL {
  return new URL(`../../${path}`, import.meta.url);
}
