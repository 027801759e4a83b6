// What people did to readings: corrections, acceptances, settlements, the newest first.

import { html } from "../../vendor/preact.js";
import { useExported } from "../../lib/exported.js";
import { dayText, timeText } from "../../lib/time.js";
import { nameOf, word, wordsOf } from "../../lib/words.js";
import { Count, Quantity } from "../../parts/number.js";
import { Card } from "../../parts/page.js";
import { Table } from "../../parts/table.js";
import { Paged, usePaged } from "./paged.js";
import words from "../quality.words.js";

const t = wordsOf(words);

export function Recorded({ place, period, openDay }) {
  const asked = { ...place, start: period.start, end: period.end, limit: 100 };
  const corrections = usePaged("/corrections", asked);
  const acceptances = usePaged("/acceptances", asked);
  const settlements = usePaged("/settlements", { ...asked, withdrawn: true });
  useExported(t("corrections"), corrections.address);
  useExported(t("acceptances"), acceptances.address);
  useExported(t("settlements"), settlements.address);
  const note = html`<span class="note">${t("period_note")}</span>`;
  const open = (row) => openDay(row.meter, dayText(row.ts || row.from));
  return html`<div class="stack">
    <${Card} title=${t("corrections")} actions=${note}><${Paged} of=${corrections} lines=${3}>${(rows, names) => html`<${Table} caption=${t("table_of", { title: t("corrections") })} rowKey=${(row) => row.id} rows=${rows} onOpen=${open} columns=${[
      ...whose(names),
      { key: "ts", title: t("reading_time"), narrow: true, order: true, cell: (row) => html`<span class="nowrap">${timeText(row.ts)}</span>` },
      { key: "kind", title: t("kind"), narrow: true, cell: (row) => word("correction", row.kind) },
      { key: "original_value", title: t("original"), number: true, cell: (row) => (row.original_value === null ? "—" : html`<${Quantity} value=${row.original_value} unit="" />`) },
      { key: "value", title: t("becomes"), number: true, narrow: true, cell: (row) => (row.value === null ? "—" : html`<${Quantity} value=${row.value} unit="" />`) },
      { key: "counts", title: t("counts"), cell: (row) => html`${row.counts ? html`<span class="sign-of ok">✓</span>` : ""} ${row.conflict && html`<span class="sign-of warning">◆ ${t("conflict_since")}</span>`}` },
      ...said("author"),
      { key: "recorded_at", title: t("recorded"), order: true, cell: (row) => html`<span class="nowrap">${timeText(row.recorded_at)}</span>` },
      { key: "seal", title: t("sealed"), number: true, cell: (row) => (row.seal === null ? html`<span class="note">${t("waits")}</span>` : html`<${Count} value=${row.seal} />`) },
    ]} />`}<//><//>
    <${Card} title=${t("acceptances")} actions=${note}><${Paged} of=${acceptances} lines=${3}>${(rows, names) => html`<${Table} caption=${t("table_of", { title: t("acceptances") })} rowKey=${(row) => `${row.meter} ${row.ts}`} rows=${rows} onOpen=${open} columns=${[
      ...whose(names),
      { key: "ts", title: t("reading_time"), narrow: true, order: true, cell: (row) => html`<span class="nowrap">${timeText(row.ts)}</span>` },
      { key: "value", title: t("stored"), number: true, narrow: true, cell: (row) => html`<${Quantity} value=${row.value} unit="" />` },
      ...said("accepted_by"),
      { key: "accepted_at", title: t("recorded"), order: true, cell: (row) => html`<span class="nowrap">${timeText(row.accepted_at)}</span>` },
    ]} />`}<//><//>
    <${Card} title=${t("settlements")} actions=${note}><${Paged} of=${settlements} lines=${3}>${(rows, names) => html`<${Table} caption=${t("table_of", { title: t("settlements") })} rowKey=${(row) => row.id} rows=${rows} onOpen=${open} columns=${[
      ...whose(names),
      { key: "from", title: t("span"), narrow: true, order: true, cell: (row) => html`<span class="nowrap">${timeText(row.from)} – ${timeText(row.to)}</span>` },
      { key: "action", title: t("action"), narrow: true, cell: (row) => html`${word("settlement", row.action)} ${row.factor !== null && html`× <${Quantity} value=${row.factor} unit="" />`} ${row.withdrawn_at && html`<span class="note">${t("withdrawn_since", { time: timeText(row.withdrawn_at) })}</span>`}` },
      ...said("author"),
      { key: "recorded_at", title: t("recorded"), order: true, cell: (row) => html`<span class="nowrap">${timeText(row.recorded_at)}</span>` },
    ]} />`}<//><//>
  </div>`;
}

const whose = (names) => [
  { key: "meter", title: t("meter"), narrow: true, cell: (row) => nameOf(names, "meter", row.meter) },
  { key: "enterprise", title: t("enterprise"), cell: (row) => nameOf(names, "enterprise", row.enterprise) },
];

// Who says so, and why.
const said = (author) => [
  { key: author, title: t("author"), cell: (row) => row[author] },
  { key: "reason", title: t("reason"), wide: true, cell: (row) => row.reason },
];
