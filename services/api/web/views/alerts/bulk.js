// One step of many alerts: those of the chosen cases that allow it.

import { html, useState } from "../../vendor/preact.js";
import { may, post } from "../../lib/api.js";
import { language } from "../../lib/state.js";
import { saidOf, t as common, word, wordsOf } from "../../lib/words.js";
import { allowedNow, StepDialog } from "../../parts/alert_steps.js";
import { Dialog } from "../../parts/dialog.js";
import { Count } from "../../parts/number.js";
import words from "../alerts.words.js";

const t = wordsOf(words);
const STEPS = ["acknowledge", "verify", "close", "explain", "comment"];
const MOST_AT_ONCE = 200;

export function BulkBar({ rows, picked, setPicked, onChanged }) {
  const [step, setStep] = useState(null);
  const [done, setDone] = useState(null);
  if (!may("explain") || (picked.size === 0 && done === null)) return "";
  const alerts = rows.filter((each) => picked.has(each.subject)).flatMap((each) => each.alerts);
  const fit = (action) => alerts.filter((each) => allowedNow(each.handling).includes(action)).map((each) => each.alert_id).slice(0, MOST_AT_ONCE);
  const steps = STEPS.filter((action) => fit(action).length > 0);
  const taken = (answer) => {
    setStep(null);
    setDone(answer);
    setPicked(new Set());
    onChanged();
  };
  const numbers = step ? fit(step) : [];
  return html`<div class="bulk" role="group" aria-label=${t("bulk")}>
    ${picked.size > 0 && html`<span>${t("chosen")} <${Count} value=${picked.size} /> ${t("chosen_cases")}</span>
      ${steps.map((action) => html`<button type="button" class="small" key=${action} onClick=${() => setStep(action)}>${word("step", action)} <${Count} value=${fit(action).length} /></button>`)}
      ${steps.length === 0 && html`<span class="note">${t("bulk_none")}</span>`}
      <button type="button" class="small plain" onClick=${() => setPicked(new Set())}>${t("clear_choice")}</button>`}
    ${step && html`<${StepDialog} title=${t("bulk_title", { step: word("step", step) })} step=${step} send=${(body) => post("/alerts/steps", { ...body, alert_ids: numbers })} onDone=${taken} onClose=${() => setStep(null)}
      more=${html`<p>${t("bulk_text", { step: word("step", step) })}</p><p><strong>${t("bulk_count")} <${Count} value=${numbers.length} /> ${t("bulk_alerts")}</strong></p>`} />`}
    ${done && html`<${Done} answer=${done} rows=${rows} onClose=${() => setDone(null)} />`}
  </div>`;
}

function Done({ answer, rows, onClose }) {
  const names = Object.fromEntries(rows.flatMap((each) => each.alerts).map((each) => [each.alert_id, saidOf(each, "subject_name") || each.subject]));
  const refused = answer.data.filter((each) => each.problem);
  return html`<${Dialog} title=${t("done")} onClose=${onClose}>
    <p role="status">✓ ${t("done_taken")} <${Count} value=${answer.taken} /> · ${t("done_refused")} <${Count} value=${answer.refused} /></p>
    ${refused.length > 0 && html`<ul class="faults">${refused.map((each) => html`<li key=${each.alert_id}>${names[each.alert_id] || each.alert_id}：${(language.value === "zh" && each.problem.detail_zh) || each.problem.detail}</li>`)}</ul>`}
    <p><button type="button" class="primary" onClick=${onClose}>${common("ok")}</button></p>
  <//>`;
}
