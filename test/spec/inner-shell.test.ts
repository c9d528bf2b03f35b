import { describe, expect, it } from "@jest/globals";
import { findScript, readAgain } from "../../runner/pipeline/shell/inner-shell.js";
import { brief, mistakes } from "./support.js";

describe("the script of a list of words", () => {
  it.each([
    [["bash", "-c", "S", "x"], 2],
    [["/bin/sh", "-ec", "S"], 2],
    [["zsh", "-lc", "S"], 2],
    [["bash", "-euo", "pipefail", "-c", "S"], 4],
    [["dash", "-o", "pipefail", "-c", "--", "S"], 5],
    [["bash", "-c", "-e", "S"], 3],
    [["env", "A=1", "ksh", "-c", "S"], 4],
    [["bash", "--rcfile", "x", "-c", "S"], 4],
  ])("%j", (words, index) => {
    expect(findScript(words)).toEqual({ index, safe: true });
  });

  it.each([
    [["python3", "-c", "S"]],
    [["bash", "a.sh", "-c", "x"]],
    [["sh", "-e", "a.sh"]],
    [["bash", "-c"]],
  ])("is none of %j", words => {
    expect(findScript(words)).toBeUndefined();
  });

  it("is of a shell that quotes otherwise", () => {
    expect(findScript(["fish", "-c", "S"])).toEqual({ index: 2, safe: false });
    expect(findScript(["pwsh", "-NoProfile", "-Command", "S"])).toEqual({ index: 3, safe: false });
  });
});

describe("a value that is read again", () => {
  it.each([
    ["bash -c '", "single"],
    ['echo a; /bin/sh -ec "echo ', "double"],
    ["env X=1 bash -eu -o pipefail -c 'a b ", "single"],
    ["sh -c ", "none"],
    ["eval ", "none"],
    ["x && eval 'echo ", "single"],
  ] as const)("after %s", (before, quote) => {
    expect(readAgain(before, quote)).toBeDefined();
  });

  it.each([
    ["sh -c 'echo \"$1\"' sh ", "none"],
    ["python3 -c '", "single"],
    ["echo '", "single"],
    ["medieval ", "none"],
    ["bash a.sh ", "none"],
  ] as const)("not after %s", (before, quote) => {
    expect(readAgain(before, quote)).toBeUndefined();
  });

  it("is a mistake at its place", async () => {
    const text = (run: string): string => `params: { x: a }\nsteps:\n  a:\n    run: ${run}\n`;
    const found = async (run: string) => (await mistakes(text(run))).map(brief);
    expect(await found("bash -c 'echo ${{ params.x }}'")).toEqual(["unsafe-shell 4:24"]);
    expect(await found('[fish, -c, "echo ${{ params.x }}"]')).toEqual(["unsafe-shell 4:27"]);
  });
});
