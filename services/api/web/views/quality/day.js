// One day of one meter: what it said, what is missing, what was found, what was rejected; and what one may do about it.

import { html, useState } from "../../vendor/preact.js";
import { useGet } from "../../lib/api.js";
import { scaleOf } from "../../lib/format.js";
import { language } from "../../lib/state.js";
import { addDays, clockText, lengthText, timeText, toDay } from "../../lib/time.js";
import { saidOf, word, wordsOf } from "../../lib/words.js";
import { Dialog } from "../../parts/dialog.js";
import { Count, Quantity } from "../../parts/number.js";
import { Facts } from "../../parts/page.js";
import { Read } from "../../parts/states.js";
import { Table } from "../../parts/table.js";
import { Correcting } from "./correcting.js";
import { Findings } from "./findings.js";
import words from "../quality.words.js";

const t = wordsOf(words);
const LONG_S = 2700;

// `onDay(day)`: another day of the meter; `onChanged`: after something was corrected or accepted.
export function MeterDay({ meter, day, onDay, onClose, onChanged, mayCorrect }) {
  const range = { start: day, end: addDays(day, 1) };
  const scope = `meter:${meter}`;
  const readings = useGet(`/meters/${meter}/readings`, { ...range, limit: 1000 });
  const missing = useGet("/quality/missing", { scope, ...range });
  const findings = useGet("/quality/findings", { scope, ...range });
  const known = useGet(`/meters/${meter}`);
  const [asksRaw, setAsksRaw] = useState(false);
  const rejected = useGet(asksRaw ? "/rejected-readings" : null, { meter, limit: 1000 });
  const [doing, setDoing] = useState(null);
  const [onlyMarked, setOnlyMarked] = useState(false);
  const name = known.data ? saidOf(known.data, "name") : meter;
  const ofDay = rejected.data ? rejected.data.data.filter((row) => dayOfRaw(row.ts) === day) : [];
  const changed = () => {
    readings.reload();
    findings.reload();
    onChanged();
  };
  return html`<${Dialog} side wide title=${t("day_of", { name, day })} onClose=${onClose}>
    <div class="toolbar">
      <button type="button" onClick=${() => onDay(addDays(day, -1))}>◀ ${t("day_before")}</button>
      <button type="button" disabled=${day >= toDay()} onClick=${() => onDay(addDays(day, 1))}>${t("day_after")} ▶</button>
      <span class="spring"></span>
      ${mayCorrect && html`<button type="button" onClick=${() => setDoing({ action: "supply", row: null })}>${t("supply")}</button>`}
    </div>
    <div class="stack">
      <p class="note"><code>${meter}</code>${known.data && html` · ${word("carrier", known.data.carrier)} · ${t("of_meter", { kind: word("meter_kind", known.data.kind), interval: lengthText(known.data.interval_s, language.value) })}`}</p>
      <section><h3>${t("findings")}</h3><${Read} of=${findings} lines=${1}>${(data) => html`<${Findings} rows=${data.data} nothing=${t("no_findings")} brief />`}<//></section>
      <section><h3>${t("missing_hours")}</h3><${Read} of=${missing} lines=${1}>${(data) => html`<${Missing} rows=${data.data} />`}<//></section>
      <section><h3>${t("readings")}</h3><${Read} of=${readings} lines=${8}>${(data) => html`
        <div class="toolbar">${[false, true].map((each) => html`<button type="button" class="chip" key=${each} aria-pressed=${onlyMarked === each} onClick=${() => setOnlyMarked(each)}>${t(each ? "only_marked" : "all_readings")} <${Count} value=${each ? data.data.filter(isMarked).length : data.data.length} /></button>`)}</div>
        <${Readings} unit=${known.data ? known.data.unit_of_measure : ""} rows=${onlyMarked ? data.data.filter(isMarked) : data.data} act=${mayCorrect ? (action, row) => setDoing({ action, row }) : null} />`}<//></section>
      <section><h3>${t("raw")}</h3>${asksRaw ? html`<${Read} of=${rejected} lines=${1}>${() => html`<${Raw} rows=${ofDay} />`}<//>` : html`<button type="button" class="small" onClick=${() => setAsksRaw(true)}>${t("raw_show")}</button>`}</section>
    </div>
    ${doing && html`<${Correcting} key=${doing.action} ...${doing} meter=${meter} day=${day} onClose=${() => setDoing(null)} onDone=${changed} />`}
  <//>`;
}

const isMarked = (row) => row.quality !== "good" || row.correction !== null;

// The time of a rejected reading as it came: epoch milliseconds where it could be read, else a text.
function dayOfRaw(ts) {
  if (/^-?\d+$/.test(ts)) return timeText(Number(ts)).slice(0, 10);
  const ms = Date.parse(ts);
  return Number.isFinite(ms) ? timeText(ms).slice(0, 10) : ts.slice(0, 10);
}

const rawTime = (ts) => (/^-?\d+$/.test(ts) ? timeText(Number(ts)) : ts);

const Missing = ({ rows }) =>
  rows.length === 0
    ? html`<p class="note">✓ ${t("none_missing")}</p>`
    : html`<ul class="chips">${rows.map((row) => html`<li class="chip" key=${row.hour}>${clockText(row.hour)} · ${t("missing_of", { missing: row.missing, expected: row.expected })}</li>`)}</ul>`;

function Readings({ rows, unit, act }) {
  const scale = scaleOf([], unit, language.value);
  return html`<${Table} caption=${t("readings")} rowKey=${(row) => row.ts} rows=${rows} columns=${[
    { key: "ts", title: t("time"), narrow: true, order: true, cell: (row) => html`<span class="nowrap">${clockText(row.ts)}</span>` },
    { key: "value", title: t("stored"), unit: scale.name, number: true, narrow: true, order: true, cell: (row) => (row.value === null ? html`<span class="note">${t("supplied")}</span>` : html`<${Quantity} value=${row.value} unit="" />`) },
    ...(rows.some((row) => row.correction) ? [{ key: "counting_value", title: t("counting"), number: true, cell: (row) => (row.counting_value === null ? html`<span class="note">${t("withdrawn")}</span>` : row.correction ? html`<strong><${Quantity} value=${row.counting_value} unit="" /></strong>` : "") }] : []),
    { key: "quality", title: t("mark"), narrow: true, cell: (row) => (row.quality === "good" && !row.correction ? "" : html`<${Mark} row=${row} />`) },
    { key: "received_at", title: t("received"), cell: (row) => html`<${Received} row=${row} />` },
    ...(act ? [{ key: "act", title: t("actions"), narrow: true, cell: (row) => html`<span class="nowrap"><button type="button" class="small" onClick=${() => act("correct", row)}>${t("correct")}</button> ${row.quality === "suspect" && html`<button type="button" class="small" onClick=${() => act("accept", row)}>${t("accept")}</button>`}</span>` }] : []),
  ]} />`;
}

export function Mark({ row }) {
  const { quality, correction } = row;
  const kind = { suspect: "warning", dip: "unknown", glitch: "unknown", overlap: "unknown" }[quality] || "notice";
  return html`${quality === "good" ? "" : html`<span class=${`sign-of ${kind}`}><span aria-hidden="true">${kind === "warning" ? "◆" : "●"}</span> ${word("mark", quality)}</span>`}
    ${correction && html` <span class="note" title=${timeText(correction.recorded_at)}>${t("corrected_by", { kind: word("correction", correction.kind), author: correction.author, reason: correction.reason })}</span>`}`;
}

// When it came, and how long after its time where that is long. Whether it was late, its meter's registration says, not this.
function Received({ row }) {
  if (!row.received_at) return "";
  const seconds = (Date.parse(row.received_at) - Date.parse(row.ts)) / 1000;
  return html`<span class="nowrap note" title=${timeText(row.received_at)}>${timeText(row.received_at).slice(5)}${seconds > LONG_S && html` · ${t("after", { length: lengthText(seconds, language.value) })}`}</span>`;
}

const Raw = ({ rows }) =>
  rows.length === 0
    ? html`<p class="note">${t("raw_none")}</p>`
    : html`<ul class="stack">${rows.map((row) => html`<li key=${row.id}><${Facts} facts=${[
        [t("code"), html`${word("rejection", row.code)} <span class="note">${row.detail}</span>`],
        [t("time"), html`<code>${rawTime(row.ts)}</code>`],
        [t("stored"), html`<code>${row.value}</code>`],
        [t("received"), timeText(row.received_at)],
        [t("outcome"), word("rejected_outcome", row.outcome || "open")],
      ]} /></li>`)}</ul>`;
