/** Case of secrets that came through in the forms that other programs write. */
import { readFileSync, readdirSync } from "node:fs";
import { expect, it } from "@jest/globals";
import { Project } from "../rig/project.js";

it("attack 12: Python's quote and urlencode, lower-case escapes, and base64 and xxd in lines", async () => {
  const p = new Project({
    "s.py": `
import base64, os, subprocess, sys, urllib.parse as u, re
t, l = os.environ["TOK"], os.environ["LONG"]
print("quote", u.quote(t)); print("form", u.urlencode({"t": t})); print("lower", re.sub("%..", lambda m: m.group().lower(), u.quote(t, safe="")))
print("base64", subprocess.run(["base64"], input=l.encode(), capture_output=True).stdout.decode())
print("xxd", "\\n".join(re.findall(".{1,60}", l.encode().hex())))
open(sys.argv[1], "w").write("x")
`,
    "p.yaml":
      'steps: { s: { run: [python3, "${{ inputs.s }}", "${{ outputs.o }}"], inputs: { s: ./s.py }, outputs: { o: o }, secrets: [TOK, LONG] } }',
  });
  const env = { TOK: "abc/def+ghi jkl mno", LONG: `github_pat_${"7".padStart(82, "0")}` };
  await p.run([], { env });
  const logs = p.path("artifacts", "logs");
  const [run = ""] = readdirSync(logs);
  expect(readFileSync(`${logs}/${run}/s.log`, "utf8")).toBe(
    "quote ***\nform t=***\nlower ***\nbase64 ***\n\nxxd ***\n",
  );
});
