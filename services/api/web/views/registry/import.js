// Import in three steps: the file; a trial, with what is wrong shown in the sheet; the writing.

import { html, useState } from "../../vendor/preact.js";
import { addressOf, post } from "../../lib/api.js";
import { go, link } from "../../lib/state.js";
import { saidOf, word, wordsOf } from "../../lib/words.js";
import { Card, CountCard, PageHead } from "../../parts/page.js";
import { Count } from "../../parts/number.js";
import { Failure } from "../../parts/states.js";
import { Table } from "../../parts/table.js";
import words from "../registry.words.js";
import { KINDS, titleOf } from "./kinds.js";
import { columnName, decoded, rowsOf } from "./sheet.js";

const t = wordsOf(words);
const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const COUNTS = ["created", "updated", "unchanged", "skipped", "hidden"];

export function Import({ kind, tabs }) {
  const [file, setFile] = useState(null);
  const [how, setHow] = useState({ existing: "refuse", encoding: "" });
  const [trial, setTrial] = useState(null);
  const [problem, setProblem] = useState(null);
  const [running, setRunning] = useState(false);
  const [done, setDone] = useState(null);
  const isBook = file && file.name.toLowerCase().endsWith(".xlsx");
  const path = (dry) => addressOf(`/import/${kind}`, { dry_run: dry, existing: how.existing, encoding: isBook ? null : how.encoding }).replace("/api/v1", "");
  const choose = async (given) => {
    setTrial(null);
    setProblem(null);
    setDone(null);
    if (!given) return;
    const book = given.name.toLowerCase().endsWith(".xlsx");
    setFile({ name: given.name, blob: given, rows: book ? null : rowsOf(decoded(new Uint8Array(await given.arrayBuffer()), how.encoding)) });
  };
  const send = async (dry) => {
    setRunning(true);
    setProblem(null);
    try {
      const answer = await post(path(dry), file.blob, { headers: { "Content-Type": isBook ? XLSX : "text/csv" } });
      if (dry) setTrial(answer);
      else setDone(answer);
    } catch (refused) {
      if (refused.code === "import_refused") setTrial(refused.body);
      else setProblem(refused);
    } finally {
      setRunning(false);
    }
  };
  const step = done ? 3 : trial ? 2 : 1;
  return html`
    <${PageHead} title=${t("import_of", { kind: titleOf(kind) })} actions=${html`<a class="button" href=${link(`/registry/${kind}`)}>${t("back_to_list")}</a>`} />
    ${tabs}
    <ol class="import-steps" aria-label=${t("import")}>${["import_1", "import_2", "import_3"].map((key, index) => html`<li key=${key} aria-current=${step === index + 1 ? "step" : null}>${t(key)}</li>`)}</ol>
    <div class="stack">
      <${Card} title=${t("import_1")}>
        <p class="toolbar">
          <input type="file" aria-label=${t("file")} accept=".csv,.xlsx,text/csv" onChange=${(event) => choose(event.target.files[0])} />
          ${KINDS[kind] && html`<label>${t("existing")} <select value=${how.existing} onChange=${(event) => { setHow({ ...how, existing: event.target.value }); setTrial(null); }}>${["refuse", "skip", "update"].map((each) => html`<option key=${each} value=${each}>${t(`existing_${each}`)}</option>`)}</select></label>`}
          <label>${t("encoding")} <select value=${how.encoding} onChange=${(event) => { setHow({ ...how, encoding: event.target.value }); setTrial(null); }}><option value="">${t("encoding_found")}</option>${["utf-8", "gb18030", "utf-16"].map((each) => html`<option key=${each} value=${each}>${each}</option>`)}</select></label>
          <span class="spring"></span>
          <a class="button" download href=${addressOf(`/import/${kind}/template`)}>${t("template")}</a>
          <button type="button" class="primary" disabled=${!file || running} onClick=${() => send(true)}>${t(running ? "running" : "try_it")}</button>
        </p>
        <p class="note">${t(KINDS[kind] ? "import_note" : "manual_import_note")}</p>
        ${problem && html`<${Failure} problem=${problem} />`}
      <//>
      ${trial && html`<${Trial} file=${file} trial=${trial} running=${running} isDone=${done !== null} onWrite=${() => send(false)} />`}
      ${done && html`<${Card} title=${t("import_3")}>${done.proposal_id ? html`<p>${t("import_proposed")} <button type="button" onClick=${() => go("/registry/proposals")}>${t("proposals")}</button></p>` : html`<${Counts} of=${done} /><p class="toolbar"><a class="button primary" href=${link(`/registry/${kind}`)}>${t("back_to_list")}</a></p>`}<//>`}
    </div>`;
}

const Counts = ({ of }) => html`<div class="figures">${COUNTS.map((name) => html`<${CountCard} key=${name} name=${t(`count_${name}`)} count=${of[name]} />`)}</div>`;

// What would come of it, and the sheet with its faulty cells.
function Trial({ file, trial, running, isDone, onWrite }) {
  const [all, setAll] = useState(false);
  const faults = trial.errors || [];
  const byLine = new Map();
  for (const fault of faults) byLine.set(fault.line, [...(byLine.get(fault.line) || []), fault]);
  const outcomes = new Map((trial.outcomes || []).map((each) => [each.line, each]));
  // What is wrong with the header or the file stands in no line of the sheet.
  const inLines = new Set((file.rows || []).slice(1).map((row) => row.line));
  const loose = faults.filter((fault) => !inLines.has(fault.line));
  return html`<${Card} title=${t("import_2")} actions=${html`<button type="button" class="primary" disabled=${running || isDone || trial.error_count > 0} onClick=${onWrite}>${t("write")}</button>`}>
    <p role="status" class=${trial.error_count > 0 ? "fault" : ""}>${trial.error_count > 0 ? html`${t("faulty_cells")} <${Count} value=${trial.error_count} />：${t("faulty_note")}` : t("faultless")}</p>
    ${trial.error_count === 0 && html`<${Counts} of=${countsOf(trial)} />`}
    ${loose.length > 0 && html`<${FaultList} faults=${loose} />`}
    ${file.rows && html`
      <p class="toolbar"><button type="button" class="small" aria-pressed=${all} onClick=${() => setAll(!all)}>${t("all_lines")}</button></p>
      <${Sheet} rows=${file.rows} byLine=${byLine} outcomes=${outcomes} all=${all || loose.length === faults.length} />`}
  <//>`;
}

// A trial writes nothing: what it would write is counted by outcome.
function countsOf(trial) {
  const found = { created: 0, updated: 0, unchanged: 0, skipped: 0, hidden: 0 };
  const named = { create: "created", report: "created", update: "updated", unchanged: "unchanged", skip: "skipped", hidden: "hidden" };
  for (const each of trial.outcomes || []) found[named[each.outcome]] += 1;
  return found;
}

function Sheet({ rows, byLine, outcomes, all }) {
  const [header, ...lines] = rows;
  if (!header) return "";
  const shown = lines.filter((row) => all || byLine.has(row.line));
  const cellFaults = (row, index) => (byLine.get(row.line) || []).filter((fault) => fault.cell && fault.cell.replace(/\d+$/, "") === columnName(index));
  const rowFaults = (row) => (byLine.get(row.line) || []).filter((fault) => !fault.cell);
  const columns = [
    { key: "line", title: t("line"), narrow: true, cell: (row) => html`<${Count} value=${row.line} />` },
    { key: "outcome", title: t("outcome"), narrow: true, cell: (row) => (rowFaults(row).length > 0 ? html`<span class="fault">${rowFaults(row).map((fault) => saidOf({ reason_zh: fault.reason_zh, reason_en: fault.reason }, "reason")).join("；")}</span>` : byLine.has(row.line) ? html`<span class="fault">✕ ${t("faulty")}</span>` : outcomes.has(row.line) ? word("import_outcome", outcomes.get(row.line).outcome) : "") },
    ...header.cells.map((name, index) => ({
      key: `c${columnName(index)}`,
      title: `${columnName(index)} ${name}`,
      narrow: true,
      className: (row) => (cellFaults(row, index).length > 0 ? "faulty-cell" : ""),
      cell: (row) => {
        const found = cellFaults(row, index);
        return html`${row.cells[index]}${found.length > 0 && html`<span class="fault"> ✕ ${found.map((fault) => saidOf({ reason_zh: fault.reason_zh, reason_en: fault.reason }, "reason")).join("；")}</span>`}`;
      },
    })),
  ];
  return html`<div class="file-sheet"><${Table} caption=${t("sheet")} rows=${shown} rowKey=${(row) => row.line} columns=${columns} /></div>`;
}

const FaultList = ({ faults }) => html`<${Table} caption=${t("faulty_cells")} rows=${faults} rowKey=${(row) => `${row.line} ${row.cell} ${row.field} ${row.code}`} columns=${[
  { key: "line", title: t("line"), narrow: true, cell: (row) => html`<${Count} value=${row.line} />` },
  { key: "cell", title: t("cell"), narrow: true },
  { key: "field", title: t("field"), narrow: true },
  { key: "reason", title: t("reason"), narrow: true, cell: (row) => saidOf({ reason_zh: row.reason_zh, reason_en: row.reason }, "reason") },
]} />`;
