import { moment } from "../../ui/quantities.js";
import { markup } from "../../core/markup.js";
import type { Revision } from "../../core/record.js";
import { flattenedText, type ReportModel } from "../model.js";
import { pairs, type Section } from "./section.js";

/** What it takes to know where these numbers come from: pipeline, parameters, machine. */
export function provenanceSection({ run }: ReportModel): Section {
  const params = flattenedText(run.params);
  const environment = flattenedText(run.environment);
  const body = markup`<div class="columns">
<div class="card"><h3>Run</h3>${pairs([
    ["run", run.id],
    ["pipeline", run.pipeline],
    ["file", run.file],
    ["started", moment(run.started)],
    ["finished", moment(run.finished)],
    ...(run.revision === undefined ? [] : ([["commit", revisionText(run.revision)]] as const)),
  ])}</div>
${params.length > 0 && markup`<div class="card"><h3>Parameters</h3>${pairs(params)}</div>`}
${environment.length > 0 && markup`<div class="card"><h3>Environment</h3>${pairs(environment)}</div>`}
</div>
<p class="soft">A step's key is a hash of its code, options, the digests of its inputs, declared environment and engine; equal keys mean equal results, and a result with a known key was reused. Digests are SHA-256 of a file's bytes, or of a folder's listing.</p>`;
  return { id: "provenance", title: "Provenance", body };
}

function revisionText({ commit, dirty }: Revision): string {
  return dirty ? `${commit}, and changes of tracked files` : commit;
}
