// Energy used yesterday and in the month so far, against the same day of last week and the target for coal.

import { html } from "../../vendor/preact.js";
import { scaleOf } from "../../lib/format.js";
import { language, link } from "../../lib/state.js";
import { addDays, addMonths, dayText, daysBetween } from "../../lib/time.js";
import { wordsOf } from "../../lib/words.js";
import { Count, LEAST_COVERAGE, Quantity, Share } from "../../parts/number.js";
import { Card, Figure } from "../../parts/page.js";
import { Read } from "../../parts/states.js";
import { Sign } from "../../parts/verdict.js";
import words from "../today.words.js";

const t = wordsOf(words);
const SHOWN_DAYS = 14;
const WEEK = 7;

export const Use = ({ use, basis, target, today }) => html`<${Card} title=${t("use")} actions=${html`<a href=${link("/overview")}>▸<span class="hidden">${t("use")}</span></a>`}>
  <${Read} of=${use}>${(data) => html`<${Days} rows=${data.data} basis=${basis} target=${target} today=${today} />`}<//>
<//>`;

function Days({ rows, basis, target, today }) {
  const of = new Map(rows.map((row) => [dayText(row.start), row]));
  const tce = (row) => (row ? row[basis].consumption_tce : null);
  const yesterday = of.get(addDays(today, -1));
  const before = of.get(addDays(today, -1 - WEEK));
  const month = monthSoFar(of, tce, today);
  return html`
    <div class="figures flat">
      <${Figure} name=${t("yesterday")} value=${tce(yesterday)} unit="tce" coverage=${yesterday ? yesterday.coverage : null} change=${changed(yesterday, before, tce)} more=${html`<span class="note">${t("same_day")}</span>`} />
      <${Figure} name=${t("month_so_far")} value=${month.tce} unit="tce" coverage=${month.coverage} more=${html`<span class="note">${t("days_before")} <${Count} value=${month.days} /> ${t("days_after")}</span>`} />
      <${Figure} name=${t("month_expected")} value=${month.expected} unit="tce" state=${month.expected === null ? "not_applicable" : "estimated"} more=${html`<span class="note">${t("by_mean")}</span>`} />
      <${Coal} row=${yesterday} target=${target} />
    </div>
    <${Bars} of=${of} tce=${tce} today=${today} />`;
}

const measured = (row) => row && (row.coverage === null || row.coverage >= LEAST_COVERAGE);

function changed(row, before, tce) {
  if (!measured(row) || !measured(before) || !tce(before)) return null;
  return { percent: (tce(row) / tce(before) - 1) * 100 };
}

// What was used since the first of the month; on the first, of the month before.
function monthSoFar(of, tce, today) {
  const first = `${addDays(today, -1).slice(0, 7)}-01`;
  const days = [];
  for (let day = first; day < today; day = addDays(day, 1)) days.push(of.get(day));
  const known = days.filter((row) => row && tce(row) !== null);
  if (known.length === 0) return { tce: null, coverage: null, days: days.length, expected: null };
  const sum = known.reduce((total, row) => total + tce(row), 0);
  const coverage = days.reduce((total, row) => total + (row ? row.coverage ?? 1 : 0), 0) / days.length;
  const length = daysBetween(first, addMonths(first, 1));
  return { tce: sum, coverage, days: days.length, expected: coverage >= LEAST_COVERAGE && days.length < length ? (sum / days.length) * length : null };
}

function Coal({ row, target }) {
  const share = row && measured(row) ? row.shares.coal : null;
  const isMet = target && share !== null ? share * 100 <= target.value : null;
  return html`<div class="figure-card"><span class="name">${t("coal_share")}</span>
    <span class="big"><${Share} value=${share} /></span>
    <span class="more">${target && html`<a href=${link("/targets", { q: target.code })}>${t("target")} ≤ <${Quantity} value=${target.value} unit="%" digits=${0} withUnit /></a> ${isMet !== null && html`<${Sign} of=${isMet ? "ok" : "breach"}>${t(isMet ? "met" : "not_met")}<//>`}`}</span>
  </div>`;
}

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
