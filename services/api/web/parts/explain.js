// Why a number is what it is: the sentence, the formula with its values, the terms that add up, where their coefficients stand, what was
// left out, how well each meter covers it, and how to take it along. Of whatever the API explains (explain=true).

import { html, useState } from "../vendor/preact.js";
import { addressOf, useGet } from "../lib/api.js";
import { explained } from "../lib/explained.js";
import { language } from "../lib/state.js";
import { addDays, dayText, timeText } from "../lib/time.js";
import { areas, nameOf, said, saidOf, word, wordsOf } from "../lib/words.js";
import { Dialog } from "./dialog.js";
import { BalanceTerms, IndicatorTerms } from "./explain_terms.js";
import { Change, Coverage, Quantity } from "./number.js";
import { Copy, Nothing, Read } from "./states.js";
import { Table } from "./table.js";
import { Verdict } from "./verdict.js";
import words from "./explain.words.js";

const t = wordsOf(words);
const MOST_METERS = 1000;

// Shown while a number is asked about: `explained` has {path, params, value, unit, label, coverage} of it, and perhaps `pick`, the fields of
// the row it stands in, `of`: "total" where it is the whole, and `measure`: "calorific", "equivalent" or "tco2" of a balance.
export function Explain() {
  const asked = explained.value;
  if (asked === null) return "";
  return html`<${Panel} key=${`${addressOf(asked.path, asked.params)} ${JSON.stringify(asked.pick || null)}`} asked=${asked} />`;
}

const isBalance = (asked) => asked.path === "/energy/balance";
const isIndicator = (asked) => asked.path.startsWith("/indicators/");

function Panel({ asked }) {
  const known = isBalance(asked) || isIndicator(asked);
  const params = known ? { ...asked.params, explain: "true" } : asked.params;
  const answer = useGet(asked.path, params);
  const close = () => {
    explained.value = null;
  };
  return html`<${Dialog} title=${t("title")} side wide onClose=${close}>
    <div class="stack explain">
      <${Read} of=${answer}>${(data) => {
        const row = rowOf(data, asked);
        if (!row) return html`<${Sentence} asked=${asked} data=${data} row=${null} /><${Nothing}>${t(known ? "not_there" : "unknown")}<//>`;
        return html`<${Sentence} asked=${asked} data=${data} row=${row} />
          ${isBalance(asked) && html`<${BalanceTerms} row=${row} measure=${asked.measure || "equivalent"} />`}
          ${isIndicator(asked) && html`<${IndicatorTerms} row=${row} />`}
          ${!known && html`<p class="note">${t("unknown")}</p>`}
          ${known && html`<${Sources} rows=${data.rows} used=${usedBy(row, asked.measure || "equivalent")} /><${LeftOut} row=${row} names=${data.names} /><${ByMeter} asked=${asked} row=${row} />`}`;
      }}<//>
      <${Take} path=${asked.path} params=${params} />
    </div>
  <//>`;
}

// The row that is asked about: that of the whole, else the first that has what was picked.
function rowOf(data, asked) {
  const rows = asked.of === "total" ? data.total || [] : Array.isArray(data.data) ? data.data : [];
  const picked = Object.entries(asked.pick || {});
  return rows.find((row) => picked.every(([name, value]) => (row[name] ?? null) === value)) || null;
}

function scopeName(data, asked) {
  const [kind, code] = (asked.params.scope || "").split(":");
  return kind === "area" && areas.value[code] ? saidOf(areas.value[code], "name") : code ? nameOf(data.names, kind, code) : "";
}

// From the first to the last day within, or the moments where it is no whole days.
export function spanText(start, end) {
  const whole = [start, end].every((each) => timeText(each).endsWith("00:00"));
  if (!whole) return `${timeText(start)} – ${timeText(end)}`;
  const last = addDays(dayText(end), -1);
  return last === dayText(start) ? last : `${dayText(start)} – ${last}`;
}

function Sentence({ asked, data, row }) {
  const named = saidOf(data, "name") || (row && saidOf(row, "name"));
  const beside = comparedOf(row, asked);
  const note = t("of", { period: row ? spanText(row.start, row.end) : "", scope: asked.where || scopeName(data, asked) });
  return html`<section>
    <p><strong>${named && !asked.label.includes(named) ? `${asked.label} · ${named}` : asked.label}</strong></p>
    <p class="explain-value"><${Quantity} value=${asked.value} unit=${asked.unit} withUnit coverage=${asked.coverage} /> <${Coverage} value=${asked.coverage} always /></p>
    <p class="note">${note}</p>
    ${row && row.verdict && html`<p><${Verdict} verdict=${row.verdict} /> ${row.reasons.map((reason) => reasonText(reason)).join(language.value === "zh" ? "；" : "; ")}</p>`}
    ${row && row.subjects > 1 && html`<p class="note">${t("judged_of", { judged: row.judged, subjects: row.subjects })}</p>`}
    ${beside && html`<p class="note">${t("compared")}${t("colon")}${t("compared_of", { until: spanText(row.start, row.compared.until || row.end), other: spanText(row.compared.start, row.compared.end) })} · <${Quantity} value=${beside.value} unit=${asked.unit} withUnit /> <${Change} percent=${beside.change_percent} />${beside.reason && html` ${reasonText(beside.reason)}`}</p>`}
  </section>`;
}

function comparedOf(row, asked) {
  if (!row || !row.compared) return null;
  return isBalance(asked) ? row.compared[asked.measure || "equivalent"] : row.compared;
}

export const reasonText = (reason) => (language.value === "zh" ? reason.text_zh : reason.text);

// The codes of the rows that the terms of a row, or its limits, stand on.
function usedBy(row, measure) {
  const why = row.explained || {};
  const basis = measure === "tco2" ? "co2" : measure;
  const terms = [...(why.terms || []), ...((why.numerator || {}).terms || []), ...((why.denominator || {}).terms || [])];
  const codes = terms.flatMap((term) => [term.row, term[basis] && term[basis].row]);
  return new Set([...codes, ...(row.limits || []).map((limit) => limit.row)].filter(Boolean));
}

function Sources({ rows, used }) {
  const found = rows.filter((row) => used.has(row.code));
  if (!found.length) return "";
  return html`<section>
    <h3>${t("rows")}</h3>
    <ul class="sources">${found.map(
      (row) => html`<li key=${row.code}>
        <p><code>${row.code}</code> <${Quantity} value=${row.value} unit=${row.unit} withUnit digits=${digitsOf(row.value)} />${" "}<span class=${row.verified ? "sign-of ok" : "sign-of due"}>${row.verified ? "✓" : "◷"} ${t(row.verified ? "verified" : "unverified")}</span>
          ${row.carried && html` <span class="note">${t("carried")}</span>`}${["measured", "own"].includes(row.origin) && html` <span class="note">${t(row.origin)}</span>`}</p>
        <p class="note">${row.source}${row.place && html` · ${row.place}`}</p>
      </li>`,
    )}</ul>
  </section>`;
}

// As many decimals as the row has: a printed coefficient is not rounded.
const digitsOf = (value) => (value === null ? null : (String(value).split(".")[1] || "").length);

function LeftOut({ row, names }) {
  const why = row.explained || {};
  const left = why.left_out || [];
  if (!left.length) return html`<section><h3>${t("left_out")}</h3><p class="note">${t("nothing_left_out")}</p></section>`;
  return html`<section>
    <h3>${t("left_out")}</h3>
    <ul class="sources">${left.map((each) =>
      each.code
        ? html`<li key=${each.code}>${nameOf(names, "unit", each.code)}<span class="note"> · ${each.reasons.map((reason) => reasonText(reason)).join("；")}</span></li>`
        : html`<li key=${`${each.carrier} ${each.flow}`}>${word("carrier", each.carrier)} · ${word("flow", each.flow)} <${Quantity} value=${each.quantity} unit=${each.quantity_unit} withUnit coverage=${each.coverage} /><span class="note"> · ${reasonText(each.reason)}</span></li>`,
    )}</ul>
  </section>`;
}

// The meters of the scope that enter, the least covered first, each with the way to its readings.
function ByMeter({ asked, row }) {
  const [open, setOpen] = useState(false);
  const scope = asked.pick ? scopeOfRow(row) || asked.params.scope : asked.params.scope;
  const params = { scope, start: row.start, end: row.end, bucket: "total", by: "meter,flow", limit: MOST_METERS };
  const answer = useGet(open ? "/energy" : null, params);
  const entering = new Set(entered(row).map((term) => `${term.carrier} ${term.flow}`));
  if (!entering.size) return "";
  if (!open) return html`<section><h3>${t("by_meter")}</h3><p><button type="button" onClick=${() => setOpen(true)}>${t("by_meter_do")}</button></p></section>`;
  const day = addDays(dayText(row.end), -1);
  return html`<section>
    <h3>${t("by_meter")}</h3>
    <${Read} of=${answer}>${(data) => {
      const rows = data.data.filter((each) => entering.has(`${each.carrier} ${each.flow}`)).sort((one, other) => (one.coverage ?? 0) - (other.coverage ?? 0));
      return html`<${Table} caption=${t("by_meter")} rows=${rows} rowKey=${(each) => `${each.meter} ${each.flow}`} columns=${[
        { key: "meter", title: t("meter"), cell: (each) => html`<a href=${`/quality?meter=${encodeURIComponent(each.meter)}&day=${day}`} title=${t("readings_of", { meter: each.meter })} onClick=${() => (explained.value = null)}>${nameOf(data.names, "meter", each.meter)}</a>` },
        { key: "carrier", title: t("carrier"), narrow: true, cell: (each) => `${word("carrier", each.carrier)} · ${word("flow", each.flow)}` },
        { key: "quantity", title: t("quantity"), number: true, narrow: true, cell: (each) => html`<${Quantity} value=${each.quantity} unit=${each.quantity_unit} withUnit coverage=${each.coverage} />` },
        { key: "coverage", title: t("coverage"), number: true, narrow: true, order: true, cell: (each) => html`<${Coverage} value=${each.coverage} always />` },
      ]} />`;
    }}<//>
  </section>`;
}

const entered = (row) => {
  const why = row.explained || {};
  return [...(why.terms || []), ...((why.numerator || {}).terms || []), ...((why.denominator || {}).terms || [])].filter((term) => term.carrier);
};

// The scope that a row of a grouping speaks of.
function scopeOfRow(row) {
  for (const kind of ["unit", "enterprise", "park", "area"]) if (row[kind]) return `${kind}:${row[kind]}`;
  return null;
}

function Take({ path, params }) {
  const address = location.origin + addressOf(path, params);
  return html`<section>
    <h3>${t("call")}</h3>
    <pre>GET ${addressOf(path, params)}</pre>
    <p class="actions">
      <${Copy} text=${address}>${t("as_address")}<//>
      <${Copy} text=${`curl -H "Authorization: Bearer $ENERMON_KEY" '${address}'`}>${t("as_curl")}<//>
      <a class="button small" href=${addressOf(path, { ...params, explain: null, format: "csv", lang: language.value })} download>${t("as_csv")}</a>
      <${Copy} text=${location.href}>${t("as_link")}<//>
    </p>
  </section>`;
}

