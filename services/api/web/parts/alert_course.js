// An alert over time: value against limit, with a slider that plays it back, and what was frozen beside the data of today.

import { html, useState } from "../vendor/preact.js";
import { language } from "../lib/state.js";
import { dayText, lengthText, timeText } from "../lib/time.js";
import { word, wordsOf } from "../lib/words.js";
import { Coverage, Quantity } from "./number.js";
import { Facts } from "./page.js";
import { SeriesChart } from "./series.js";
import { TableBox } from "./table.js";
import { Sign, Verdict } from "./verdict.js";
import words from "./alert.words.js";

const t = wordsOf(words);
const HOUR_S = 3600;

// Values as they are drawn: lengths of time in hours, shares that the rule speaks of in per cent.
function measureOf(series, alert) {
  if (series.unit === "s") return { unit: "h", of: (value) => value / HOUR_S };
  const inPercent = series.unit === "1" && alert.rule_body && /\{percent\}/.test(alert.rule_body.text.zh);
  return inPercent ? { unit: "%", of: (value) => value * 100 } : { unit: series.unit || "1", of: (value) => value };
}

const endsAtMidnight = (instant) => timeText(instant).endsWith("00:00");

// A period by its name: an hour, a day, a month, a year; else until when it was.
function nameOf(point, every) {
  const start = point.period_start || point.at;
  if (every === "year") return dayText(start).slice(0, 4);
  if (every === "hour") return timeText(point.at).slice(5);
  if (every === "day") return dayText(point.period_start && endsAtMidnight(point.period_start) ? start : point.at).slice(5);
  const months = point.period_start && point.period_end ? Math.round((Date.parse(point.period_end) - Date.parse(point.period_start)) / 2629800000) : 1;
  return months > 1 ? `→ ${dayText(before(point.period_end)).slice(0, 7)}` : dayText(start).slice(0, 7);
}

const before = (instant) => new Date(Date.parse(instant) - 1000).toISOString();

// Without the time before anything was measured, but for its last point.
function sinceMeasured(points) {
  const first = points.findIndex((point) => point.value !== null);
  return first > 1 ? points.slice(first - 1) : points;
}

export function Course({ series, alert }) {
  const points = sinceMeasured(series.data);
  const [at, setAt] = useState(points.length - 1);
  if (points.length === 0) return html`<p class="note">${t("series_none")}</p><${Frozen} series=${series} alert=${alert} />`;
  const { unit, of } = measureOf(series, alert);
  const shown = (value, index) => (index > at ? undefined : value === null ? null : of(value));
  const labels = points.map((point) => nameOf(point, series.every));
  const firing = points.flatMap((point, index) => (point.state === "firing" && index <= at ? [index] : []));
  const point = points[at];
  const caption = [t(`every_${series.every}`), t("recomputed"), series.hold_s > 0 && t("held", { length: lengthText(series.hold_s, language.value) })].filter(Boolean).join(" · ");
  return html`
    <${SeriesChart} caption=${caption} labels=${labels} unit=${unit} height=${220} fromZero=${false}
      series=${[
        { name: t("value"), kind: "line", token: "series-electricity", values: points.map((each, index) => shown(each.value, index)), coverage: points.map((each) => each.coverage) },
        { name: t("of_limit"), kind: "line", token: "severe", dashed: true, values: points.map((each, index) => shown(each.limit, index)) },
      ]}
      bands=${firing.length > 1 ? [{ from: firing[0], to: firing[firing.length - 1], name: t("firing") }] : []} />
    ${points.length > 1 && html`<div class="replay">
      <label>${t("replay")} <input type="range" min="0" max=${points.length - 1} value=${at} aria-valuetext=${labels[at]} onInput=${(event) => setAt(Number(event.target.value))} /></label>
      <output>${labels[at]}</output>
      <button type="button" class="small" disabled=${at === points.length - 1} onClick=${() => setAt(points.length - 1)}>${t("replay_all")}</button>
    </div>`}
    <${Facts} facts=${[
      [t("replay_at"), html`${timeText(point.at)}`],
      [t("value"), html`<${Quantity} value=${point.value === null ? null : of(point.value)} unit=${unit} limit=${point.limit === null ? null : of(point.limit)} withUnit coverage=${point.coverage} /> <${Coverage} value=${point.coverage} />`],
      [t("of_limit"), html`<${Quantity} value=${point.limit === null ? null : of(point.limit)} unit=${unit} limit=${point.value === null ? null : of(point.value)} withUnit />`],
      [t("verdict"), html`<${Verdict} verdict=${point.verdict} /> ${point.reasons.length > 0 && html`<span class="note">${point.reasons.map((each) => (language.value === "zh" ? each.text_zh : each.text)).join("；")}</span>`}`],
      [t("state"), point.state === "ok" ? t("state_ok") : html`<${Sign} of=${point.state === "firing" ? "breach" : point.state === "pending" ? "due" : "ok"}>${word("alert_state", point.state)}<//>`],
    ]} />
    <${Frozen} series=${series} alert=${alert} />`;
}

// What was found as it fired, beside what the same period says by the data of today.
function Frozen({ series, alert }) {
  if (series.frozen.length === 0) return "";
  const { unit, of } = measureOf(series, alert);
  const limitOf = (each) => (each.limit === null ? null : of(each.limit));
  const rows = series.frozen.map((frozen) => [frozen, series.data.find((each) => (frozen.period_start === null ? each.at === frozen.at : each.period_start === frozen.period_start && each.period_end === frozen.period_end))]);
  return html`<${TableBox} name=${`${t("frozen")} / ${t("today")}`}><table class="frozen">
    <caption>${t("frozen")} / ${t("today")}</caption>
    <thead><tr><th scope="col">${t("period_judged")}</th><th scope="col" class="right">${t("frozen")}</th><th scope="col" class="right">${t("today")}</th><th scope="col" class="right">${t("of_limit")}</th><td></td></tr></thead>
    <tbody>${rows.map(([frozen, now]) => html`<tr key=${frozen.at}>
      <th scope="row" class="narrow">${word("alert_event", frozen.kind)} ${timeText(frozen.at)}</th>
      <td class="right narrow" data-label=${t("frozen")}><${Quantity} value=${frozen.value === null ? null : of(frozen.value)} unit=${unit} limit=${limitOf(frozen)} withUnit coverage=${frozen.coverage} /> <${Coverage} value=${frozen.coverage} /></td>
      <td class="right narrow" data-label=${t("today")}>${now ? html`<${Quantity} value=${now.value === null ? null : of(now.value)} unit=${unit} limit=${limitOf(now)} withUnit coverage=${now.coverage} /> <${Coverage} value=${now.coverage} />` : "—"}</td>
      <td class="right narrow" data-label=${t("of_limit")}><${Quantity} value=${limitOf(frozen)} unit=${unit} withUnit /></td>
      <td class="narrow">${now && html`<span class="note">${now.value === frozen.value ? t("changed_none") : t("changed_since")}</span>`}</td>
    </tr>`)}</tbody>
  </table><//>`;
}
