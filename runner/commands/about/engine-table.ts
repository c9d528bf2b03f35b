import { table } from "../../ui/table.js";
import type { EngineLine } from "../../workflow/tools.js";

/** Backends with what they are and how they do. */
export function engineTable(engines: readonly EngineLine[]): string {
  const rows = engines.map(engine =>
    engine.available
      ? [
          engine.backend,
          "yes",
          engine.gflops === undefined ? "" : String(Number(engine.gflops.toPrecision(2))),
          engine.determinism,
          engine.device,
          engine.version,
        ]
      : [engine.backend, "no"],
  );
  return table(["engine", "works", "GFLOP/s", "determinism", "device", "version"], rows);
}
