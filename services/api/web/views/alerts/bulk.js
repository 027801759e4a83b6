// One step of many alerts: those of the chosen cases that allow it.

import { html, useState } from "../../vendor/preact.js";
import { may } from "../../lib/api.js";
import { wordsOf } from "../../lib/words.js";
import { BulkDone, BulkSteps } from "../../parts/alert_bulk.js";
import { Count } from "../../parts/number.js";
import words from "../alerts.words.js";

const t = wordsOf(words);

export function BulkBar({ rows, picked, setPicked, onChanged }) {
  const [done, setDone] = useState(null);
  if (!may("explain") || (picked.size === 0 && done === null)) return "";
  const taken = (answer) => {
    setDone(answer);
    setPicked(new Set());
    onChanged();
  };
  return html`<div class="bulk" role="group" aria-label=${t("bulk")}>
    ${picked.size > 0 && html`<span>${t("chosen")} <${Count} value=${picked.size} /> ${t("chosen_cases")}</span>
      <${BulkSteps} alerts=${rows.filter((each) => picked.has(each.subject)).flatMap((each) => each.alerts)} onTaken=${taken} />
      <button type="button" class="small plain" onClick=${() => setPicked(new Set())}>${t("clear_choice")}</button>`}
    ${done && html`<${BulkDone} answer=${done} alerts=${rows.flatMap((each) => each.alerts)} onClose=${() => setDone(null)} />`}
  </div>`;
}
