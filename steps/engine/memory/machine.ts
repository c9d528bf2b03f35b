import { totalmem } from "node:os";
import process from "node:process";

/** Bytes of memory that this process may have: the machine's, or what its control group is allowed. */
export function memoryOfMachine(): number {
  const [limit, total] = [process.constrainedMemory(), totalmem()];
  // A control group without a limit reports 0, or an absurd number.
  return limit > 0 && limit < total ? limit : total;
}
