// What stands in the cells of the targets: the number asked for, what is measured, whether it is met, how it has changed.

import { html } from "../../vendor/preact.js";
import { link } from "../../lib/state.js";
import { saidOf, word, wordsOf } from "../../lib/words.js";
import { Coverage, Quantity } from "../../parts/number.js";
import { Sign } from "../../parts/verdict.js";
import words from "../targets.words.js";

const t = wordsOf(words);
const SIGNS = { ">=": "≥", "<=": "≤", ">": ">", "<": "<", "=": "=", "~": "≈", range: "", actual: "", "class<=": "", qualitative: "" };
const unitOf = (unit) => (unit === null ? "" : word("unit_of_measure", unit));
// As many decimals as the document prints.
const decimals = (row) => ((/\.(\d+)/.exec(row.value_printed || "") || ["", ""])[1].length || 0);

// ≥ 15 %; the printed words where there is no number.
export function Asked({ row }) {
  if (row.value === null) return row.state === "not_applicable" ? html`<span class="number none">/</span>` : html`<span>${row.value_printed || word("printed_state", row.state)}</span>`;
  return html`<span class="nowrap">${SIGNS[row.op]} <${Quantity} value=${row.value} digits=${decimals(row)} />${row.value_high !== null && html`–<${Quantity} value=${row.value_high} digits=${decimals(row)} />`} <span class="unit">${unitOf(row.unit)}</span></span>`;
}

export function Measured({ row }) {
  if (row.fall) return html`<a href=${link(`/dual-control/${row.area_code}`)} title=${t("cumulative")}><${Quantity} value=${row.fall.value} unit="%" limit=${row.value} withUnit /></a> <span class="note">${row.fall.year}</span>`;
  if (!row.actual) return html`<span class="number none">—</span>`;
  const { value, coverage } = row.actual;
  if (value === null) return html`<${Sign} of="cannot_judge" title=${why(row.actual)}>${word("verdict", "cannot_judge")}<//>`;
  return html`<span class="nowrap"><${Quantity} value=${value} limit=${row.value} digits=${row.unit === "%" ? 1 : null} coverage=${coverage} /> <span class="unit">${unitOf(row.actual.unit)}</span></span> <${Coverage} value=${coverage} />`;
}

export const why = (actual) => actual.reasons.map((each) => saidOf({ text_zh: each.text_zh, text_en: each.text }, "text")).join("；");

export function Standing({ row }) {
  const met = metOf(row);
  if (met === null) return "";
  return html`<${Sign} of=${met ? "ok" : "breach"}>${t(met ? "met" : "not_met")}<//>`;
}

export function metOf(row) {
  if (row.kind !== "target" || row.value === null) return null;
  if (row.fall) return row.better === "lower" ? row.fall.value <= row.value : row.fall.value >= row.value;
  return row.actual ? row.actual.met : null;
}

export function Changes({ row }) {
  const { change } = row;
  if (!change || (!change.printed && change.computed === null)) return "";
  return html`<span class="nowrap">${change.printed || "—"} <span class="note">|</span> ${change.computed === null ? "—" : html`<${Quantity} value=${change.computed} digits=${2} /> <span class="unit">${unitOf(change.unit)}</span>`}${change.differs && html` <span class="sign-of warning" title=${t("differs")}><span aria-hidden="true">≠</span><span class="hidden">${t("differs")}</span></span>`}</span>`;
}
