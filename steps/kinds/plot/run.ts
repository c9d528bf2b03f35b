import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Gathered, StepContext } from "../../../runner/step-api.js";
import { readMetric } from "../../evaluation/read-metric.js";
import { drawPlot } from "./draw.js";
import type { PlotOptions } from "./plot-options.js";
import { pointOf, pointsAlong, type Point, type Reading } from "./points.js";
import { csvTable, markdownTable } from "./figure-tables.js";

/** Reads the reports, takes means over repeats, and writes the figure and its numbers. */
export async function run(ctx: StepContext<PlotOptions>): Promise<void> {
  const { along, level, limit } = ctx.with;
  const curve = pointsAlong(along, await read(ctx, "curve"), level);
  const beyond = await mean(ctx, "limit", limit);
  const points = beyond === undefined ? curve : [...curve, beyond];
  const lines: Point[] = [];
  for (const role of ["real", "random", "raw"]) {
    const line = await mean(ctx, role, role);
    if (line !== undefined) lines.push(line);
  }
  const folder = ctx.outputs["figure"] ?? "";
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "figure.svg"), drawPlot({ ...ctx.with, points, limit: beyond, lines }));
  await writeFile(join(folder, "table.md"), markdownTable(ctx.with, points, lines));
  await writeFile(join(folder, "table.csv"), csvTable(points, lines));
  ctx.metric("points", points.length);
}

async function mean(ctx: StepContext<PlotOptions>, role: string, name: string): Promise<Point | undefined> {
  const readings = await read(ctx, role);
  const values = readings.filter(reading => reading.sameAs === undefined).map(reading => reading.value);
  return values.length === 0 ? undefined : pointOf(name, values, ctx.with.level);
}

/** A gathered role has one report an instance; any other has one. */
async function read(ctx: StepContext<PlotOptions>, role: string): Promise<Reading[]> {
  const path = ctx.inputs[role];
  const instances: readonly Gathered[] =
    ctx.gathered[role] ?? (path === undefined ? [] : [{ labels: {}, path }]);
  return Promise.all(
    instances.map(async ({ labels, path: report, sameAs }) => {
      const name = `${role}[${Object.values(labels).join(",")}]`;
      const value = await readMetric(report, ctx.with.metric, name);
      return { labels, value, ...(sameAs !== undefined && { sameAs }) };
    }),
  );
}
