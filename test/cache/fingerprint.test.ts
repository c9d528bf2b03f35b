import { describe, expect, it } from "@jest/globals";
import { differenceText } from "../../runner/cache/difference-text.js";
import { differences } from "../../runner/cache/differences.js";
import { fingerprintKey } from "../../runner/cache/fingerprint.js";
import type { Fingerprint, FingerprintInput } from "../../runner/core/record.js";

const input = (role: string, digest: string, more: Partial<FingerprintInput> = {}): FingerprintInput => ({
  ...{ role, label: "", source: "artifact", path: "", type: "file", digest },
  ...more,
});

const base: Fingerprint = {
  kind: "sample-views",
  code: { "index.js": "c0", "run.js": "c1" },
  with: { sigma: 0.3, transform: { kind: "gaussian" } },
  inputs: [input("a", "d1"), input("b", "d2")],
  env: { LANG: "C" },
  numeric: "wasm 4.22.0 float32",
};

const python = { name: "python3", digest: "c", version: "python 3.11.7", packages: "numpy 1.26.4" };

describe("the key", () => {
  it("is pinned: a change of the scheme must be meant, since it forgets every result", () => {
    expect(fingerprintKey(base)).toBe("f7291ee6885f734589ec9eea8eb2bfc39f70fdedddd11be70d3894ab73efb33c");
    const command = {
      ...base,
      kind: "run",
      code: {},
      numeric: "",
      programs: [python, { name: "sort", digest: "d" }],
    };
    expect(fingerprintKey(command)).toBe("54814cb66e7d2a4c60850d6d958ac51f839e8a06c16a589fc9de7ac2458cbaa2");
  });

  const others: Record<string, Fingerprint> = {
    kind: { ...base, kind: "other" },
    "a module's digest": { ...base, code: { "index.js": "c0", "run.js": "c2" } },
    "a module more": { ...base, code: { ...base.code, "x.js": "c3" } },
    "an option": { ...base, with: { ...base.with, sigma: 0.5 } },
    "an option's type": { ...base, with: { ...base.with, sigma: "0.3" } },
    "an option less": { ...base, with: { sigma: 0.3 } },
    "swapped inputs": { ...base, inputs: [input("a", "d2"), input("b", "d1")] },
    "an input less": { ...base, inputs: [input("a", "d1")] },
    "an input's type": { ...base, inputs: [input("a", "d1", { type: "tree" }), input("b", "d2")] },
    "an input's label": { ...base, inputs: [input("a", "d1", { label: "seed=0" }), input("b", "d2")] },
    "an input's name": { ...base, inputs: [input("a", "d1", { path: "x.csv" }), input("b", "d2")] },
    "a variable's value": { ...base, env: { LANG: "de" } },
    "a variable unset": { ...base, env: { LANG: null } },
    "a variable empty": { ...base, env: { LANG: "" } },
    "a variable called unset": { ...base, env: { LANG: "unset" } },
    engine: { ...base, numeric: "cpu 4.22.0 float32" },
    "that there are programs": { ...base, programs: [] },
    "a program": { ...base, programs: [python] },
    "a program's content": { ...base, programs: [{ ...python, digest: "d" }] },
    "an interpreter's version": { ...base, programs: [{ ...python, version: "python 3.12.1" }] },
    "a package's version": { ...base, programs: [{ ...python, packages: "numpy 2.1.0" }] },
    "a program more": { ...base, programs: [python, { name: "sort", digest: "d" }] },
  };

  it.each(Object.keys(others))("changes with %s", name => {
    const other = others[name] ?? base;
    expect(fingerprintKey(other)).not.toBe(fingerprintKey(base));
    if (other.programs?.length !== 0) expect(differences(base, other).length).toBeGreaterThan(0);
  });

  it("differs for every two of them", () => {
    const keys = [base, ...Object.values(others)].map(fingerprintKey);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe("the difference of two fingerprints", () => {
  it("is empty for equal ones", () => {
    expect(differences(base, structuredClone(base))).toEqual([]);
  });

  it("names the parameter, old and new", () => {
    const now = { ...base, with: { sigma: 0.5, transform: { kind: "angular" } } };
    expect(differences(base, now).map(differenceText)).toEqual([
      "parameter with.sigma: 0.3 -> 0.5",
      'parameter with.transform.kind: "gaussian" -> "angular"',
    ]);
  });

  it("names programs, interpreters and packages", () => {
    const sort = { name: "sort", digest: "d" };
    const past = { ...base, programs: [python, sort, { name: "old", digest: "d" }] };
    const newer = {
      name: "python3",
      digest: "e",
      version: "python 3.12.1",
      packages: "numpy 2.1.0, scipy 1.11.1",
    };
    const now = { ...base, programs: [newer, { ...sort, digest: "e" }, { name: "jq", digest: "absent" }] };
    expect(differences(past, now).map(differenceText)).toEqual([
      "program jq added",
      "program old removed",
      "python 3.11.7 -> 3.12.1",
      "numpy 1.26.4 -> 2.1.0",
      "package scipy added 1.11.1",
      "program sort changed",
    ]);
  });

  it("names a file by its path and an artifact by its role", () => {
    const past = {
      ...base,
      inputs: [input("script", "d1", { source: "file", path: "./a.py" }), input("views", "d2")],
    };
    const now = {
      ...base,
      inputs: [input("script", "d9", { source: "file", path: "./a.py" }), input("views", "d3")],
    };
    expect(differences(past, now).map(differenceText)).toEqual([
      "file ./a.py changed",
      "input views changed",
    ]);
  });
});
