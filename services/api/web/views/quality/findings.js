// What the checks have found, as a table or, of one day, as sentences.

import { html } from "../../vendor/preact.js";
import { clockText, dayText, timeText } from "../../lib/time.js";
import { nameOf, word, wordsOf } from "../../lib/words.js";
import { Quantity } from "../../parts/number.js";
import { Table } from "../../parts/table.js";
import words from "../quality.words.js";

const t = wordsOf(words);

// From when to when: whole days by their dates, the times of one day, else the days too.
export function spanText(row) {
  const last = dayText(Date.parse(row.end) - 1);
  if (clockText(row.start) === "00:00" && clockText(row.end) === "00:00") return dayText(row.start) === last ? last : `${dayText(row.start)} – ${last}`;
  const sameDay = dayText(row.start) === last;
  return sameDay ? `${timeText(row.start)} – ${clockText(row.end)}` : `${timeText(row.start)} – ${timeText(row.end)}`;
}

const Value = ({ row }) => html`<${Quantity} value=${row.value} unit=${row.unit} withUnit limit=${row.limit} />`;
const Limit = ({ row }) => html`<${Quantity} value=${row.limit} unit=${row.unit} withUnit />`;

export function Findings({ rows, names = null, nothing, brief = false, onOpen = null }) {
  if (rows.length === 0) return html`<p class="note">✓ ${nothing}</p>`;
  if (brief) {
    return html`<ul class="stack">${rows.map((row) => html`<li key=${row.finding_id}><span class="sign-of warning"><span aria-hidden="true">▲</span> ${word("check", row.check)}</span> · ${spanText(row)} · ${t("value")} <${Value} row=${row} />, ${t("limit")} <${Limit} row=${row} /></li>`)}</ul>`;
  }
  return html`<${Table} caption=${t("table_of", { title: t("list_findings") })} rowKey=${(row) => row.finding_id} rows=${rows} onOpen=${onOpen} columns=${[
    { key: "check", title: t("check"), narrow: true, order: (one, other) => one.check.localeCompare(other.check), cell: (row) => html`<span class="sign-of warning"><span aria-hidden="true">▲</span> ${word("check", row.check)}</span>` },
    { key: "subject", title: t("subject"), narrow: true, order: true, cell: (row) => html`${nameOf(names, row.subject_kind, row.subject)} <span class="note">${word("thing", row.subject_kind)}</span>` },
    { key: "start", title: t("span"), narrow: true, order: true, cell: (row) => html`<span class="nowrap">${spanText(row)}</span>` },
    { key: "value", title: t("value"), number: true, narrow: true, order: true, cell: (row) => html`<${Value} row=${row} />` },
    { key: "limit", title: t("limit"), number: true, cell: (row) => html`<${Limit} row=${row} />` },
  ]} />`;
}
