// A rule as a sentence: of whom, what, over which time, when it is a breach, and what follows.

import { html } from "../../vendor/preact.js";
import { apiWords, areas, saidOf, word, wordsOf } from "../../lib/words.js";
import { language } from "../../lib/state.js";
import { lengthText } from "../../lib/time.js";
import { Severity } from "../../parts/verdict.js";
import words from "../rules.words.js";

const t = wordsOf(words);
const OWN_SOURCES = ["retrofit_days_left", "energy_above_approved", "dual_control_intensity", "dual_control_total", "month_energy_budget", "gateway_silence_s", "emission_of_limit", "monitor_silence_s", "emission_stuck_h", "emission_zero_h", "calibration_days_left"];
const between = () => (language.value === "zh" ? "、" : ", ");

export function indicatorName(slug) {
  if (OWN_SOURCES.includes(slug)) return t(`i_${slug}`);
  if (slug.startsWith("check_")) return word("check", slug.slice("check_".length));
  return word("indicator", slug);
}

// What a rule compares with, as people say it: lengths of time in words.
const amountOf = (indicator) => (number) => (indicator.endsWith("_silence_s") ? lengthText(number, language.value) : number);
const OPERATORS = { ">=": "≥", "<=": "≤" };

function compareText(compare, indicator) {
  const amount = amountOf(indicator);
  if (compare.op === "range") return t("c_range", { number: amount(compare.number), high: amount(compare.high) });
  if (compare.op) return t("c_number", { op: OPERATORS[compare.op] || compare.op, number: amount(compare.number) });
  if (compare.benchmark) return t(`c_${compare.benchmark}`);
  if (compare.limit_grade) return t("c_grade", { grade: compare.limit_grade });
  return compare.level ? t("c_level", { levels: compare.level.join(between()) }) : t("c_target");
}

function scopeText(scope = {}) {
  const parts = [
    ...(scope.areas || []).map((code) => (areas.value[code] ? saidOf(areas.value[code], "name") : code)),
    ...(scope.park_kinds || []).map((each) => word("park_kind", each)),
    ...(scope.trades || []).map((each) => word("trade", each)),
    ...(scope.processes || []).map((each) => word("process", each)),
    ...(scope.unit_status || []).map((each) => word("unit_status", each)),
    ...(scope.least_racks ? [t("racks", { number: scope.least_racks })] : []),
  ];
  return parts.join(between());
}

const periodText = (body) => (body.period === "now" ? t("p_now") : t(body.running ? "running_period" : "complete_period", { period: t(`p_${body.period}`) }));

export function Sentence({ body }) {
  const where = scopeText(body.scope);
  const amount = amountOf(body.indicator);
  const more = [
    body.clear && (body.clear.number !== undefined ? t("s_clear_number", { number: amount(body.clear.number) }) : body.clear.margin !== undefined ? t("s_clear_margin", { number: amount(body.clear.margin) }) : t("s_clear_percent", { number: body.clear.margin_percent })),
    body.coverage_least && t("s_coverage", { share: body.coverage_least }),
    body.repeat_s && t("s_repeat", { length: lengthText(body.repeat_s, language.value) }),
    body.reopen_window_s && t("s_reopen", { length: lengthText(body.reopen_window_s, language.value) }),
    body.inhibits && t("s_inhibits"),
  ].filter(Boolean);
  return html`
    <p class="rule-sentence">${t("s_of")} <b>${t(`u_${body.subject}`)}</b>${where && t("s_where", { where })} ${t("s_look")} <b>${indicatorName(body.indicator)}</b> ${t("s_over")} <b>${periodText(body)}</b>${t("s_breach")} <b>${compareText(body.compare, body.indicator)}</b>${body.hold_s > 0 && html` ${t("s_hold")} <b>${lengthText(body.hold_s, language.value)}</b>`}${t("s_then")} <${Severity} severity=${body.severity} />${t("s_alert")}${language.value === "zh" ? "。" : ""}</p>
    ${more.length > 0 && html`<p class="note">${more.join(language.value === "zh" ? "；" : "; ")}${language.value === "zh" ? "。" : "."}</p>`}`;
}

// Whether the API says anything of a kind of word: used where a rule is made anew.
export const knownIndicators = () => [...Object.keys(apiWords.value.indicator || {}), ...OWN_SOURCES, ...Object.keys(apiWords.value.check || {}).map((each) => `check_${each}`)];
