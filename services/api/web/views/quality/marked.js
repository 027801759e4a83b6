// Readings that are not plainly good, over all meters; and what the checks have found.

import { html } from "../../vendor/preact.js";
import { useExported } from "../../lib/exported.js";
import { route, setQuery } from "../../lib/state.js";
import { dayText, timeText } from "../../lib/time.js";
import { apiWords, nameOf, word, wordsOf } from "../../lib/words.js";
import { Quantity } from "../../parts/number.js";
import { Card, Facet } from "../../parts/page.js";
import { Nothing } from "../../parts/states.js";
import { Table } from "../../parts/table.js";
import { Mark } from "./day.js";
import { Findings } from "./findings.js";
import { Paged, usePaged } from "./paged.js";
import words from "../quality.words.js";

const t = wordsOf(words);
// Of these somebody must say something; the others are told of what happened.
const TO_DECIDE = ["suspect", "overlap", "pending", "dip", "glitch"];

export function Marked({ place, scope, period, openDay }) {
  const asked = (route.value.query.mark || "").split(",").filter(Boolean);
  const quality = asked.length ? asked : TO_DECIDE;
  const range = { start: period.start, end: period.end };
  const readings = usePaged("/readings", { ...place, ...range, quality, limit: 100 });
  const findings = usePaged("/quality/findings", { scope, ...range, order: "-day", limit: 100 });
  useExported(t("list_marked"), readings.address);
  useExported(t("list_findings"), findings.address);
  const marks = Object.keys(apiWords.value.mark || {}).filter((mark) => mark !== "good");
  const choose = (chosen) => setQuery({ mark: chosen.length ? chosen.join(",") : null });
  const openFinding = (row) => row.subject_kind === "meter" && openDay(row.subject, row.day);
  return html`<div class="stack">
    <${Card} title=${t("list_marked")} actions=${html`<span class="note">${t("period_note")}</span>`}>
      <${Facet} title=${t("with_mark")} chosen=${quality} values=${marks.map((mark) => ({ key: mark, title: word("mark", mark) }))} onChoose=${choose} />
      <${Paged} of=${readings}>${(rows, names) => html`<${Table} caption=${t("table_of", { title: t("list_marked") })} rowKey=${(row) => `${row.meter} ${row.ts}`} rows=${rows} onOpen=${(row) => openDay(row.meter, dayText(row.ts))}
        filters=${html`<${Nothing} filters=${asked.map((mark) => ({ name: t("mark"), value: word("mark", mark), remove: () => choose(asked.filter((each) => each !== mark)) }))} />`}
        columns=${[
          { key: "meter", title: t("meter"), narrow: true, cell: (row) => nameOf(names, "meter", row.meter) },
          { key: "enterprise", title: t("enterprise"), narrow: true, cell: (row) => nameOf(names, "enterprise", row.enterprise) },
          { key: "ts", title: t("time"), narrow: true, order: true, cell: (row) => html`<span class="nowrap">${timeText(row.ts)}</span>` },
          { key: "value", title: t("stored"), number: true, cell: (row) => html`<${Quantity} value=${row.value} unit=${row.unit_of_measure} withUnit />` },
          { key: "quality", title: t("mark"), cell: (row) => html`<${Mark} row=${row} />` },
        ]} />`}<//>
    <//>
    <${Card} title=${t("list_findings")} actions=${html`<span class="note">${t("period_note")}</span>`}>
      <${Paged} of=${findings}>${(rows, names) => html`<${Findings} rows=${rows} names=${names} nothing=${t("no_findings")} onOpen=${openFinding} />`}<//>
    <//>
  </div>`;
}
