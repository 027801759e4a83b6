// Somebody else has changed it meanwhile: what it was when it was read, what it is now, what was filled in here; and which of them goes on.

import { html } from "../../vendor/preact.js";
import { useGet } from "../../lib/api.js";
import { wordsOf } from "../../lib/words.js";
import { Read } from "../../parts/states.js";
import { Table } from "../../parts/table.js";
import words from "../registry.words.js";
import { shownText, toTexts } from "./form.js";

const t = wordsOf(words);

// `path`: where it is read; `fields`, `entry`, `values`: of the form. `onMine`: go on with what was filled in; `onTheirs`: throw it away.
export function Overtaken({ path, fields, entry, values, onMine, onTheirs }) {
  const now = useGet(path);
  return html`<div class="failure overtaken" role="alert">
    <p><strong>${t("changed_meanwhile")}</strong> ${t("overtaken_text")}</p>
    <${Read} of=${now} lines=${2}>${(data) => {
      const [was, is] = [toTexts(fields, entry), toTexts(fields, data)];
      const rows = fields.filter(({ name }) => was[name] !== is[name] || was[name] !== values[name]);
      return html`<${Table} caption=${t("overtaken")} rows=${rows} rowKey=${(field) => field.name} columns=${[
        { key: "name", title: t("field"), cell: (field) => t(`f_${field.name}`) },
        { key: "was", title: t("as_read"), narrow: true, cell: (field) => shownText(field, was[field.name]) },
        { key: "is", title: t("as_now"), narrow: true, cell: (field) => (was[field.name] === is[field.name] ? html`<span class="note">${t("as_before")}</span>` : html`<strong>${shownText(field, is[field.name])}</strong>`) },
        { key: "mine", title: t("as_filled_in"), narrow: true, cell: (field) => (was[field.name] === values[field.name] ? html`<span class="note">${t("as_before")}</span>` : html`<strong>${shownText(field, values[field.name])}</strong>`) },
      ]} />`;
    }}<//>
    <p class="toolbar"><button type="button" class="primary" onClick=${onMine}>${t("go_on_with_mine")}</button><button type="button" onClick=${onTheirs}>${t("take_theirs")}</button></p>
  </div>`;
}
