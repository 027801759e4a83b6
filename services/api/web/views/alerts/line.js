// A case in the list: how grave, about what, since when, until when.

import { html } from "../../vendor/preact.js";
import { dayText } from "../../lib/time.js";
import { may } from "../../lib/api.js";
import { saidOf, t as common, word, wordsOf } from "../../lib/words.js";
import { Deadline } from "../../parts/alert.js";
import { Told } from "../../parts/number.js";
import { Sign } from "../../parts/verdict.js";
import words from "../alerts.words.js";

const t = wordsOf(words);

export function CaseLine({ line, current, picked, setPicked, onOpen }) {
  const first = line.alerts[0];
  const own = saidOf(line, "subject_name") || line.subject.split(":")[1];
  const owner = line.enterprise && saidOf(line.enterprise, "name");
  const name = owner && owner !== own ? `${owner} · ${own}` : own;
  const place = line.area && saidOf(line.area, "name") !== own ? saidOf(line.area, "name") : "";
  const pick = (event) => {
    const next = new Set(picked);
    if (event.target.checked) next.add(line.subject);
    else next.delete(line.subject);
    setPicked(next);
  };
  return html`<li class=${`case-line ${line.severity}${current ? " current" : ""}`} aria-current=${current ? "true" : null}>
    ${may("explain") && html`<input type="checkbox" checked=${picked.has(line.subject)} onChange=${pick} aria-label=${common("select_row", { name })} />`}
    <button type="button" class="plain" onClick=${onOpen}>
      <span class="case-top"><${Sign} of=${line.severity}>${word("severity", line.severity)}<//> <strong title=${name}>${name}</strong>${place && html`<span class="note">${place}</span>`}</span>
      <span class="case-what">${saidOf(first, "title") || first.rule}${saidOf(first, "value_text") && html` · <${Told} value=${first.last_value.value} text=${saidOf(first, "value_text")} />`}</span>
      <span class="case-foot"><${Deadline} handling=${first.handling} short /><span class="note">${word("handling", first.handling.status)} · ${t("since")} ${dayText(line.since).slice(5)}${line.alert_count > 1 ? ` · ${t("more_alerts", { count: line.alert_count - 1 })}` : ""}</span></span>
    </button>
  </li>`;
}
