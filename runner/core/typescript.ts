import process from "node:process";

/** Whether this Node runs TypeScript as it stands, types being no more than white space to it: from 22.18 on. */
export const TYPESCRIPT = "typescript" in process.features && process.features.typescript !== false;

export function isTypeScript(path: string): boolean {
  return /\.[cm]?ts$/.test(path);
}
