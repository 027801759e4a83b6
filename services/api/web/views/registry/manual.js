// 手工月报: what people entered of months from papers, beside what meters measured of the same; entered, corrected, withdrawn.

import { html, useState } from "../../vendor/preact.js";
import { get, may, patch, post, remove, useGet } from "../../lib/api.js";
import { useExported } from "../../lib/exported.js";
import { go, link, route, setQuery } from "../../lib/state.js";
import { timeText } from "../../lib/time.js";
import { nameOf, word, wordsOf } from "../../lib/words.js";
import { Dialog } from "../../parts/dialog.js";
import { Change, Coverage, Quantity } from "../../parts/number.js";
import { Card, PageHead } from "../../parts/page.js";
import { Failure, Nothing, Read } from "../../parts/states.js";
import { Pager, Table } from "../../parts/table.js";
import words from "../registry.words.js";
import { faultsOf, Fields, toTexts, toValue, useDraft, useLeaveWarning } from "./form.js";
import { decimalsOf } from "./kinds.js";

const t = wordsOf(words);
const PATH = "/manual-reports";
const PAGE = 100;
const FIELDS = [
  { name: "unit_code", type: "text", required: true, stays: true },
  { name: "carrier", type: "select", kind: "carrier", required: true, stays: true },
  { name: "flow", type: "select", kind: "flow", options: ["input", "output", "feedstock", "renewable"], required: true, stays: true },
  { name: "month", type: "text", required: true, stays: true, help: "h_month" },
  { name: "value", type: "number", required: true },
  { name: "unit_of_measure", type: "suggest", options: ["kWh", "万kWh", "GJ", "t", "万t", "m3", "万m3"], required: true },
  { name: "document", type: "text", required: true, help: "h_document" },
  { name: "reason", type: "text" },
];

export function ManualReports({ tabs }) {
  const { enterprise, unit, area, order, versions } = route.value.query;
  const [editing, setEditing] = useState(null);
  const [withdrawing, setWithdrawing] = useState(null);
  const asked = { enterprise, unit, area, order: order || "-period", versions: versions ? true : null };
  const list = useGet(PATH, { ...asked, limit: PAGE, total: true });
  useExported(t("kind_manual"), list.address);
  const [more, setMore] = useState({ of: null, rows: [], next: null });
  const isMore = more.of === list.address;
  const readMore = async (next) => {
    const page = await get(PATH, { ...asked, limit: PAGE, cursor: next });
    setMore({ of: list.address, rows: [...(isMore ? more.rows : []), ...page.data], next: page.next });
  };
  const done = (answer) => {
    setEditing(null);
    setWithdrawing(null);
    if (answer && answer.proposal_id) go("/registry/proposals");
    else {
      setMore({ of: null, rows: [], next: null });
      list.reload();
    }
  };
  const filters = Object.entries({ enterprise, unit }).filter(([, value]) => value).map(([name, value]) => ({ name: t(`by_${name}`), value, remove: () => setQuery({ [name]: null }) }));
  return html`
    <${PageHead} title=${t("title")} note=${t("note_manual")} actions=${may("report") && html`
      <a class="button" href=${link("/registry/manual-reports", { import: 1 })}>${t("import")}</a>
      <button type="button" class="primary" onClick=${() => setEditing({})}>${t("manual_new")}</button>`} />
    ${tabs}
    <${Card}>
      <p class="toolbar"><label><input type="checkbox" checked=${Boolean(versions)} onChange=${(event) => setQuery({ versions: event.target.checked ? 1 : null })} /> ${t("all_versions")}</label></p>
      <${Read} of=${list}>${(data) => {
        const next = isMore ? more.next : data.next;
        const rows = isMore ? [...data.data, ...more.rows] : data.data;
        return html`<${Table} caption=${t("kind_manual")} rows=${rows} rowKey=${(row) => row.id} order=${asked.order} onOrder=${(next_) => setQuery({ order: next_ })} columns=${columns(data.names, { versions, setEditing, setWithdrawing })} filters=${filters.length > 0 && html`<${Nothing} filters=${filters} />`} />
          <${Pager} shown=${rows.length} total=${data.total} onMore=${next ? () => readMore(next) : null} step=${PAGE} />`;
      }}<//>
      <p class="note">${t("manual_note")}</p>
    <//>
    ${editing && html`<${Report} row=${editing} onClose=${() => setEditing(null)} onDone=${done} />`}
    ${withdrawing && html`<${Withdraw} row=${withdrawing} onClose=${() => setWithdrawing(null)} onDone=${done} />`}`;
}

const columns = (names, { versions, setEditing, setWithdrawing }) => [
  { key: "period", title: t("month"), order: true, narrow: true, cell: (row) => row.month },
  { key: "unit_code", title: t("unit"), order: true, wide: true, narrow: true, cell: (row) => html`<a href=${link(`/registry/units/${row.unit_code}`)}>${nameOf(names, "unit", row.unit_code)}</a> <span class="note">${nameOf(names, "enterprise", row.enterprise)}</span>` },
  { key: "carrier", title: t("f_carrier"), order: true, narrow: true, cell: (row) => html`${word("carrier", row.carrier)} <span class="note">${word("flow", row.flow)}</span>` },
  { key: "value", title: t("f_value"), number: true, narrow: true, cell: (row) => (row.withdrawn ? html`<span class="note">${t("withdrawn")}</span>` : html`<${Quantity} value=${row.value} digits=${decimalsOf(row.value)} /> ${row.unit_of_measure}`) },
  { key: "counts", title: t("manual_place"), cell: (row) => (row.counts ? html`<span class="chip">${t("manual_counts")}</span>` : row.by_meter.meters ? t("manual_beside") : "") },
  { key: "metered", title: t("metered"), number: true, cell: (row) => (row.by_meter.meters ? html`<${Quantity} value=${row.by_meter.quantity} unit=${row.quantity_unit} withUnit coverage=${row.by_meter.coverage} /> <${Coverage} value=${row.by_meter.coverage} />` : "") },
  { key: "difference", title: t("manual_difference"), number: true, cell: (row) => html`<${Change} percent=${row.by_meter.difference_percent} />${row.by_meter.is_apart && html` <span class="fault">${t("is_apart")}</span>`}` },
  { key: "document", title: t("f_document"), cell: (row) => html`${row.document}${row.reason && html` <span class="note">${row.reason}</span>`}` },
  { key: "recorded_at", title: t("entered"), order: true, cell: (row) => html`${row.recorded_by} <span class="note">${timeText(row.recorded_at)}</span>` },
  may("report") && !versions && { key: "acts", title: t("acts"), cell: (row) => html`<button type="button" class="small" onClick=${() => setEditing(row)}>${t("edit")}</button> <button type="button" class="small" onClick=${() => setWithdrawing(row)}>${t("withdraw")}</button>` },
].filter(Boolean);

// A new one, or the next version of one that stands.
function Report({ row, onClose, onDone }) {
  const isNew = !row.id;
  const start = isNew ? { ...toTexts(FIELDS, null), flow: "input" } : { ...toTexts(FIELDS, row), reason: "" };
  const [values, setValues, forget] = useDraft(isNew ? "manual new" : `manual ${row.id}`, start);
  const [problem, setProblem] = useState(null);
  useLeaveWarning(FIELDS.some((field) => values[field.name] !== start[field.name]));
  const submit = async (event) => {
    event.preventDefault();
    setProblem(null);
    const given = FIELDS.filter((field) => isNew || !field.stays).map((field) => [field.name, toValue(field, values[field.name] || "")]).filter(([, value]) => value !== null);
    try {
      const answer = await (isNew ? post(PATH, Object.fromEntries(given)) : patch(`${PATH}/${row.id}`, Object.fromEntries(given)));
      forget(start);
      onDone(answer);
    } catch (refused) {
      setProblem(refused);
    }
  };
  return html`<${Dialog} title=${t(isNew ? "manual_new" : "manual_edit")} onClose=${onClose} wide>
    <form onSubmit=${submit} noValidate>
      <${Fields} fields=${FIELDS} values=${values} onChange=${setValues} faults=${faultsOf(problem, FIELDS)} disabled=${isNew ? [] : FIELDS.filter((field) => field.stays).map((field) => field.name)} />
      <p class="toolbar"><button type="submit" class="primary">${t("save")}</button><button type="button" onClick=${() => { forget(start); onClose(); }}>${t("throw_away")}</button>${!isNew && html`<span class="note">${t("second_person_note")}</span>`}</p>
    </form>
  <//>`;
}

function Withdraw({ row, onClose, onDone }) {
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState(null);
  const send = async (event) => {
    event.preventDefault();
    try {
      onDone(await remove(`${PATH}/${row.id}?reason=${encodeURIComponent(reason.trim())}`));
    } catch (refused) {
      setProblem(refused);
    }
  };
  return html`<${Dialog} title=${t("withdraw")} onClose=${onClose}>
    <form onSubmit=${send}>
      <p>${row.month} · ${row.unit_code} · ${word("carrier", row.carrier)} · ${row.document}</p>
      <label>${t("reason")} * <input value=${reason} onInput=${(event) => setReason(event.target.value)} /></label>
      ${problem && html`<${Failure} problem=${problem} />`}
      <p class="toolbar"><button type="submit" class="danger" disabled=${!reason.trim()}>${t("withdraw")}</button><button type="button" onClick=${onClose}>${t("cancel")}</button><span class="note">${t("second_person_note")}</span></p>
    </form>
  <//>`;
}
