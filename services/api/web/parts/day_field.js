// Days of meters or enterprises as rows of a heat map, out of the answer of the matrix of data quality.

import { addDays, daysBetween, toDay } from "../lib/time.js";
import { word, wordsOf } from "../lib/words.js";
import { shareText } from "./number.js";
import words from "./day_field.words.js";

const t = wordsOf(words);
const LONGEST_DAYS = 92;
// From which share on a cell is of which step.
const STEPS = [0, 0.5, 0.8, 0.9, 0.98];

// The days of a period that can be asked for: to today, the last of them where there are many.
export function daysOf(period) {
  const end = period.end > addDays(toDay(), 1) ? addDays(toDay(), 1) : period.end;
  return { start: daysBetween(period.start, end) > LONGEST_DAYS ? addDays(end, -LONGEST_DAYS) : period.start, end };
}

export const stepTexts = () => STEPS.map((_, step) => t(`step_${step}`));

export const columnsOf = (days) => days.map((day) => ({ key: day, title: day.endsWith("-01") ? String(Number(day.slice(5, 7))) + "/1" : String(Number(day.slice(8))), name: day }));

// A row of the answer as the field draws it. `mean`: of the days that have a score, to sort by; found days first among equals.
export function rowOf(row, key, name, { days, score }) {
  const checks = {};
  for (const { day, check } of row.findings) checks[day] = [...(checks[day] || []), word("check", check)];
  const told = row.values.filter((value) => value !== null);
  const mean = told.length ? told.reduce((sum, value) => sum + value, 0) / told.length - row.findings.length / 1e6 : Infinity;
  const cells = {};
  days.forEach((day, index) => {
    const found = checks[day] ? t("found", { checks: [...new Set(checks[day])].join("、") }) : "";
    cells[day] = { ...cellOf(row.values[index], row.states[index], score), sign: found ? "▲" : "" };
    if (found) cells[day].text = `${cells[day].text} · ${found}`;
  });
  return { key, name, depth: 0, cells, mean };
}

function cellOf(value, state, score) {
  if (value === null) return state === "-" ? { step: "low", text: t("unjudged") } : { step: "none", text: t("unexpected") };
  if (value === 0 && score === "completeness") return { step: null, text: t("missing") };
  let step = 0;
  STEPS.forEach((from, index) => (step = value >= from ? index : step));
  return { step, text: shareText(value) };
}
