// What the judgement stands on: targets as they are printed beside what is computed, all metrics, and the aims of the nation.

import { html } from "../../vendor/preact.js";
import { language, link } from "../../lib/state.js";
import { saidOf, wordsOf } from "../../lib/words.js";
import { Change, Quantity } from "../../parts/number.js";
import { Nothing } from "../../parts/states.js";
import { Table } from "../../parts/table.js";
import { Light, Sign } from "../../parts/verdict.js";
import words from "../dual_control.words.js";

const t = wordsOf(words);
const text = (entry) => (entry ? entry[language.value === "zh" ? "text_zh" : "text"] : "");

// As printed, with document and line; beside it what the reported numbers come to, at the full number of digits.
export function Targets({ data }) {
  const codes = [...data.basic.rows, ...data.incentive.rows];
  const rows = data.rows.filter((row) => codes.includes(row.code));
  const last = data.years[data.years.length - 1];
  const computed = last ? last.cumulative_percent : null;
  if (!rows.length) return html`<${Nothing}>${t("no_targets")}<//>`;
  const columns = [
    { key: "code", title: t("target"), narrow: true, cell: (row) => html`<a href=${link("/targets", { q: row.code })}>${row.code}</a> <span class="note">${t(data.incentive.rows.includes(row.code) ? "incentive_target" : "basic_target")}</span>` },
    { key: "value", title: t("printed"), unit: "%", number: true, narrow: true, cell: (row) => html`<${Quantity} value=${row.value} unit="%" />` },
    { key: "computed", title: t("computed"), unit: "%", number: true, narrow: true, cell: (row) => html`<${Quantity} value=${computed} unit="%" digits=${3} limit=${row.value} />` },
    { key: "met", title: t("compared"), narrow: true, cell: (row) => (computed === null || row.value === null ? "" : html`<${Sign} of=${computed >= row.value ? "ok" : "due"}>${t(computed >= row.value ? "reached" : "not_reached")}<//>`) },
    { key: "source", title: t("source"), wide: true, cell: (row) => html`${row.source} <span class="note">${(language.value === "zh" && row.place_zh) || row.place} · ${t(row.verified ? "verified" : "unverified")}</span>` },
  ];
  return html`<${Table} caption=${t("targets_title")} columns=${columns} rows=${rows} rowKey=${(row) => row.code} />`;
}

const running = (row) => (row.running && row.actual !== null ? html` <span class="note">${t("forecast")}</span>` : "");

export function Metrics({ data }) {
  const columns = [
    { key: "name", title: t("metric"), narrow: true, wide: true, cell: (row) => html`<span title=${language.value === "zh" ? row.left_out_zh : row.left_out}>${saidOf(row, "name")}</span>${row.metric === "energy_total_assessed" && data.total ? html`<br /><span class="note">${t("taken_off_since", { year: data.total.reference_year })}</span>` : ""}` },
    { key: "actual", title: t("actual"), number: true, narrow: true, cell: (row) => html`<${Quantity} value=${row.actual} unit=${row.unit} withUnit limit=${row.path} digits=${row.unit.includes("10kCNY") ? 3 : null} />${running(row)}` },
    { key: "path", title: t("path_value"), number: true, cell: (row) => html`<${Quantity} value=${row.path} unit=${row.unit} digits=${row.unit.includes("10kCNY") ? 3 : null} state=${row.path === null ? "not_applicable" : null} withUnit />` },
    { key: "trend", title: t("trend"), number: true, cell: (row) => html`<span title=${text(row.trend)}><${Change} percent=${row.trend.change_percent} reason=${text(row.trend)} /></span>` },
    { key: "standing", title: t("standing"), narrow: true, wide: true, className: () => "wraps", cell: (row) => html`<${Sign} of=${row.verdict}>${text(row)}<//>` },
    { key: "light", title: t("light_of"), className: () => "nowrap", cell: (row) => html`<${Light} level=${row.light.level} title=${text(row.light)} />` },
    { key: "grade", title: t("grade"), cell: (row) => text(row.grade) },
  ];
  return html`<${Table} caption=${t("metrics_title")} columns=${columns} rows=${data.metrics} rowKey=${(row) => row.metric} />
    <p class="note">${language.value === "zh" ? data.own_rules_zh : data.own_rules}</p>`;
}

export const National = ({ data }) => html`<ul class="national">${data.national.map((aim) => html`<li key=${aim.code}>${saidOf(aim, "name")}${aim.value !== null && html` <${Quantity} value=${aim.value} unit=${aim.unit} withUnit />`}
  <span class="note"> · ${aim.source} · ${t(aim.verified ? "verified" : "unverified")}</span></li>`)}</ul>`;
