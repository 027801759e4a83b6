// A bulletin beside what would be said now, line by line.

import { html } from "../../vendor/preact.js";
import { useGet } from "../../lib/api.js";
import { language } from "../../lib/state.js";
import { periodOf, periodText, timeText } from "../../lib/time.js";
import { nameOf, saidOf, wordsOf } from "../../lib/words.js";
import { scaleOf } from "../../lib/format.js";
import { ExportMenu } from "../../parts/export.js";
import { Change, Count, Coverage, Points, Quantity, Share } from "../../parts/number.js";
import { Card } from "../../parts/page.js";
import { Read } from "../../parts/states.js";
import { Table } from "../../parts/table.js";
import words from "../../parts/bulletin.words.js";

const t = wordsOf(words);

export function Differences({ area, month, version, onClose }) {
  const path = `/bulletins/${area}/${month}/diff`;
  const found = useGet(path, { version });
  const title = `${t("compare_title")} · ${nameOf(null, "area", area)} ${periodText(periodOf(month), language.value)}`;
  const actions = html`<${ExportMenu} path=${path} params=${{ version }} /><button type="button" onClick=${onClose}>${t("close")}</button>`;
  return html`<${Card} title=${title} actions=${actions}>
    <${Read} of=${found} lines=${8}>${(data) => {
      const changed = data.data.filter((line) => line.state !== "same");
      return html`
        <p class="note">${t("version")} <${Count} value=${data.version} /> · ${t("issued_at")} ${timeText(data.issued_at)} · ${t("asked_at")} ${timeText(data.asked_at)} · ${t("changed_lines")} <${Count} value=${data.changed} /> / <${Count} value=${data.data.length} />${data.rows.length > 0 && html` · ${t("changed_rows")} <${Count} value=${data.rows.length} />`}${data.pending && html` · ◷ ${t("pending")}`}</p>
        ${changed.length === 0 ? html`<p class="nothing">✓ ${t("nothing_changed")}</p>` : html`<${Table} caption=${title} columns=${columns()} rows=${changed} rowKey=${(line) => line.key} />`}`;
    }}<//>
  <//>`;
}

const columns = () => [
  { key: "name", title: t("line"), narrow: true, wide: true, cell: (line) => html`${saidOf(line, "name")}<br /><span class="note">${t(`section_${line.section}`)}</span>` },
  { key: "then", title: t("then"), number: true, narrow: true, cell: (line) => side(line, "then") },
  { key: "now", title: t("now"), number: true, narrow: true, cell: (line) => side(line, "now") },
  { key: "change", title: t("change"), number: true, order: true, cell: (line) => changed(line) },
  { key: "change_percent", title: t("change_percent"), number: true, order: true, cell: (line) => (line.unit === "1" ? "" : html`<${Change} percent=${line.change_percent} />`) },
  { key: "state", title: t("state"), cell: (line) => t(`state_${line.state}`) },
];

function changed(line) {
  if (line.change === null) return "";
  if (line.unit === "1") return html`<${Points} value=${line.change} />`;
  if (line.unit === "") return html`<${Count} value=${line.change} />`;
  return html`<${Quantity} value=${line.change} unit=${line.unit} scale=${scaleOf([line.then, line.now], line.unit, language.value)} withUnit />`;
}

// What a line said then or says now: a number with its measured share, or words.
function side(line, when) {
  const value = line[when];
  const said = line[`text_${when}_${language.value}`] || line[`text_${when}_zh`];
  if (value === null) return said || html`<${Quantity} value=${null} />`;
  if (line.unit === "1") return html`<${Share} value=${value} />`;
  if (line.unit === "") return html`<${Count} value=${value} />`;
  return html`<${Quantity} value=${value} unit=${line.unit} scale=${scaleOf([line.then, line.now], line.unit, language.value)} withUnit /> <${Coverage} value=${line[`coverage_${when}`]} />`;
}
