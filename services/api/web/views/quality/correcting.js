// Correcting, accepting or supplying a reading: what counts, what is to count, why.

import { html, useState } from "../../vendor/preact.js";
import { post } from "../../lib/api.js";
import { timeText } from "../../lib/time.js";
import { word, wordsOf } from "../../lib/words.js";
import { Dialog } from "../../parts/dialog.js";
import { Quantity } from "../../parts/number.js";
import { Failure } from "../../parts/states.js";
import words from "../quality.words.js";

const t = wordsOf(words);

// `action`: correct, accept or supply; `row`: the reading, null where one is supplied.
export function Correcting({ action, row, meter, day, onClose, onDone }) {
  const kinds = action === "supply" ? ["supply"] : row && row.correction ? ["replace", "withdraw", "revoke"] : ["replace", "withdraw"];
  const usable = row && row.value === null ? ["revoke"] : kinds;
  const [kind, setKind] = useState(usable[0]);
  const [problem, setProblem] = useState(null);
  const [said, setSaid] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    const fields = event.target.elements;
    const reason = fields.reason.value.trim();
    setBusy(true);
    setProblem(null);
    try {
      const answer = action === "accept"
        ? await post(`/meters/${meter}/acceptances`, { ts: row.ts, reason })
        : await post(`/meters/${meter}/corrections`, {
            ts: row ? row.ts : `${day}T${fields.at.value}:00+08:00`,
            kind,
            ...(fields.value ? { value: Number(fields.value.value) } : {}),
            // What one saw must still be so: else somebody else was here meanwhile.
            ...(row ? { expected_value: row.counting_value } : {}),
            reason,
          });
      setSaid(answer && answer.proposal_id ? t("proposed", { number: answer.proposal_id }) : t("done"));
      onDone();
    } catch (failed) {
      setProblem(failed);
    }
    setBusy(false);
  };
  const title = t({ accept: "accept_title", supply: "supply", correct: "correct_title" }[action]);
  if (said) return html`<${Dialog} title=${title} onClose=${onClose}><p role="status">✓ ${said}</p><p><button type="button" class="primary" onClick=${onClose}>${t("close")}</button></p><//>`;
  return html`<${Dialog} title=${title} onClose=${onClose}>
    <form class="stacked" onSubmit=${submit}>
      ${row && html`<p>${timeText(row.ts)} · ${t("now_counts")} ${row.counting_value === null ? t("nothing_counts") : html`<${Quantity} value=${row.counting_value} unit="" />`}${row.quality !== "good" && ` · ${word("mark", row.quality)}`}</p>`}
      <p class="note">${t(action === "accept" ? "accept_text" : "correct_text")}</p>
      ${action === "supply" && html`<label>${t("at")} ${day} <input name="at" type="time" required /></label>`}
      ${action === "correct" && html`<div role="group" aria-label=${t("kind")}>${usable.map((each) => html`<button type="button" class="chip" key=${each} aria-pressed=${kind === each} onClick=${() => setKind(each)}>${word("correction", each)}</button>`)}</div>`}
      ${action !== "accept" && ["replace", "supply"].includes(kind) && html`<label>${t("new_value")} <input name="value" type="number" step="any" required /></label>`}
      <label>${t("reason")} <textarea name="reason" rows="3" required minlength="2" maxlength="1000" placeholder=${t("reason_hint")}></textarea></label>
      ${problem && html`<${Failure} problem=${problem} />`}
      <p class="toolbar"><button type="submit" class="primary" disabled=${busy}>${t(action === "accept" ? "accept" : "save")}</button><button type="button" onClick=${onClose}>${t("cancel")}</button></p>
    </form>
  <//>`;
}
