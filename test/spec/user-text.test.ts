import { execFileSync } from "node:child_process";
import { readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { UsageError } from "../../runner/core/diagnostic.js";
import { readUserFile } from "../../runner/pipeline/document/user-text.js";
import { folderOf, mistakes } from "./support.js";

const folder = folderOf({ "p.yaml": "steps: { a: { run: [x] } }\n", "big.yaml": "", "sub/q.yaml": "" });
const outside = folderOf({
  "secret.yaml": "aws_secret_access_key: TOPSECRET\nsteps: { a: { run: [TOPSECRET, 1: 2] } }\nTOPSECRET\n",
  "params.yaml": "TOPSECRET: 1\n",
});
afterAll(() => {
  folder.remove();
  outside.remove();
});
execFileSync("mkfifo", [join(folder.path, "pipe.yaml")]);
symlinkSync("/dev/zero", join(folder.path, "zero.yaml"));
symlinkSync("none.yaml", join(folder.path, "dangling.yaml"));
symlinkSync("circle.yaml", join(folder.path, "circle.yaml"));
truncateSync(join(folder.path, "big.yaml"), 2 ** 40);

const refusal = (file: string): string => {
  try {
    readUserFile(file, folder.path, 2 ** 20);
  } catch (error) {
    if (error instanceof UsageError) return `${error.diagnostics[0]?.code ?? ""}: ${error.message}`;
    throw error;
  }
  return "";
};

describe("a file that the user names", () => {
  it.each([
    ["none.yaml", "no-such-file: `none.yaml` does not exist"],
    ["dangling.yaml", "no-such-file: `dangling.yaml` does not exist"],
    [
      "p.yaml/x.yaml",
      "no-such-file: `p.yaml/x.yaml` does not exist: what stands before the last `/` is not a folder",
    ],
    ["circle.yaml", "no-such-file: `circle.yaml` is a link that leads in a circle"],
    ["sub", "no-such-file: `sub` is a folder"],
    ["pipe.yaml", "no-such-file: `pipe.yaml` is a device or a pipe, not a file"],
    ["zero.yaml", "no-such-file: `zero.yaml` is a device or a pipe, not a file"],
    ["/dev/zero", "no-such-file: `/dev/zero` is a device or a pipe, not a file"],
    ["big.yaml", "too-large: `big.yaml` is larger than 1 MiB"],
  ])("is refused at once: %s", (file, words) => {
    expect(refusal(file)).toBe(words);
  });

  it("is read whole, also where its size is not known before", () => {
    expect(readUserFile("p.yaml", folder.path, 2 ** 20).toString()).toBe("steps: { a: { run: [x] } }\n");
    const { length } = readUserFile("/proc/self/mountinfo", "/", 2 ** 20);
    expect(length).toBeGreaterThan(0);
  });
});

describe("a link out of the project folder", () => {
  it.each([
    ["the pipeline", "link.yaml", "secret.yaml", []],
    ["a params file", "params-link.yaml", "params.yaml", ["params-link.yaml"]],
  ] as const)("is never quoted: %s", async (_what, name, target, paramsFiles) => {
    const real = join(outside.path, target);
    symlinkSync(real, join(folder.path, name));
    const file = paramsFiles.length > 0 ? "p.yaml" : name;
    const error: unknown = await mistakes(undefined, { cwd: folder.path, file, paramsFiles });
    const found = error as Awaited<ReturnType<typeof mistakes>>;
    expect(JSON.stringify(found)).not.toContain("TOPSECRET");
    expect(found.map(({ file: of, hint }) => [of, hint])).toEqual([
      [name, `look at the file itself, \`${real}\``],
    ]);
  });

  it("is quoted when it stays inside, and when the call names the file itself", async () => {
    writeFileSync(join(folder.path, "sub", "q.yaml"), "stepps: {}\n");
    symlinkSync("sub/q.yaml", join(folder.path, "inner.yaml"));
    const [inner] = await mistakes(undefined, { cwd: folder.path, file: "inner.yaml" });
    expect(inner?.range).toBeDefined();
    const file = join(outside.path, "secret.yaml");
    const [direct] = await mistakes(undefined, { cwd: folder.path, file });
    expect(direct?.range?.start.line).toBeGreaterThan(0);
    expect(readFileSync(file, "utf8")).toContain("TOPSECRET");
  });
});
