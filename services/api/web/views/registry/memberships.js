// To which banner and park an enterprise belongs, from which day on.

import { html, useState } from "../../vendor/preact.js";
import { may, patch, post, remove, useGet } from "../../lib/api.js";
import { useExported } from "../../lib/exported.js";
import { go, link } from "../../lib/state.js";
import { nameOf, wordsOf } from "../../lib/words.js";
import { Read } from "../../parts/states.js";
import { Table } from "../../parts/table.js";
import words from "../registry.words.js";
import { faultsOf, Fields, toValue, useDraft } from "./form.js";

const t = wordsOf(words);
const FIELDS = [
  { name: "area_code", type: "banner", required: true },
  { name: "park_code", type: "text" },
  { name: "valid_from", type: "day", required: true, help: "h_moves_on" },
];
const OVERTAKEN = 412;
const EMPTY = { area_code: "", park_code: "", valid_from: "" };

export function Memberships({ code, onChanged }) {
  const [values, setValues, forget] = useDraft(`membership ${code}`, EMPTY);
  const [editing, setEditing] = useState(null);
  const [problem, setProblem] = useState(null);
  const path = `/enterprises/${code}/memberships`;
  const list = useGet(path, { limit: 1000 });
  useExported(t("memberships"), list.address);
  const seen = { headers: { "If-Match": list.tag } };
  const done = (answer) => {
    forget(EMPTY);
    setEditing(null);
    list.reload();
    if (answer && answer.proposal_id) go("/registry/proposals");
    else onChanged();
  };
  const tried = async (act) => {
    setProblem(null);
    try {
      done(await act());
    } catch (refused) {
      setProblem(refused);
      // What it is now stands in the table; what was filled in stays under it.
      if (refused.status === OVERTAKEN) list.reload();
    }
  };
  const body = Object.fromEntries(FIELDS.map((field) => [field.name, toValue(field, values[field.name] || "")]));
  const submit = (event) => {
    event.preventDefault();
    tried(() => (editing ? patch(`${path}/${editing}`, body, seen) : post(path, body, seen)));
  };
  const edit = (row) => {
    setEditing(row.valid_from);
    setValues({ area_code: row.area_code, park_code: row.park_code || "", valid_from: row.valid_from });
  };
  const columns = (rows, names) => [
    { key: "valid_from", title: t("f_valid_from"), order: true, narrow: true },
    { key: "area_code", title: t("f_area_code"), narrow: true, cell: (row) => nameOf(names, "area", row.area_code) },
    { key: "park_code", title: t("f_park_code"), cell: (row) => (row.park_code ? html`<a href=${link(`/registry/parks/${row.park_code}`)}>${nameOf(names, "park", row.park_code)}</a>` : t("none")) },
    ...(may("register") ? [{ key: "acts", title: t("acts"), cell: (row) => html`<button type="button" class="small" onClick=${() => edit(row)}>${t("edit")}</button> <button type="button" class="small" disabled=${rows.length < 2} onClick=${() => tried(() => remove(`${path}/${row.valid_from}`, seen))}>${t("delete")}</button>` }] : []),
  ];
  return html`
    <${Read} of=${list} lines=${2}>${(data) => html`<${Table} caption=${t("table_of", { title: t("memberships") })} rows=${data.data} rowKey=${(row) => row.valid_from} columns=${columns(data.data, data.names)} />`}<//>
    ${may("register") && html`<form onSubmit=${submit} noValidate>
      <h3>${editing ? t("membership_edit", { day: editing }) : t("membership_new")}</h3>
      <${Fields} fields=${FIELDS} values=${values} onChange=${setValues} faults=${problem && problem.status === OVERTAKEN ? { "": [t("list_changed_meanwhile")] } : faultsOf(problem, FIELDS)} />
      <p class="toolbar"><button type="submit" class="primary">${t("save")}</button>${editing && html`<button type="button" onClick=${() => { setEditing(null); forget(EMPTY); }}>${t("cancel")}</button>`}<span class="note">${t("second_person_note")}</span></p>
    </form>`}`;
}
