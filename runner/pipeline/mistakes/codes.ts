/**
 * Every code that a diagnostic of the pipeline language can carry, with the rule it stands for. Codes are stable:
 * scripts and tests may rely on them; messages may change.
 */
export const codes = {
  // The file
  "no-such-file": "A pipeline, params file or lock cannot be read.",
  "too-large": "A file, or what its aliases and expressions unfold to, is larger than 16 MiB.",
  "not-utf8": "The file is not UTF-8 text.",
  "control-character":
    "A character that YAML does not allow, or a NUL or half of a surrogate pair in a text.",
  // YAML
  "yaml-syntax": "The text is not YAML 1.2.",
  tab: "YAML is indented with spaces; a tab stands where indentation is expected.",
  "too-deep": "Values are nested deeper than 100 levels.",
  "multiple-documents": "A pipeline file holds one YAML document.",
  "empty-file": "The file holds nothing, or comments only.",
  "duplicate-key": "A mapping holds the same key twice.",
  "bad-key": "A key is not text, or is `__proto__`.",
  "merge-key": "Merge keys (`<<`) are YAML 1.1; share values through `params:` or a plain alias.",
  "unknown-alias": "An alias (`*name`) has no anchor (`&name`) before it, or stands inside its own anchor.",
  "alias-bomb": "The aliases unfold to more than 16 MiB.",
  "custom-tag": "Tags such as `!env` or `!!binary` have no meaning in a pipeline.",
  "bad-number": "An integer beyond 2^53, or a number that is not finite.",
  // Structure
  "unknown-key": "A key that means nothing here.",
  "missing-key": "A key that must be there is not.",
  "misplaced-key": "A key that belongs to the other kind of step.",
  "wrong-type": "A value of the wrong type.",
  "not-deterministic": "A step with `deterministic: true` would get an engine that does not promise it.",
  "wrong-value": "A value of the right type that is not allowed.",
  "bad-name": "A name of a step, role, output, axis or variable that cannot be one.",
  // Templates
  "unknown-template": "`extends:` names a template that the pipeline does not have.",
  "template-cycle": "Templates extend each other in a circle.",
  "block-cycle": "A pipeline uses itself as a step, directly or through others.",
  "unused-template": "No step extends this template, so that nothing checks it (a warning).",
  // Import
  "not-carried": "Something of another tool's file that a pipeline has no word for (a warning).",
  // Params
  "unknown-param": "`--set` or a params file names a param that the pipeline does not declare.",
  "param-type": "An override would turn a value into a list or mapping, or the reverse.",
  "param-cycle": "Params refer to each other in a circle.",
  "unused-param": "Nothing reads this param (a warning).",
  "bad-set": "A `--set` that is not `name=value`.",
  // Expressions
  "bad-expression": "An expression that is not a path such as `params.name`.",
  "unknown-name": "An expression reads something that does not exist.",
  "misplaced-expression": "An expression reads something that cannot be read at this place.",
  "not-text": "A list, a mapping or nothing stands where text is made.",
  "unsafe-shell": "An expression stands where no quoting can make it safe in a shell script.",
  "unset-variable": "An expression reads an environment variable that is not set.",
  // Steps
  "unknown-kind": "`uses:` names a step kind that does not exist.",
  "unknown-role": "The step kind has no input of this name.",
  "missing-input": "The step kind needs an input that is not given.",
  "unknown-step": "An input names a step that does not exist.",
  "unknown-output": "An input names an output that the step does not have.",
  "artifact-type": "An input is given an artifact of a type that the role does not accept.",
  "ambiguous-output": "An input names a step of several outputs without saying which.",
  "missing-file": "An input file or folder of the user's does not exist.",
  "input-holds-store": "An input folder holds the store, which changes while steps run.",
  "missing-program":
    "A program of a `run:` step is not on its PATH, or is a file that is not there or may not be executed (a warning where it is not certain).",
  "missing-environment": "An environment of `run:` steps, or the lock that it is built from, is not there.",
  "bad-environment": "An `environment:` that names none, several, or an image by its tag.",
  "missing-tool": "What builds or starts an environment (uv, npm, a container runtime) is not there.",
  "outside-project": "A relative path leads out of the project folder.",
  "unwritten-output": "No word of `run` mentions an output (a warning).",
  "bad-output": "An output's file name cannot be used.",
  "bad-file": "A file of `files:` cannot be written so, or under this name.",
  "bad-condition": "A `when:` cannot be read, or is neither true nor false.",
  "bad-duration": "A timeout that is not a length of time.",
  "bad-resource": "A resource that is not a count or a size.",
  cycle: "Steps need each other's results in a circle.",
  "missing-secret": "A step's secret is not set in the environment, or too short to be kept out of logs.",
  "secret-in-env": "A variable that looks like a secret is listed under `env:` (a warning).",
  // Axes
  "bad-axis": "The values of a matrix axis are not a list of distinct scalars that can be labels.",
  "axis-unused":
    "An axis of a step's own `matrix` that nothing in the step reads: its instances would be one result.",
  "axis-conflict": "Two sides of a step have the same axis with different values.",
  "bad-list": "A step made something else than the list that an axis of another step is to have.",
  unpaired:
    "Instances of an input have no partner among the step's other inputs, and are left out (a warning).",
  "unknown-axis": "`over:` or an expectation names an axis, or a place on one, that there is not.",
  "too-many-instances": "The matrix unfolds to more instances, or more gathered inputs, than can be handled.",
  // Expectations
  "bad-claim": "An expression of `expect:` cannot be read, or sets side by side what cannot be compared.",
  "ambiguous-metric": "An expected metric has several values, and nothing says how they become one.",
  // Plugins
  "missing-plugin": "A plugin's file does not exist.",
  "bad-plugin": "A plugin's module cannot be used as a step kind.",
  "duplicate-kind": "Two modules declare the same step kind.",
  // Selection
  "bad-selection": "A selection that is not `step`, `step+` or `step[axis=value]`.",
  "unknown-selection": "A selection that matches no step instance.",
} as const;

/** The same for mistakes of a call, which stand in no file. */
export const callCodes = {
  "bad-call": "A command was given words that it does not take, or too few.",
  "bad-option": "An option's value cannot be what it must be.",
  "missing-step": "The command needs a step.",
  "bad-root": "The store's folder cannot be one, or cannot be written to.",
  "bad-gpus": "`CUDA_VISIBLE_DEVICES` or `VISTAS_GPUS` cannot be read.",
  "newer-store": "A newer vistas has laid out the store.",
  "bad-env-file": "A line of a `.env` file is not `NAME=value`.",
  "impossible-resources": "A step asks for more than the machine has.",
  "unknown-run": "No run of the pipeline, or more than one, is called so.",
  "no-run": "The pipeline has no run yet, or not so many.",
  "no-result": "The step has no result yet.",
  "nothing-kept": "No failed attempt of the step has left anything.",
  "no-artifact": "The result's bytes are not in the store any more.",
  "no-lock": "The lock that was named does not exist.",
  "nothing-expected": "The pipeline has neither expectations nor a lock to be held against.",
  "would-overwrite": "Files that are there already would be lost.",
  "inside-store": "The place to write to lies in the store.",
  "merged-names": "The disk takes two names of the artifact for one.",
} as const;

export type Code = keyof typeof codes;
