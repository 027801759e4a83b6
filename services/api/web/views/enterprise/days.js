// The meters of an enterprise by days, as a field; a cell leads to the readings of its day.

import { html, useMemo } from "../../vendor/preact.js";
import { useGet } from "../../lib/api.js";
import { useExported } from "../../lib/exported.js";
import { link, visit } from "../../lib/state.js";
import { nameOf, word, wordsOf } from "../../lib/words.js";
import { columnsOf, daysOf, rowOf, stepTexts } from "../../parts/day_field.js";
import { HeatMap } from "../../parts/heatmap.js";
import { Nothing, Read } from "../../parts/states.js";
import words from "../enterprise.words.js";

const t = wordsOf(words);

export function Days({ code, period }) {
  const matrix = useGet("/quality/matrix", { scope: `enterprise:${code}`, ...daysOf(period), by: "meter", score: "completeness", limit: 1000 });
  useExported(t("days"), matrix.address);
  return html`<${Read} of=${matrix} lines=${8}>${(data) => (data.data.length ? html`<${Field} data=${data} />` : html`<${Nothing} />`)}<//>`;
}

function Field({ data }) {
  const columns = useMemo(() => columnsOf(data.days), [data]);
  const rows = useMemo(() => data.data.map((row) => ({ ...rowOf(row, row.meter, nameOf(data.names, "meter", row.meter), data), open: null })).sort((one, other) => one.mean - other.mean), [data]);
  const open = (row, column) => visit(link("/quality", { meter: row.key, day: column.key }));
  return html`<p class="note">${t("days_note")}</p>
    <${HeatMap} caption=${t("days")} columns=${columns} rows=${rows} legend=${stepTexts()} onOpen=${open} corner=${t("meter")} />`;
}
