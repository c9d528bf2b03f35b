import { dirname, resolve } from "node:path";
import type { Diagnostic } from "../core/diagnostic.js";
import { isMapping } from "../core/spelled.js";
import { loadDocument } from "../pipeline/document/document.js";
import { decodeText, MAX_BYTES } from "../pipeline/document/file-text.js";
import { keyAt } from "../pipeline/document/place.js";
import { Problems } from "../pipeline/document/problems.js";
import { readUserFile } from "../pipeline/document/user-text.js";
import { code } from "../pipeline/mistakes/wording.js";
import { Links } from "./dvc-links.js";
import { Params } from "./dvc-params.js";
import { listOf, readStages } from "./stages.js";
import { StepWriter } from "./to-pipeline.js";
import { pipelineText } from "./pipeline-text.js";

export interface Imported {
  /** A pipeline, as YAML. */
  readonly text: string;
  readonly steps: number;
  /** What DVC has and the pipeline has not, each with its line in dvc.yaml. */
  readonly notCarried: readonly Diagnostic[];
  readonly texts: ReadonlyMap<string, string>;
}

/**
 * `dvc.yaml` (https://dvc.org/doc/user-guide/project-structure/dvcyaml-files) -> a pipeline. `foreach` and `matrix` become
 * axes, or steps of their own where others take single instances; tracked params become params. Throws a `UsageError` with
 * what DVC would not accept either. Reads params files; runs and writes nothing.
 */
export async function importDvc(file: string, cwd: string, name: string): Promise<Imported> {
  const text = decodeText(readUserFile(file, cwd, MAX_BYTES), file);
  const document = await loadDocument(text, file);
  const problems = new Problems(document);
  const { stages, vars, metrics, ...others } = document.written;
  if (!isMapping(stages)) problems.add("missing-key", "there are no `stages`", { path: ["stages"] });
  for (const key of Object.keys(others)) {
    const message = TOP_LEVEL[key] ?? `${code(key)} has no meaning here`;
    problems.add("not-carried", message, keyAt(key), { severity: "warning" });
  }
  const params = await Params.read(dirname(resolve(cwd, file)), listOf(vars), problems);
  const read = isMapping(stages) ? readStages(stages, params, problems) : [];
  await problems.throwIfAny();
  const links = new Links(read, problems);
  const listed = listOf(metrics).flatMap((path, i) =>
    typeof path === "string" ? [{ written: path, at: ["metrics", i] }] : [],
  );
  const steps = await new StepWriter(links, params, problems, listed).steps();
  await problems.throwIfAny();
  return {
    text: pipelineText(name, file, steps, params.values),
    steps: steps.length,
    notCarried: await problems.diagnostics("warning"),
    texts: new Map([[file, text]]),
  };
}

const TOP_LEVEL: Readonly<Record<string, string>> = {
  plots: "plots are kept as files: the report draws the curves of an output `metrics` that holds lists",
  params: "files of params that no stage reads are not in the pipeline",
  artifacts:
    "an artifact has no labels here: `vistas runs --name NAME=RUN` names a run, and keeps what it made",
  datasets: "data sets are inputs: a file or folder, or a step that fetches them",
};
