// One step of many alerts at once: of those that allow it, each answering for itself.

import { html, useState } from "../vendor/preact.js";
import { post } from "../lib/api.js";
import { language } from "../lib/state.js";
import { saidOf, t as common, word, wordsOf } from "../lib/words.js";
import { allowedNow, StepDialog } from "./alert_steps.js";
import { Dialog } from "./dialog.js";
import { Count } from "./number.js";
import words from "./alert_bulk.words.js";

const t = wordsOf(words);
const STEPS = ["acknowledge", "verify", "close", "explain", "comment"];
const MOST_AT_ONCE = 200;

// A button for each step that some of `alerts` allow, with how many; `onTaken(answer)`: after it was sent.
export function BulkSteps({ alerts, onTaken }) {
  const [step, setStep] = useState(null);
  const fit = (action) => alerts.filter((each) => allowedNow(each.handling).includes(action)).map((each) => each.alert_id).slice(0, MOST_AT_ONCE);
  const steps = STEPS.filter((action) => fit(action).length > 0);
  const taken = (answer) => {
    setStep(null);
    onTaken(answer);
  };
  const numbers = step ? fit(step) : [];
  return html`${steps.map((action) => html`<button type="button" class="small" key=${action} onClick=${() => setStep(action)}>${word("step", action)} <${Count} value=${fit(action).length} /></button>`)}
    ${steps.length === 0 && html`<span class="note">${t("none")}</span>`}
    ${step && html`<${StepDialog} title=${t("title", { step: word("step", step) })} step=${step} send=${(body) => post("/alerts/steps", { ...body, alert_ids: numbers })} onDone=${taken} onClose=${() => setStep(null)}
      more=${html`<p>${t("text", { step: word("step", step) })}</p><p><strong>${t("count")} <${Count} value=${numbers.length} /> ${t("alerts")}</strong></p>`} />`}`;
}

// What became of it: how many were taken, and why others were not. `alerts`: those that were shown, for their names.
export function BulkDone({ answer, alerts, onClose }) {
  const names = Object.fromEntries(alerts.map((each) => [each.alert_id, saidOf(each, "subject_name") || each.subject]));
  const refused = answer.data.filter((each) => each.problem);
  return html`<${Dialog} title=${t("done")} onClose=${onClose}>
    <p role="status">✓ ${t("taken")} <${Count} value=${answer.taken} /> · ${t("refused")} <${Count} value=${answer.refused} /></p>
    ${refused.length > 0 && html`<ul class="faults">${refused.map((each) => html`<li key=${each.alert_id}>${names[each.alert_id] || each.alert_id}${t("colon")}${(language.value === "zh" && each.problem.detail_zh) || each.problem.detail}</li>`)}</ul>`}
    <p><button type="button" class="primary" onClick=${onClose}>${common("ok")}</button></p>
  <//>`;
}
