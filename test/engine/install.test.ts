import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { installEngine, type InstallWatcher } from "../../steps/engine/install/index.js";
import { RECIPES, tensorflow } from "../../steps/engine/install/recipes.js";
import { requireGlibc, wheelFor } from "../../steps/engine/install/wheels.js";
import { engineFolder } from "../../steps/engine/places.js";
import { fakePrograms } from "../rig/programs.js";
import { testOrSkip } from "../rig/skip.js";
import { tempFolder } from "../rig/temp.js";

const { signal } = new AbortController();
const silent: InstallWatcher = { stage: () => undefined, progress: () => undefined };

describe("doctor --install tensorflow", () => {
  let engines = "";
  const before = process.env["VISTAS_ENGINES"];
  beforeEach(() => {
    engines = tempFolder();
    process.env["VISTAS_ENGINES"] = engines;
  });
  afterEach(() => {
    if (before === undefined) delete process.env["VISTAS_ENGINES"];
    else process.env["VISTAS_ENGINES"] = before;
  });

  /** What `pip download --dest FOLDER` brings; nothing else of a machine is real. */
  const WHEEL = "no wheel at all";
  const machine = {
    npm: "exit 0",
    python3: `while [ $# -gt 0 ]; do [ "$1" = --dest ] && /usr/bin/printf '${WHEEL}' > "$2/t.whl"; shift; done`,
    "c++": "exit 0",
  };
  const wheel = {
    ...{ requirement: "t==1", platform: "p", python: "312", bytes: WHEEL.length },
    sha256: createHash("sha256").update(WHEEL).digest("hex"),
  };
  async function failure(programs: Record<string, string>, over: Partial<typeof wheel> = {}): Promise<Error> {
    fakePrograms(programs, true);
    const recipes = { ...RECIPES, tensorflow: () => tensorflow({ ...wheel, ...over }) };
    const thrown: unknown = await installEngine("tensorflow", silent, signal, recipes).catch(
      (error: unknown) => error,
    );
    // Nothing half-installed is left, whatever went wrong.
    expect(readdirSync(engines)).toEqual([]);
    expect(thrown).toMatchObject({ name: "InstallFault" });
    return thrown as Error;
  }
  const without = (name: keyof typeof machine): Record<string, string> =>
    Object.fromEntries(Object.entries(machine).filter(([other]) => other !== name));

  it("says which program is missing, before anything is downloaded", async () => {
    expect((await failure(without("npm"))).message).toMatch(/npm was not found/);
    expect((await failure(without("python3"))).message).toMatch(/Python was not found/);
    const noPip = { ...machine, python3: '[ "$1" != -m ]' };
    expect((await failure(noPip)).message).toMatch(/Python has no pip/);
    expect((await failure(without("c++"))).message).toMatch(/no C\+\+ compiler.*CXX/s);
  });

  it("gives the last words of a program that fails", async () => {
    const broken = { ...machine, npm: '[ "$1" = --version ] || { echo "registry: no route"; exit 7; }' };
    expect((await failure(broken)).message).toMatch(/npm install.*ended with 7:\nregistry: no route/s);
  });

  it("uses nothing of a wheel with another checksum", async () => {
    expect((await failure(machine, { sha256: "0".repeat(64) })).message).toMatch(
      /sha256 is [0-9a-f]{64}, not 0{64}/,
    );
  });

  it("refuses systems that there is no library for", () => {
    expect(() => wheelFor("win32", "x64")).toThrow(/linux-x64.*win32-x64/s);
    expect(() => requireGlibc({ header: {} })).toThrow(/glibc/);
    expect(wheelFor("linux", "arm64").sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it("clears away what a killed installation left", async () => {
    const dead = join(engines, `.partial-${hostname()}-999999999`);
    mkdirSync(dead);
    writeFileSync(join(dead, "half"), "");
    await failure(without("npm"));
    expect(existsSync(dead)).toBe(false);
  });

  const asked = process.env["VISTAS_TEST_INSTALL"] === "1";
  testOrSkip(
    "builds a binding that computes rightly, once",
    asked ? undefined : "downloads 0.5 GB: VISTAS_TEST_INSTALL=1 runs it where package indexes are reached",
    async () => {
      const titles: string[] = [];
      const watcher = { ...silent, stage: (_: number, __: number, title: string) => void titles.push(title) };
      const first = await installEngine("tensorflow", watcher, signal);
      expect(first).toMatchObject({
        fresh: true,
        folder: engineFolder("tensorflow"),
        engine: { available: true },
      });
      expect(titles).toHaveLength(6);
      const second = await installEngine("tensorflow", watcher, signal);
      expect(second).toMatchObject({ fresh: false, engine: { available: true } });
      expect(readdirSync(engines)).toHaveLength(1);
    },
    600_000,
  );
});
