import type { JsonObject } from "../../core/json.js";
import type { StepRecord, StepResult } from "../../core/record.js";
import { bytes, counted, duration, moment } from "../../ui/quantities.js";
import { placeText } from "../attachments.js";
import { type Markup, markup } from "../../core/markup.js";
import { flattenedText, type ReportModel, type StepSection } from "../model.js";
import { textMarkup } from "../prose.js";
import { badge, pairs, type Section, shortHash } from "./section.js";

/** Every step: why it ran, from what, with what, what it made; folded, for the one question that brings a reader here. */
export function stepsSection(model: ReportModel): Section {
  // A run of thousands must still open in a browser: those that failed come first for the places there are.
  let room = MOST_INSTANCES;
  const quota = new Map<StepSection, number>();
  const order = [...model.steps].sort(
    (a, b) => Number(b.outcome === "failed") - Number(a.outcome === "failed"),
  );
  for (const section of order) {
    const taken = Math.min(room, section.results.length);
    quota.set(section, taken);
    room -= taken;
  }
  const cards = model.steps.map((section, i) =>
    stepCard(model, section, `step-${i + 1}`, quota.get(section) ?? 0),
  );
  return { id: "steps", title: "Steps", body: markup`${cards}` };
}

const MOST_INSTANCES = 500;

function stepCard(model: ReportModel, section: StepSection, anchor: string, most: number): Markup {
  const { step, kind, outcome, results } = section;
  const failedFirst = [...results].sort(
    (a, b) => Number(b.step.outcome === "failed") - Number(a.step.outcome === "failed"),
  );
  const shown = failedFirst.slice(0, most);
  const [only] = results.length === 1 ? shown : [];
  const seconds = results.reduce((sum, { record }) => sum + (record?.seconds ?? 0), 0);
  return markup`<div class="card step" id="${anchor}"><header><h3>${step}</h3>${badge(outcome)}<span class="soft">${kind}</span>${
    results.length > 1 && markup`<span class="soft">${counted(results.length, "instance")}</span>`
  }${seconds > 0 && markup`<span class="soft">${duration(seconds)}</span>`}</header>${
    only === undefined
      ? shown.map(
          result =>
            markup`<details class="instance"><summary>${result.step.id} ${badge(result.step.outcome)} <span class="soft">${result.step.reason}</span></summary><div>${instanceBody(model, result)}</div></details>`,
        )
      : markup`<p class="soft">${only.step.reason}</p>${instanceBody(model, only)}`
  }${results.length > shown.length && markup`<p class="soft">${counted(results.length - shown.length, "more instance")} left out of this page.</p>`}</div>
`;
}

function instanceBody(model: ReportModel, { step, record, paths, variation }: StepResult): Markup {
  const texts = model.attachments.texts.filter(text => text.id === step.id);
  return markup`${step.error !== undefined && markup`<pre>${step.error}</pre>`}${
    variation !== undefined && markup`<p class="soft">${variation}</p>`
  }${
    record !== null && outputsTable(record, paths)
  }<details><summary>inputs, options and key</summary>${pairs([
    ...Object.entries(step.inputs).map(([role, ids]) => [`input ${role}`, ids.join(", ")] as const),
    ...(record === null ? [] : optionRows(record)),
    ...(step.key === null ? [] : [["key", shortHash(step.key)] as const]),
    ...(record === null ? [] : madeRows(record, step.id)),
  ])}</details>${texts.map(
    text => markup`<details><summary>${placeText(text)}</summary>${textMarkup(text)}</details>`,
  )}`;
}

function outputsTable({ outputs, outputNames }: StepRecord, paths: StepResult["paths"]): Markup {
  const rows = Object.entries(outputs).map(([name, { type, digest, bytes: size }]) => {
    const file = outputNames[name] ?? name;
    const kind = type === "tree" ? "folder" : "";
    const notes = [file === name ? "" : file, kind, paths[name] === undefined ? "gone" : ""].filter(
      note => note !== "",
    );
    return markup`<tr><td>${name} <span class="soft">${notes.join(", ")}</span></td><td class="number">${bytes(size)}</td><td>${shortHash(digest)}</td></tr>`;
  });
  return markup`<div class="scroll"><table class="data narrow"><thead><tr><th scope="col">output</th><th scope="col" class="number">size</th><th scope="col">sha256</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function optionRows({ fingerprint }: StepRecord): (readonly [string, string | Markup])[] {
  return [
    ...flattenedText(fingerprint.with),
    ...Object.entries(fingerprint.env).map(([name, value]) => [`env ${name}`, value ?? "(not set)"] as const),
    ...(fingerprint.secrets ?? []).map(name => [`secret ${name}`, "***"] as const),
    ...fingerprint.inputs.map(
      ({ role, label, path, digest }) =>
        [
          `digest ${role}${label === "" ? "" : ` [${label}]`}${path === "" ? "" : ` ${path}`}`,
          shortHash(digest),
        ] as const,
    ),
    ...(fingerprint.numeric === "" ? [] : [["engine", fingerprint.numeric] as const]),
    ...[...new Set((fingerprint.programs ?? []).flatMap(program => program.in ?? []))].map(
      place => ["environment", place] as const,
    ),
    ...(fingerprint.programs ?? []).flatMap(({ name, digest, version, packages = "" }) => [
      [`program ${name}`, version ?? shortHash(digest)] as const,
      ...(packages === "" ? [] : [[`packages of ${name}`, packages] as const]),
    ]),
  ];
}

function madeRows(record: StepRecord, id: string): (readonly [string, string])[] {
  const first = record.id === id ? "" : `, first as ${record.id}`;
  const environment: JsonObject = record.environment;
  return [
    ["made", `${moment(record.finished)} in ${duration(record.seconds)}${first}`],
    ...flattenedText(environment).map(([name, value]) => [`at ${name}`, value] as const),
  ];
}
