import { afterAll } from "@jest/globals";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A new empty folder, removed when the test file that imported this is done. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "vistas-test-"));
  folders.push(folder);
  return folder;
}

/**
 * The same on a disk in memory where there is one: for tests that write very many small files and do not ask
 * whether they would outlive a power failure.
 */
export function memoryFolder(): string {
  const disk = "/dev/shm";
  if (!existsSync(disk)) return tempFolder();
  const folder = mkdtempSync(join(disk, "vistas-test-"));
  folders.push(folder);
  return folder;
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
