// Acknowledging the alerts of a case, after a look at them.

import { html, useState } from "../../vendor/preact.js";
import { post } from "../../lib/api.js";
import { language } from "../../lib/state.js";
import { saidOf, wordsOf } from "../../lib/words.js";
import { Dialog } from "../../parts/dialog.js";
import { Faults } from "../../parts/states.js";
import { Severity } from "../../parts/verdict.js";
import words from "../today.words.js";

const t = wordsOf(words);

// `onDone()`: after the alerts were acknowledged, those that were.
export function Acknowledge({ alerts, onClose, onDone }) {
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState(null);
  const [refused, setRefused] = useState([]);
  const send = async () => {
    setSending(true);
    setProblem(null);
    try {
      const answer = await post("/alerts/steps", { alert_ids: alerts.map((alert) => alert.alert_id), action: "acknowledge" });
      const not = answer.data.filter((each) => each.problem);
      onDone();
      if (not.length === 0) onClose();
      else setRefused(not);
    } catch (failed) {
      setProblem(failed);
    } finally {
      setSending(false);
    }
  };
  return html`<${Dialog} title=${t("acknowledge_title")} onClose=${onClose}>
    <div class="stacked">
      <p>${t("acknowledge_text")}</p>
      <ul class="to-take">${alerts.map((alert) => html`<li key=${alert.alert_id}><${Severity} severity=${alert.severity} /> ${saidOf(alert, "text") || saidOf(alert, "title")}</li>`)}</ul>
      ${problem && html`<div class="fault" role="alert"><${Faults} problem=${problem} /></div>`}
      ${refused.map(({ alert_id: number, problem: why }) => html`<p class="fault" role="alert" key=${number}>${t("refused", { reason: (language.value === "zh" && why.detail_zh) || why.detail || why.code })}</p>`)}
      <p><button type="button" class="primary" disabled=${sending} onClick=${send}>${sending ? t("taking") : t("acknowledge_do")}</button></p>
    </div>
  <//>`;
}
