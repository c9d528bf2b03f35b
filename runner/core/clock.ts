import { randomBytes } from "node:crypto";

/** The only file that reads the clock or draws real randomness; everything else is given what it needs. */
export interface Clock {
  now(): Date;
  /** Seconds on a clock that never steps back. */
  seconds(): number;
  /** `bytes` random bytes in hex. */
  token(bytes: number): string;
}

export const systemClock: Clock = {
  now: () => new Date(),
  seconds: () => performance.now() / 1000,
  token: bytes => randomBytes(bytes).toString("hex"),
};
