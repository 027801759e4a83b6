// Energy used yesterday and in the month so far, beside the same day of last week and the same part of last month.

import { html } from "../../vendor/preact.js";
import { may } from "../../lib/api.js";
import { scaleOf } from "../../lib/format.js";
import { language, link } from "../../lib/state.js";
import { addDays, dayText } from "../../lib/time.js";
import { wordsOf } from "../../lib/words.js";
import { BALANCE, changeOf } from "../../parts/balance.js";
import { Coverage, LEAST_COVERAGE, Quantity, Share } from "../../parts/number.js";
import { Card, Figure } from "../../parts/page.js";
import { Read } from "../../parts/states.js";
import words from "../today.words.js";

const t = wordsOf(words);
const SHOWN_DAYS = 14;

// `days`: the balances of the last fourteen, each beside the same day of the week before; `month`: that of the month so far.
export const Use = ({ days, month, scope, basis, today }) => html`<${Card} title=${t("use")} actions=${html`<a href=${link(may("survey") ? "/overview" : "/enterprise")}>▸<span class="hidden">${t("use")}</span></a>`}>
  <${Read} of=${days}>${(data) => html`<${Days} rows=${data.data} month=${month.data && month.data.data[0]} scope=${scope} basis=${basis} today=${today} />`}<//>
<//>`;

function Days({ rows, month, scope, basis, today }) {
  const of = new Map(rows.map((row) => [dayText(row.start), row]));
  const tce = (row) => (row ? row[basis].consumption_tce : null);
  const yesterday = of.get(addDays(today, -1));
  return html`
    <div class="figures flat">
      <${Used} name=${t("yesterday")} row=${yesterday} scope=${scope} basis=${basis} against=${t("same_day")} />
      <${Used} name=${t("month_so_far")} row=${month} scope=${scope} basis=${basis} against=${t("same_part")} />
      <${Coal} row=${month} />
    </div>
    <${Bars} of=${of} tce=${tce} today=${today} />`;
}

const Used = ({ name, row, scope, basis, against }) => html`<${Figure} name=${name} value=${row ? row[basis].consumption_tce : null} unit="tce" coverage=${row ? row.coverage : null}
  change=${row && row.compared ? changeOf(row.compared[basis]) : null} more=${html`<span class="note">${against}</span>`}
  explain=${row ? { path: BALANCE, params: { scope, start: dayText(row.start), end: dayText(row.end), bucket: "total" }, measure: basis } : null} />`;

const measured = (row) => row && (row.coverage === null || row.coverage >= LEAST_COVERAGE);

const Coal = ({ row }) => html`<div class="figure-card"><span class="name">${t("coal_share")}</span>
  <span class="big"><${Share} value=${row ? row.shares.coal : null} /></span>
  <span class="more"><${Coverage} value=${row ? row.coverage : null} /> <a href=${link("/targets", { q: "煤炭" })}>${t("target")} ▸</a></span>
</div>`;

// Fourteen days as bars; what was measured too little is hatched, what is missing leaves a gap.
function Bars({ of, tce, today }) {
  const days = Array.from({ length: SHOWN_DAYS }, (_, index) => addDays(today, index - SHOWN_DAYS));
  const values = days.map((day) => tce(of.get(day)));
  const most = Math.max(...values.map((value) => value || 0), 1);
  const scale = scaleOf(values, "tce", language.value);
  return html`<figure class="day-bars">
    <figcaption class="note">${t("daily")}（${scale.name}）</figcaption>
    <ol>${days.map((day, index) => html`<li key=${day}>
      <span class="bar-value"><${Quantity} value=${values[index]} scale=${scale} coverage=${of.get(day) ? of.get(day).coverage : null} /></span>
      <span class=${`bar ${measured(of.get(day)) ? "" : "hatched"}`} style=${{ height: `${Math.round((Math.max(values[index] || 0, 0) / most) * 64)}px` }} aria-hidden="true"></span>
      <span class="note">${day.slice(8)}</span>
    </li>`)}</ol>
  </figure>`;
}
