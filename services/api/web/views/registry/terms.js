// What a meter means, from which moment on, and its recorded replacements: tried before they are done.

import { html, useState } from "../../vendor/preact.js";
import { may, post, remove, useGet } from "../../lib/api.js";
import { useExported } from "../../lib/exported.js";
import { go } from "../../lib/state.js";
import { timeText } from "../../lib/time.js";
import { word, wordsOf } from "../../lib/words.js";
import { Dialog } from "../../parts/dialog.js";
import { Quantity } from "../../parts/number.js";
import { Read } from "../../parts/states.js";
import { Table } from "../../parts/table.js";
import words from "../registry.words.js";
import { faultsOf, Fields, shanghaiMoment, toValue, useDraft } from "./form.js";
import { decimalsOf, KINDS } from "./kinds.js";
import { Effect } from "./preview.js";

const t = wordsOf(words);
const DATED = KINDS.meters.fields.filter((field) => field.dated).map((field) => ({ ...field, required: false, help: null }));
const TERM = [{ name: "valid_from", type: "moment", required: true, help: "h_moment" }, ...DATED, { name: "reason", type: "lines" }];
const REPLACEMENT = [
  { name: "ts", type: "moment", required: true, help: "h_moment" },
  { name: "final_value", type: "number", required: true, help: "h_final" },
  { name: "first_value", type: "number", required: true, help: "h_first" },
  { name: "note", type: "text" },
];
const OVERTAKEN = 412;
const MOMENTS = ["valid_from", "ts"];

const NUMBERS = DATED.filter((field) => field.type === "number").map((field) => field.name);
const shownValue = (row, name) => {
  if (NUMBERS.includes(name)) return html`<${Quantity} value=${row[name]} digits=${decimalsOf(row[name])} />`;
  if (name === "kind") return word("meter_kind", row.kind);
  return name === "stamp" ? word("stamp", row.stamp) : row[name];
};

export function Terms({ code, onChanged }) {
  const terms = useGet(`/meters/${code}/terms`, { limit: 1000 });
  useExported(t("terms"), terms.address);
  const [adding, setAdding] = useState(false);
  const changed = () => {
    terms.reload();
    onChanged();
  };
  return html`
    <p class="note">${t("terms_note")}</p>
    <${Read} of=${terms}>${(data) => html`<${Table} caption=${t("table_of", { title: t("terms") })} rows=${data.data} rowKey=${(row) => row.id} columns=${[
      { key: "valid_from", title: t("f_valid_from"), narrow: true, cell: (row) => (row.valid_from ? timeText(row.valid_from) : t("from_ever_short")) },
      { key: "says", title: t("says"), narrow: true, wide: true, cell: (row) => html`<ul>${row.fields.filter((name) => row[name] !== null).map((name) => html`<li key=${name}>${t(`f_${name}`)}${t("colon")}${shownValue(row, name)}</li>`)}</ul>` },
      { key: "reason", title: t("reason"), cell: (row) => row.reason || "" },
      { key: "author", title: t("author"), cell: (row) => html`${row.author}<br /><span class="note">${timeText(row.recorded_at)}</span>` },
    ]} />`}<//>
    ${may("register") && html`<p class="toolbar"><button type="button" onClick=${() => setAdding(true)}>${t("term_new")}</button></p>`}
    ${adding && html`<${Act} title=${t("term_new")} name=${`term ${code}`} fields=${TERM} path=${`/meters/${code}/terms`} trial tag=${terms.tag} onOvertaken=${terms.reload} onClose=${() => setAdding(false)} onDone=${changed} />`}`;
}

export function Replacements({ code }) {
  const replacements = useGet(`/meters/${code}/replacements`, { limit: 1000 });
  useExported(t("replacements"), replacements.address);
  const [adding, setAdding] = useState(false);
  const [problem, setProblem] = useState(null);
  const withdraw = async (row) => {
    setProblem(null);
    try {
      const answer = await remove(`/meters/${code}/replacements/${encodeURIComponent(row.ts)}`);
      if (answer && answer.proposal_id) go("/registry/proposals");
      else replacements.reload();
    } catch (refused) {
      setProblem(refused);
    }
  };
  return html`
    <${Read} of=${replacements} lines=${2}>${(data) => html`<${Table} caption=${t("table_of", { title: t("replacements") })} rows=${data.data} rowKey=${(row) => row.ts} columns=${[
      { key: "ts", title: t("f_ts"), narrow: true, cell: (row) => timeText(row.ts) },
      { key: "final_value", title: t("f_final_value"), number: true, narrow: true, cell: (row) => html`<${Quantity} value=${row.final_value} digits=${4} />` },
      { key: "first_value", title: t("f_first_value"), number: true, narrow: true, cell: (row) => html`<${Quantity} value=${row.first_value} digits=${4} />` },
      { key: "note", title: t("f_note") },
      ...(may("register") ? [{ key: "acts", title: t("acts"), cell: (row) => html`<button type="button" class="small" onClick=${() => withdraw(row)}>${t("delete")}</button>` }] : []),
    ]} />`}<//>
    ${problem && html`<p class="fault" role="alert">${Object.values(faultsOf(problem, [])).flat().join("；")}</p>`}
    ${may("register") && html`<p class="toolbar"><button type="button" onClick=${() => setAdding(true)}>${t("replacement_new")}</button></p>`}
    ${adding && html`<${Act} title=${t("replacement_new")} name=${`replacement ${code}`} fields=${REPLACEMENT} path=${`/meters/${code}/replacements`} onClose=${() => setAdding(false)} onDone=${replacements.reload} />`}`;
}

// A form over the page; with `trial` what it does to the sums is shown first. `tag`: of the list that was read, which `onOvertaken` reads again.
function Act({ title, name, fields, path, trial = false, tag = null, onOvertaken = null, onClose, onDone }) {
  const start = Object.fromEntries(fields.map((field) => [field.name, ""]));
  const [values, setValues, forget] = useDraft(name, start);
  const [problem, setProblem] = useState(null);
  const [effect, setEffect] = useState(null);
  const body = () => {
    const given = fields.map((field) => [field.name, MOMENTS.includes(field.name) ? shanghaiMoment(values[field.name]) : toValue(field, values[field.name] || "")]);
    return Object.fromEntries(given.filter(([, value]) => value !== null));
  };
  const send = async (dry) => {
    setProblem(null);
    try {
      const answer = await post(path + (dry ? "?dry_run=true" : ""), body(), tag && !dry ? { headers: { "If-Match": tag } } : {});
      if (dry) {
        setEffect(answer);
        return;
      }
      forget(start);
      onClose();
      if (answer && answer.proposal_id) go("/registry/proposals");
      else onDone();
    } catch (refused) {
      setProblem(refused);
      if (refused.status === OVERTAKEN && onOvertaken) onOvertaken();
    }
  };
  const change = (next) => {
    setEffect(null);
    setValues(next);
  };
  return html`<${Dialog} title=${title} onClose=${onClose} wide>
    <form noValidate onSubmit=${(event) => { event.preventDefault(); send(trial && !effect); }}>
      <${Fields} fields=${fields} values=${values} onChange=${change} faults=${problem && problem.status === OVERTAKEN ? { "": [t("list_changed_meanwhile")] } : faultsOf(problem, fields)} />
      ${effect && html`<h3>${t("effect")}</h3><${Effect} effect=${effect} />`}
      <p class="toolbar"><button type="submit" class="primary">${t(trial && !effect ? "try_it" : "save")}</button>
        <button type="button" onClick=${() => forget(start)}>${t("throw_away")}</button><span class="note">${t("second_person_note")}</span></p>
    </form>
  <//>`;
}
