/** One thing that makes two keys differ. `before` or `after` is null where one side lacks it. */
export interface Difference {
  readonly what:
    | "kind"
    | "repeat"
    | "parameter"
    | "command"
    | "input"
    | "file"
    | "code"
    | "environment"
    | "engine"
    | "program"
    | "package";
  /** `with.sigma`, `inputs.views`, `./analyse.py`, a module, a variable. */
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
  /** In words, where `before` and `after` are not what people write: `changed`. */
  readonly detail?: string;
  /** Of what is installed: the environment, as the pipeline calls it. */
  readonly in?: string | undefined;
  /** The param of the pipeline that makes the difference, such as `params.sigma`, where that is known. */
  readonly param?: string;
  /** The param's own change, where it is a part of what changed. */
  readonly change?: readonly [before: string, after: string];
}
