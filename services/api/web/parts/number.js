// The one place where a number is written: one scale, honest gaps, and on a click why it is what it is.

import { html } from "../vendor/preact.js";
import { changeText, percent, scaleOf, shareCut, shown } from "../lib/format.js";
import { explained } from "../lib/explained.js";
import { language } from "../lib/state.js";
import { t } from "../lib/words.js";

export const LEAST_COVERAGE = 0.9;

// `value` in `unit` of the API; null: missing. `scale` of scaleOf where numbers stand together, else its own; `withUnit`: the unit
// beside it. `digits` where they are fixed, `limit` what it is judged by. `state`: "not_applicable" or "estimated".
// `coverage`, 0 to 1. `explain`: {path, params}, the call of the API that explains it.
export function Quantity({ value, unit = "1", scale = null, withUnit = false, digits = null, limit = null, state = null, coverage = null, explain = null, label = "" }) {
  if (state === "not_applicable") return html`<span class="number none" title=${t("not_applicable_title")}>${t("not_applicable")}</span>`;
  if (value === null || value === undefined) return html`<span class="number missing" data-value="" title=${t("missing_title")}>${t("missing")}</span>`;
  const used = scale || scaleOf([value], unit, language.value);
  const decimals = digits ?? (unit === "%" ? 1 : scale ? scale.digits : null);
  const text = shown(value, { scale: used, digits: decimals, limit });
  const low = coverage !== null && coverage < LEAST_COVERAGE;
  const inside = html`${state === "estimated" && html`<span class="estimated" title=${t("estimated_title")}>≈</span>`}${text}${
    withUnit && used.name ? html`<span class="unit"> ${used.name}</span>` : ""
  }`;
  const kind = `number${low ? " low" : ""}`;
  if (!explain) return html`<data class=${kind} value=${value} data-value=${value}>${inside}</data>`;
  const open = (event) => {
    event.stopPropagation();
    explained.value = { ...explain, value, unit, label, coverage };
  };
  return html`<button type="button" class=${`${kind} why`} data-value=${value} title=${t("why")} aria-label=${`${label} ${text} ${withUnit ? used.name : ""}: ${t("why")}`} onClick=${open}>${inside}</button>`;
}

// A number that the API has written, with its unit: with as many digits as tell it from what it was held against.
export const Told = ({ value, text }) => html`<data class="number" value=${value} data-value=${value}>${text.replace(/^-/, "−")}</data>`;

// How many there are of something.
export const Count = ({ value }) =>
  value === null || value === undefined
    ? html`<span class="number missing" data-value="" title=${t("missing_title")}>${t("missing")}</span>`
    : html`<data class="number" value=${value} data-value=${value}>${shown(value, { digits: 0 })}</data>`;

// A share from 0 to 1, in per cent; `cut`: not rounded, so that what is not whole never reads 100.
export const Share = ({ value, digits = 1, cut = false }) =>
  value === null || value === undefined
    ? html`<span class="number missing" data-value="" title=${t("missing_title")}>${t("missing")}</span>`
    : html`<data class="number" value=${value} data-value=${value}>${cut ? shareCut(value, digits) : percent(value * 100, digits)}</data>`;

// The same as text, for what is said of a cell.
export const shareText = (value) => shareCut(value);

// Per cent of change, grey: whether it is good the verdict says. Nothing where it may not be told; `reason`: why not.
export function Change({ percent: changed, reason = "" }) {
  if (changed === null || changed === undefined) return reason ? html`<span class="change none" title=${reason}>—</span>` : "";
  return html`<data class="change" value=${changed} data-value=${changed}>${changeText(changed)}</data>`;
}

// A difference of two shares from 0 to 1, grey as every change, in percentage points.
export function Points({ value }) {
  if (value === null || value === undefined) return "";
  return html`<data class="change" value=${value} data-value=${value}>${changeText(value * 100, 1, "")}<span class="unit"> ${t("points")}</span></data>`;
}

// The measured share of a period: nothing where it is whole, a sign below, hatched below nine tenths.
export function Coverage({ value, always = false }) {
  if (value === null || value === undefined) return "";
  if (value >= 1 && !always) return "";
  const share = shareCut(value);
  const low = value < LEAST_COVERAGE;
  const title = t(low ? "low_coverage_title" : "coverage_title", { share });
  return html`<data class=${low ? "coverage low" : "coverage"} value=${value} data-value=${value} title=${title}><span class="sign" aria-hidden="true">${
    low ? "▨" : value >= 1 ? "●" : "◔"
  }</span> ${share}</data>`;
}
