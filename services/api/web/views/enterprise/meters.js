// The meters of an enterprise: what each measured, and how completely; each leads to its readings.

import { html } from "../../vendor/preact.js";
import { useGet } from "../../lib/api.js";
import { useExported } from "../../lib/exported.js";
import { visit, link } from "../../lib/state.js";
import { addDays, toDay } from "../../lib/time.js";
import { nameOf, word, wordsOf } from "../../lib/words.js";
import { Coverage, Quantity } from "../../parts/number.js";
import { Read } from "../../parts/states.js";
import { Table } from "../../parts/table.js";
import words from "../enterprise.words.js";

const t = wordsOf(words);

// `worstFirst`: ordered by how much is missing.
export function Meters({ code, period, worstFirst = false }) {
  const energy = useGet("/energy", { scope: `enterprise:${code}`, start: period.start, end: period.end, bucket: "total", by: "unit,meter,flow", limit: 1000 });
  useExported(t("tab_meters"), energy.address);
  const last = addDays(period.end, -1);
  const day = last > toDay() ? toDay() : last;
  const open = (row) => visit(link("/quality", { meter: row.meter, day }));
  return html`<p class="note">${t("meters_note")}</p><${Read} of=${energy}>${(data) => {
    const rows = [...data.data].sort((one, other) => (worstFirst ? (one.coverage ?? 2) - (other.coverage ?? 2) : one.unit.localeCompare(other.unit)) || one.meter.localeCompare(other.meter));
    return html`<${Table} caption=${t("tab_meters")} rows=${rows} rowKey=${(row) => `${row.meter} ${row.flow}`} onOpen=${open} columns=${[
      { key: "meter", title: t("meter"), wide: true, order: true, cell: (row) => html`<a href=${link("/quality", { meter: row.meter, day })}>${nameOf(data.names, "meter", row.meter)}</a> <code class="note">${row.meter}</code>` },
      { key: "unit", title: t("unit"), order: true, cell: (row) => nameOf(data.names, "unit", row.unit) },
      { key: "carrier", title: t("carrier"), order: true, narrow: true, cell: (row) => word("carrier", row.carrier) },
      { key: "flow", title: t("flow"), order: true, narrow: true, cell: (row) => word("flow", row.flow) },
      { key: "quantity", title: t("quantity"), number: true, narrow: true, cell: (row) => html`<${Quantity} value=${row.quantity} unit=${row.quantity_unit} withUnit coverage=${row.coverage} />` },
      { key: "coverage", title: t("coverage"), number: true, order: true, narrow: true, cell: (row) => html`<${Coverage} value=${row.coverage} always />` },
    ]} />`;
  }}<//>`;
}

