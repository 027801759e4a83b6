// What an alert stands on, as it was frozen when it fired.

import { html } from "../vendor/preact.js";
import { timeText } from "../lib/time.js";
import { t as common, word, wordsOf } from "../lib/words.js";
import { Quantity } from "./number.js";
import { Card, Facts } from "./page.js";
import { Table } from "./table.js";
import { Sign } from "./verdict.js";
import words from "./alert.words.js";

const t = wordsOf(words);
const SHOWN = ["numerator", "denominator", "coverage", "limits", "rows", "readings", "statistics", "observed", "process", "subjects", "judged", "left_out", "findings"];

const WHATS = ["baseline", "benchmark", "target", "number", "grade_1", "grade_2", "grade_3"];

export function Evidence({ evidence }) {
  const more = Object.fromEntries(Object.entries(evidence).filter(([name]) => !SHOWN.includes(name)));
  return html`<${Card} title=${t("evidence")}>
    <div class="stack">
      ${["numerator", "denominator"].map((name) => evidence[name] && html`<${Sum} key=${name} name=${t(name)} sum=${evidence[name]} />`)}
      ${filled(evidence.limits) && html`<${Limits} limits=${evidence.limits} unit=${evidence.observed ? evidence.observed.unit : "1"} />`}
      ${filled(evidence.findings) && html`<${Findings} findings=${evidence.findings} />`}
      ${filled(evidence.rows) && html`<${Rows} rows=${evidence.rows} />`}
      ${filled(evidence.statistics) && html`<${Statistics} statistics=${evidence.statistics} />`}
      ${filled(evidence.readings) && html`<${Readings} readings=${evidence.readings} />`}
      ${filled(evidence.left_out) && html`<p>${t("left_out")}${t("colon")}${evidence.left_out.join("、")}</p>`}
      ${Object.keys(more).length > 0 && html`<details><summary>${t("more_evidence")}</summary><pre>${JSON.stringify(more, null, 2)}</pre></details>`}
    </div>
  <//>`;
}

// Seconds of the evidence, written as hours.
const HOURS = { divisor: 3600, name: "h", digits: 0 };

const filled = (list) => Array.isArray(list) && list.length > 0;

const Sum = ({ name, sum }) => html`<div>
  <${Facts} facts=${[[name, html`<${Quantity} value=${sum.value} unit=${sum.unit} withUnit />`]]} />
  ${filled(sum.measures) && html`<${Table} caption=${name} rows=${sum.measures} rowKey=${(row) => `${row.carrier} ${row.flow}`} columns=${[
    { key: "carrier", title: t("carrier"), cell: (row) => word("carrier", row.carrier) },
    { key: "flow", title: t("flow"), narrow: true, cell: (row) => word("flow", row.flow) },
    { key: "measured", title: t("measured"), number: true, narrow: true, cell: (row) => html`<${Quantity} value=${row.measured_s} scale=${HOURS} /> / <${Quantity} value=${row.expected_s} scale=${HOURS} withUnit />` },
  ]} />`}
</div>`;

const COMPARED = { ">=": "≥", "<=": "≤" };

const Limits = ({ limits, unit }) => html`<${Table} caption=${t("against")} showCaption rows=${limits} rowKey=${(row) => `${row.what} ${row.row}`} columns=${[
  { key: "what", title: t("what"), cell: (row) => html`${WHATS.includes(row.what) ? t(`what_${row.what}`) : row.what} <span class="note">${row.row}</span>` },
  { key: "value", title: t("number"), number: true, narrow: true, cell: (row) => html`<span class="note">${COMPARED[row.op] || row.op}</span> <${Quantity} value=${row.value} unit=${unit} withUnit />` },
  { key: "met", title: t("met"), narrow: true, cell: (row) => html`<${Sign} of=${row.met ? "ok" : "breach"}>${common(row.met ? "yes" : "no")}<//>` },
]} />`;

const Findings = ({ findings }) => html`<${Table} caption=${t("findings")} showCaption rows=${findings} rowKey=${(row) => `${row.start} ${row.value}`} columns=${[
  { key: "start", title: t("when"), cell: (row) => `${timeText(row.start)} – ${timeText(row.end)}` },
  { key: "value", title: t("number"), number: true, narrow: true, cell: (row) => html`<${Quantity} value=${row.value} limit=${row.limit} />` },
  { key: "limit", title: t("of_limit"), number: true, narrow: true, cell: (row) => html`<${Quantity} value=${row.limit} />` },
]} />`;

const Rows = ({ rows }) => html`<${Table} caption=${t("rows_used")} showCaption rows=${rows} rowKey=${(row) => row.code} columns=${[
  { key: "code", title: t("code"), cell: (row) => html`<code>${row.code}</code> ${row.verified === false && html`<span class="note">${common("unverified")}</span>`}` },
  { key: "value", title: t("number"), number: true, narrow: true, cell: (row) => html`<${Quantity} value=${row.value ?? null} unit=${row.unit || "1"} digits=${digitsOf(row.value)} withUnit />` },
  { key: "source", title: t("document"), wide: true, cell: (row) => html`${row.source || row.document || ""} ${row.place && html`<details class="note"><summary>${t("place_of")}</summary>${row.place}</details>`}` },
]} />`;

// A coefficient is written with all its digits.
const digitsOf = (value) => (typeof value === "number" ? Math.min(6, (String(value).split(".")[1] || "").length) : 0);

const Statistics = ({ statistics }) => html`<${Table} caption=${t("statistics_used")} showCaption rows=${statistics} rowKey=${(row) => `${row.kind} ${row.periods}`} columns=${[
  { key: "kind", title: t("kind"), cell: (row) => word("statistic_kind", row.kind) },
  { key: "value", title: t("number"), number: true, narrow: true, cell: (row) => html`<${Quantity} value=${row.value} />` },
  { key: "periods", title: t("period_judged"), narrow: true, cell: (row) => (row.periods || []).join("、") },
]} />`;

const Readings = ({ readings }) => html`<${Table} caption=${t("readings_used")} showCaption rows=${readings.filter((row) => row.first)} rowKey=${(row) => row.meter} columns=${[
  { key: "meter", title: t("meter"), cell: (row) => html`<code>${row.meter}</code>` },
  { key: "first", title: t("first_reading"), narrow: true, cell: (row) => html`<${Quantity} value=${row.first.value} /> <span class="note">${timeText(row.first.ts)}</span>` },
  { key: "last", title: t("last_reading"), narrow: true, cell: (row) => html`<${Quantity} value=${row.last.value} /> <span class="note">${timeText(row.last.ts)}</span>` },
]} />`;
