// The units of an enterprise: each against its benchmark and baseline.

import { html } from "../../vendor/preact.js";
import { useGet } from "../../lib/api.js";
import { useExported } from "../../lib/exported.js";
import { language } from "../../lib/state.js";
import { dayText, periodText } from "../../lib/time.js";
import { nameOf, said, saidOf, word, wordsOf } from "../../lib/words.js";
import { LevelBar } from "../../parts/level_bar.js";
import { Count, Coverage, Quantity } from "../../parts/number.js";
import { Read } from "../../parts/states.js";
import { Table } from "../../parts/table.js";
import { Verdict } from "../../parts/verdict.js";
import words from "../enterprise.words.js";

const t = wordsOf(words);

export function Units({ code, period }) {
  const asked = { enterprise: code, start: period.start, end: period.end, limit: 1000 };
  const list = useGet("/efficiency-list", asked);
  useExported(t("tab_units"), list.address);
  return html`<p class="note">${t("units_note", { period: periodText(period, language.value) })}</p>
    <${Read} of=${list}>${(data) => html`<${Table} caption=${t("tab_units")} rows=${data.data} rowKey=${(row) => row.unit} columns=${columnsOf(period, data.names)} />`}<//>`;
}

const limitOf = (row) => {
  const known = [row.benchmark, row.baseline].filter((value) => value !== null && value !== undefined);
  if (!known.length || row.value === null) return null;
  return known.reduce((nearest, each) => (Math.abs(each - row.value) < Math.abs(nearest - row.value) ? each : nearest));
};

const columnsOf = (period, names) => [
  { key: "unit", title: t("unit"), wide: true, cell: (row) => html`${saidOf(row, "name")}<span class="note"> ${row.process_name_zh ? saidOf(row, "process_name") : nameOf(names, "process", row.process)}</span>` },
  {
    key: "value",
    title: t("value"),
    number: true,
    narrow: true,
    cell: (row) => html`<${Quantity} value=${row.value} unit=${row.value_unit} withUnit limit=${limitOf(row)} coverage=${row.coverage} label=${saidOf(row, "name")}
      explain=${row.indicator ? { path: `/indicators/${row.indicator}`, params: { scope: `unit:${row.unit}`, start: period.start, end: period.end, bucket: "total" }, where: saidOf(row, "name") } : null} />`,
  },
  { key: "levels", title: t("levels"), wide: true, cell: (row) => html`<${LevelBar} value=${row.value} benchmark=${row.benchmark} baseline=${row.baseline} unit=${row.value_unit} low=${row.coverage !== null && row.coverage < 0.9} />` },
  { key: "verdict", title: t("verdict"), narrow: true, cell: (row) => html`<${Verdict} verdict=${row.verdict} text=${reasonsOf(row)} /><span class="note"> ${row.placing && row.verdict !== "cannot_judge" ? word("placing", row.placing) : reasonsOf(row)}</span>` },
  { key: "deadline", title: t("deadline"), cell: (row) => (row.deadline ? html`${dayText(`${row.deadline}T00:00:00+08:00`)} <span class="note"><${Days} left=${row.days_left} /></span>` : "—") },
  { key: "coverage", title: t("coverage"), number: true, narrow: true, cell: (row) => html`<${Coverage} value=${row.coverage} />` },
];

const reasonsOf = (row) => row.reasons.map((reason) => said({ zh: reason.text_zh, en: reason.text })).join(language.value === "zh" ? "；" : "; ");

function Days({ left }) {
  if (left === null || left === undefined) return "";
  const [before, after] = t(left < 0 ? "days_late" : "days_left", { days: "\u0000" }).split("\u0000");
  return html`${before}<${Count} value=${Math.abs(left)} />${after}`;
}
