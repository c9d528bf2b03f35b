/** A thread that copies the batches of files that it is sent: see `copyFiles`. */
import { systemDisk } from "../disk.js";
import { answering } from "../thread.js";
import { SmallCopier, type SmallCopy } from "./copies.js";

const copier = new SmallCopier(systemDisk);
answering((copies: readonly SmallCopy[]): undefined => {
  for (const copy of copies) copier.copy(copy);
});
