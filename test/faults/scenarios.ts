import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { Checkout } from "../../runner/store/checkout/checkout.js";
import { gc } from "../../runner/store/gc/gc.js";
import type { Store } from "../../runner/store/store.js";
import type { Laboratory } from "./laboratory.js";
import { allText, scripted } from "./programs.js";

/** Something that vistas does with its store, to be disturbed at each of its operations. */
export interface Scenario {
  readonly name: string;
  /** Fills the store with what the scenario must not harm; undisturbed. */
  prepare(lab: Laboratory): Promise<void>;
  /** Runs but the newest may be gone then, or have lost what they had; never the newest. */
  readonly forgets?: boolean;
  /** Harms it before the scenario begins: what was there may be missing then, but never wrong. */
  damage?(lab: Laboratory): void;
  /** Under faults; and once more, undisturbed, on what they have left. */
  act(lab: Laboratory, store: Store): Promise<void>;
  /** What is wrong after `act` has come to its end, if anything. */
  wrong?(lab: Laboratory): string | undefined;
}

export const scenarios: readonly Scenario[] = [
  {
    name: "recording steps, a part and a run in a new store",
    prepare: () => Promise.resolve(),
    act: async (lab, store) => done(await lab.run(store)),
  },
  {
    name: "recording beside what is there",
    prepare: async lab => done(await lab.run(lab.store(), { word: "before" })),
    act: async (lab, store) => done(await lab.run(store)),
  },
  {
    name: "finding damage and making anew",
    prepare: async lab => done(await lab.run(lab.store())),
    damage,
    act: async (lab, store) => done(await lab.run(store)),
  },
  {
    name: "a step that comes to other bytes",
    prepare: async lab => done(await lab.run(lab.store())),
    act: async (lab, store) => done(await lab.run(store, { forced: true, executor: scripted(" and more") })),
  },
  {
    name: "checking an artifact out",
    prepare: async lab => done(await lab.run(lab.store())),
    act: checkOut,
    wrong: lab => {
      // What a killed checkout leaves goes when its process is gone; here that goes on.
      for (const name of readdirSync(lab.out))
        if (name.includes(OWN)) rmSync(join(lab.out, name), { recursive: true });
      return allText(lab.out) === EXPECTED_OUT ? undefined : `checked out: ${allText(lab.out)}`;
    },
  },
  {
    name: "collecting garbage",
    forgets: true,
    prepare: async lab => {
      done(await lab.run(lab.store(), { word: "before" }));
      done(await lab.run(lab.store(), { word: "before", forced: true, executor: scripted(" and more") }));
      // What was made in the very millisecond in which the newest run began might be that run's.
      lab.tick();
      done(await lab.run(lab.store()));
    },
    damage: leaveBehind,
    act: async (lab, store) => {
      lab.tick();
      await gc(store, { keepLast: 1, keep: new Set(), locked: new Set() });
    },
    wrong: lab => {
      const left = ["past", "runs", "parts", "trees", "logs"].map(area => filesIn(lab.root, area).length);
      const objects = filesIn(lab.root, "objects");
      return left.join() === "0,1,1,3,0" && objects.length === 6
        ? undefined
        : `left: ${left.join()}, ${objects.join()}`;
    },
  },
];

const EXPECTED_OUT = "o:empty:sub:b:b\ndeep:a:one\ntool:#!/bin/sh\n";

function done({ outcome, steps }: { outcome: string; steps: readonly { error?: string }[] }): void {
  if (outcome !== "done") throw new StepsFailed(steps.flatMap(({ error }) => error ?? []));
}

/** The run came to its end and says that steps failed, each in these words. */
export class StepsFailed extends Error {
  override readonly name = "StepsFailed";
  constructor(readonly errors: readonly string[]) {
    super(errors.join("\n"));
  }
}

/** One object with other bytes, one folder with a file less. */
function damage(lab: Laboratory): void {
  const [tree = ""] = pathsIn(join(lab.root, "trees"), 2);
  rmSync(join(tree, "sub"), { recursive: true });
  const object = pathsIn(join(lab.root, "objects"), 2).find(
    path => !path.endsWith(".tree") && !path.endsWith(".x"),
  );
  chmodSync(object ?? "", 0o644);
  writeFileSync(object ?? "", "no longer what it was\n");
}

/** What a run that was killed may leave: an object that no record names, a folder without its manifest, a torn write. */
function leaveBehind(lab: Laboratory): void {
  const name = "00".repeat(32);
  for (const path of [`objects/00/${name}`, `objects/00/${name}.0-1.tmp`, `trees/00/${name}/file`]) {
    mkdirSync(dirname(join(lab.root, path)), { recursive: true });
    writeFileSync(join(lab.root, path), "left behind\n");
  }
}

/** In the names of this process's temporary files. */
const OWN = `.${process.pid}-`;

/** Names of files; without those that this process writes or wrote, which a killed one would have left to be removed. */
function filesIn(root: string, area: string): string[] {
  const folder = join(root, area);
  if (!existsSync(folder)) return [];
  const found = readdirSync(folder, { recursive: true, withFileTypes: true });
  return found
    .filter(entry => entry.isFile() && !join(entry.parentPath, entry.name).includes(OWN))
    .map(entry => entry.name);
}

function pathsIn(folder: string, depth: number): string[] {
  const paths = readdirSync(folder)
    .sort()
    .map(name => join(folder, name));
  return depth === 1 ? paths : paths.flatMap(path => pathsIn(path, depth - 1));
}

async function checkOut(lab: Laboratory, store: Store): Promise<void> {
  const [id = ""] = store.runs.ids();
  const step = store.runs.get(id)?.steps.find(({ step: name }) => name === "tree");
  const ref = store.records.of(step?.key ?? "", step?.result)?.outputs["t"];
  if (ref === undefined || (await store.objects.heal(ref)) !== "whole")
    throw new Error("nothing to check out");
  const checkout = new Checkout(store);
  const artifact = { ref, from: store.objects.path(ref) };
  await checkout.bring(await checkout.compare({ to: join(lab.out, "o"), artifact }));
}
