/**
 * Where artifacts of the built-in kinds state the step's metrics: `[output, JSON file in it, dotted path]` by kind and
 * metric. `vistas verify` holds records against these. Stands apart from the kinds, because it changes no result: it is
 * in no kind's key.
 */
export const statedMetrics: Readonly<
  Record<string, Readonly<Record<string, readonly [output: string, file: string, path: string]>>>
> = {
  "fetch-dataset": {
    "train.images": ["train", "data.json", "count"],
    "test.images": ["test", "data.json", "count"],
  },
  "sample-views": { anchors: ["views", "views.json", "anchors"] },
  "train-generator": {
    fd: ["model", "model.json", "recipe.frechetDistance.fd"],
    fdFloor: ["model", "model.json", "recipe.frechetDistance.floor"],
    fdTraining: ["model", "model.json", "recipe.frechetDistance.toTraining"],
    precision: ["model", "model.json", "recipe.precisionRecall.precision"],
    recall: ["model", "model.json", "recipe.precisionRecall.recall"],
  },
  "evaluate-probe": { ...scores(), features: inReport("features.width") },
  "evaluate-knn": { ...scores(), features: inReport("features.width") },
  "evaluate-classifier": scores(),
  compare: {
    ...interval("difference", "difference"),
    ...interval("generated", "arms.generated"),
    ...interval("real", "arms.real"),
    ...interval("random", "arms.random"),
    ...interval("raw", "arms.raw"),
    ...interval("gain", "gain"),
    ...interval("difference.test", "testImages"),
    "gain.min": ["table", "comparison.json", "gain.min"],
    n: ["table", "comparison.json", "difference.n"],
  },
};

type Places = Record<string, readonly [output: string, file: string, path: string]>;

function scores(): Places {
  return { accuracy: inReport("accuracy"), standardError: inReport("standardError") };
}

function inReport(path: string): Places[string] {
  return ["report", "report.json", path];
}

function interval(metric: string, path: string): Places {
  return {
    [metric]: ["table", "comparison.json", `${path}.mean`],
    [`${metric}.low`]: ["table", "comparison.json", `${path}.low`],
    [`${metric}.high`]: ["table", "comparison.json", `${path}.high`],
  };
}
