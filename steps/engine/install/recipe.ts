import { UserFacingError } from "../../../runner/step-api.js";

/** What an installation is made of: stages that fill one folder, each of which may refuse with a reason. */
export interface Recipe {
  readonly stages: readonly Stage[];
  /** Whether the engine must work here for the installation to be kept: one for GPUs may be made where none is. */
  readonly mustWork: boolean;
}

export interface Stage {
  /** What is done, for the user: `download libtensorflow 2.18.1`. */
  readonly title: string;
  readonly run: (site: Site) => Promise<void>;
}

/** Where a recipe works. Everything in it is lost if a stage fails. */
export interface Site {
  /** What will be the engine's folder. */
  readonly folder: string;
  /** For what is needed on the way only; also the `TMPDIR` of programs. */
  readonly scratch: string;
  readonly signal: AbortSignal;
  /** Reports how far the stage is, in bytes. */
  progress(done: number, total: number): void;
}

/** Why an engine cannot be installed here, and what to do about it: a fact about the machine, not a fault of vistas. */
export class InstallFault extends UserFacingError {
  override readonly name = "InstallFault";

  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(`${message}. ${hint}`);
  }
}
