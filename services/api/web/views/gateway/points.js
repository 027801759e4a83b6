// The points of a gateway, the unknown ones first: mapped to meters many in one act, by form or file, or ignored.

import { html, useState } from "../../vendor/preact.js";
import { addressOf, may, post, put, useGet } from "../../lib/api.js";
import { useExported } from "../../lib/exported.js";
import { route, setQuery } from "../../lib/state.js";
import { timeText } from "../../lib/time.js";
import { saidOf, word, wordsOf } from "../../lib/words.js";
import { Dialog } from "../../parts/dialog.js";
import { Count } from "../../parts/number.js";
import { Card, Facet } from "../../parts/page.js";
import { Failure, Nothing, Read } from "../../parts/states.js";
import { Table } from "../../parts/table.js";
import words from "../gateway.words.js";

const t = wordsOf(words);
const STATES = ["unknown", "mapped", "ignored", "pattern"];
const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const MOST = 1000;
const key = (row) => `${row.pattern || row.state === "pattern" ? "*" : ""}${row.name}`;

export function Points({ gateway, onChanged }) {
  const state = route.value.query.state || null;
  const list = useGet("/points", { gateway: gateway.code, state, order: "-state,name", limit: MOST, total: true });
  useExported(t("tab_points"), list.address);
  const [picked, setPicked] = useState(new Set());
  const [act, setAct] = useState(null);
  const [told, setTold] = useState(null);
  const [problem, setProblem] = useState(null);
  const register = may("register");
  const send = async (points) => {
    setProblem(null);
    try {
      const answer = await put(`/gateways/${encodeURIComponent(gateway.code)}/points`, { points });
      setTold(answer);
      setAct(null);
      setPicked(new Set());
      list.reload();
    } catch (refused) {
      setProblem(refused);
    }
  };
  const chosen = state ? state.split(",") : [];
  return html`<${Card} title=${t("tab_points")} actions=${register && html`<button type="button" onClick=${() => setAct("pattern")}>${t("ignore_pattern")}</button> <button type="button" onClick=${() => setAct("file")}>${t("from_file")}</button>`}>
    <${Facet} title=${t("state")} chosen=${chosen} onChoose=${(next) => setQuery({ state: next.join(",") })} values=${STATES.map((each) => ({ key: each, title: word("point_state", each) }))} />
    ${told && html`<p role="status">${t("set_told", { set: told.set, stored: told.taken.stored, more: told.taken.more ? t("and_more") : "" })} ${Object.keys(told.waits_for).length > 0 && t("waits_for", { names: Object.keys(told.waits_for).join("、") })} <button type="button" class="small" onClick=${onChanged}>${t("refresh")}</button></p>`}
    ${problem && act === null && html`<${Failure} problem=${problem} />`}
    <${Read} of=${list}>${(data) => {
      const rows = data.data.filter((row) => picked.has(key(row)));
      return html`
        ${register && html`<p class="toolbar">
          <button type="button" class="primary" disabled=${rows.length === 0} onClick=${() => setAct("map")}>${t("map_picked")} <${Count} value=${rows.length} /></button>
          <button type="button" disabled=${rows.length === 0} onClick=${() => send(rows.map((row) => ({ name: row.name, ignored: true })))}>${t("ignore_picked")}</button></p>`}
        <${Table} caption=${t("tab_points")} rows=${data.data} rowKey=${key} picked=${register ? picked : null} onPick=${setPicked} filters=${state ? html`<${Nothing} filters=${[{ name: t("state"), value: chosen.map((each) => word("point_state", each)).join("、"), remove: () => setQuery({ state: null }) }]} />` : html`<p class="nothing">${t("no_points")}</p>`} columns=${[
          { key: "name", title: t("point"), narrow: true, cell: (row) => html`<code>${row.name}</code>` },
          { key: "state", title: t("state"), narrow: true, cell: (row) => html`<span class=${row.state === "unknown" ? "sign-of warning" : ""}>${word("point_state", row.state)}</span>` },
          { key: "meter", title: t("meter"), narrow: true, cell: (row) => row.meter && html`<code>${row.meter}</code> ${row.unit_of_measure || ""}${row.factor !== null && row.factor !== 1 ? ` × ${row.factor}` : ""}` },
          { key: "last_value", title: t("last_value"), number: true, narrow: true, cell: (row) => row.last_value !== null && html`<span title=${timeText(row.last_ts)}>${String(row.last_value)} ${row.last_unit}</span>` },
          { key: "last_unread", title: t("last_unread"), narrow: true, cell: (row) => row.unread > 0 && html`<span title=${word("rejection", row.last_unread_code)}><${Count} value=${row.unread} /> × <code>${row.last_unread}</code> <small>${word("rejection", row.last_unread_code)}</small></span>` },
          { key: "readings", title: t("came"), number: true, cell: (row) => row.readings !== null && html`<${Count} value=${row.readings} />` },
          { key: "last_seen_at", title: t("last_seen"), cell: (row) => row.last_seen_at && timeText(row.last_seen_at) },
        ]} />
        ${data.total > data.data.length && html`<p class="note">${t("first_of", { shown: data.data.length, total: data.total })}</p>`}
        ${act === "map" && html`<${Mapping} gateway=${gateway} rows=${rows} problem=${problem} onClose=${() => setAct(null)} onSend=${send} />`}`;
    }}<//>
    ${act === "pattern" && html`<${Pattern} problem=${problem} onClose=${() => setAct(null)} onSend=${send} />`}
    ${act === "file" && html`<${FromFile} gateway=${gateway} onClose=${() => setAct(null)} onDone=${onChanged} />`}
  <//>`;
}

// Each point that was picked with the meter that it is.
function Mapping({ gateway, rows, problem, onClose, onSend }) {
  const meters = useGet("/meters", { gateway: gateway.code, limit: MOST });
  const [given, setGiven] = useState(() => Object.fromEntries(rows.map((row) => [row.name, { meter: row.meter || "", unit: row.unit_of_measure || row.last_unit || "", factor: String(row.factor || 1) }])));
  const set = (name, field) => (event) => setGiven({ ...given, [name]: { ...given[name], [field]: event.target.value } });
  const submit = (event) => {
    event.preventDefault();
    onSend(rows.map(({ name }) => ({ name, meter: given[name].meter.trim(), unit_of_measure: given[name].unit.trim() || null, factor: Number(given[name].factor) })));
  };
  const field = (row, name, label, more = {}) => html`<input aria-label=${`${row.name}: ${label}`} value=${given[row.name][name]} onInput=${set(row.name, name)} ...${more} />`;
  return html`<${Dialog} title=${t("map_picked")} onClose=${onClose} wide><form class="stacked" onSubmit=${submit}>
    <datalist id="meters-of-gateway">${((meters.data && meters.data.data) || []).map((each) => html`<option key=${each.code} value=${each.code}>${each.carrier} ${each.unit_of_measure}</option>`)}</datalist>
    <${Table} caption=${t("map_picked")} rows=${rows} rowKey=${key} columns=${[
      { key: "name", title: t("point"), narrow: true, cell: (row) => html`<code>${row.name}</code>` },
      { key: "meter", title: t("meter"), narrow: true, cell: (row) => field(row, "meter", t("meter"), { required: true, list: "meters-of-gateway" }) },
      { key: "unit", title: t("unit"), narrow: true, cell: (row) => field(row, "unit", t("unit"), { size: 8, placeholder: t("as_meter") }) },
      { key: "factor", title: t("factor"), narrow: true, cell: (row) => field(row, "factor", t("factor"), { size: 8, inputmode: "decimal", required: true }) },
    ]} />
    <${Faults} problem=${problem} names=${rows.map((row) => row.name)} />
    <p class="toolbar"><button type="submit" class="primary">${t("save")}</button><span class="note">${t("map_note")}</span></p>
  </form><//>`;
}

function Pattern({ problem, onClose, onSend }) {
  const [pattern, setPattern] = useState("");
  const submit = (event) => {
    event.preventDefault();
    onSend([{ name: pattern, ignored: true, pattern: true }]);
  };
  return html`<${Dialog} title=${t("ignore_pattern")} onClose=${onClose}><form class="stacked" onSubmit=${submit}>
    <label>${t("pattern")} <input required value=${pattern} placeholder="*.site" onInput=${(event) => setPattern(event.target.value)} /></label>
    <p class="note">${t("pattern_note")}</p>
    <${Faults} problem=${problem} names=${[pattern]} />
    <p class="toolbar"><button type="submit" class="primary">${t("save")}</button></p>
  </form><//>`;
}

// What is wrong with which point.
const Faults = ({ problem, names }) => problem && (problem.errors.length === 0 ? html`<${Failure} problem=${problem} />` : html`<div class="failure" role="alert">${problem.errors.map((each) => {
  const [, place, field] = each.field.split(".");
  return html`<p key=${each.field}><code>${names[Number(place)] || each.field}</code> ${field || ""}: ${saidOf({ reason_zh: each.reason_zh, reason_en: each.reason }, "reason")}</p>`;
})}</div>`);

// A file of points: tried first, with what is wrong by its row; what is held of them is taken in once it is written.
function FromFile({ gateway, onClose, onDone }) {
  const [file, setFile] = useState(null);
  const [told, setTold] = useState(null);
  const [problem, setProblem] = useState(null);
  const send = async (dry) => {
    setProblem(null);
    try {
      const type = file.name.toLowerCase().endsWith(".xlsx") ? XLSX : "text/csv";
      const answer = await post(addressOf("/import/points", { dry_run: dry }).replace("/api/v1", ""), file, { headers: { "Content-Type": type } });
      setTold(answer);
      if (!dry) {
        await post(addressOf("/held-readings/take", { gateway: gateway.code }).replace("/api/v1", ""));
        onDone();
      }
    } catch (refused) {
      if (refused.code === "import_refused") setTold(refused.body);
      else setProblem(refused);
    }
  };
  return html`<${Dialog} title=${t("from_file")} onClose=${onClose} wide><div class="stacked">
    <p class="toolbar"><input type="file" aria-label=${t("file")} accept=".csv,.xlsx,text/csv" onChange=${(event) => { setFile(event.target.files[0] || null); setTold(null); }} />
      <a class="button" download href=${addressOf("/import/points/template")}>${t("template")}</a>
      <button type="button" disabled=${!file} onClick=${() => send(true)}>${t("try_it")}</button>
      <button type="button" class="primary" disabled=${!told || told.error_count > 0} onClick=${() => send(false)}>${t("write")}</button></p>
    <p class="note">${t("file_note")}</p>
    ${problem && html`<${Failure} problem=${problem} />`}
    ${told && html`<p role="status" class=${told.error_count ? "fault" : ""}>${told.error_count ? t("file_faults", { count: told.error_count }) : t("file_right", { count: told.rows })}</p>`}
    ${told && told.error_count > 0 && html`<${Table} caption=${t("from_file")} rows=${told.errors} rowKey=${(row) => `${row.line} ${row.field} ${row.code}`} columns=${[
      { key: "line", title: t("line"), narrow: true, cell: (row) => html`<${Count} value=${row.line} />` },
      { key: "field", title: t("field"), narrow: true },
      { key: "reason", title: t("reason"), narrow: true, cell: (row) => saidOf({ reason_zh: row.reason_zh, reason_en: row.reason }, "reason") },
    ]} />`}
  </div><//>`;
}
