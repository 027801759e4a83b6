// Silences: what is not told for a time. A new one shows first what it would silence.

import { html, useState } from "../../vendor/preact.js";
import { may, post, useGet } from "../../lib/api.js";
import { useExported } from "../../lib/exported.js";
import { setQuery } from "../../lib/state.js";
import { addDays, timeText, toDay } from "../../lib/time.js";
import { ownAreas } from "../../parts/scope.js";
import { saidOf, t as common, word, wordsOf } from "../../lib/words.js";
import { Dialog } from "../../parts/dialog.js";
import { Count } from "../../parts/number.js";
import { Card, Facet } from "../../parts/page.js";
import { Faults, Read } from "../../parts/states.js";
import { Pager, Table } from "../../parts/table.js";
import { Severity, Sign } from "../../parts/verdict.js";
import words from "../rules.words.js";

const t = wordsOf(words);
const STATES = ["upcoming", "active", "ended"];
const USUAL_DAYS = 7;
const PAGE = 100;

export function Silences({ query, rules }) {
  const [limit, setLimit] = useState(PAGE);
  const [made, setMade] = useState(false);
  const [ending, setEnding] = useState(null);
  const silences = useGet("/silences", { state: query.state, limit, total: true });
  useExported(t("silences"), silences.address);
  const chosen = query.state ? query.state.split(",") : [];
  return html`<${Card} title=${t("silences")} actions=${may("silence") && html`<button type="button" class="primary small" onClick=${() => setMade(true)}>${t("new_silence")}</button>`}>
    <${Facet} title=${t("state")} chosen=${chosen} onChoose=${(values) => setQuery({ state: values.join(",") || null })} values=${STATES.map((key) => ({ key, title: word("silence_state", key) }))} />
    <${Read} of=${silences}>${(data) => html`
      <${Table} caption=${t("silences")} rows=${data.data} rowKey=${(row) => row.silence_id} columns=${[
        { key: "matches", title: t("matches"), cell: matchText },
        { key: "state", title: t("state"), narrow: true, cell: (row) => html`<${Sign} of=${row.state === "active" ? "due" : "none"}>${word("silence_state", row.state)}<//>` },
        { key: "reason", title: t("reason"), narrow: true, wide: true },
        { key: "author", title: t("author") },
        { key: "starts_at", title: t("from"), cell: (row) => timeText(row.starts_at) },
        { key: "ends_at", title: t("until"), narrow: true, order: true, cell: (row) => timeText(row.ends_at) },
        ...(may("silence") ? [{ key: "end", title: t("actions"), narrow: true, cell: (row) => row.state !== "ended" && html`<button type="button" class="small" onClick=${() => setEnding(row)}>${t("end")}</button>` }] : []),
      ]} />
      <${Pager} shown=${data.data.length} total=${data.total} step=${PAGE} onMore=${() => setLimit(Math.min(1000, limit + PAGE))} />`}<//>
    ${made && html`<${NewSilence} rules=${rules} onClose=${() => setMade(false)} onDone=${() => { setMade(false); silences.reload(); }} />`}
    ${ending && html`<${EndSilence} silence=${ending} onClose=${() => setEnding(null)} onDone=${() => { setEnding(null); silences.reload(); }} />`}
  <//>`;
}

const matchText = (row) =>
  [row.rule && (saidOf(row, "title") || row.rule), row.area && saidOf(row.area, "name"), row.enterprise && (saidOf(row.enterprise, "name") || row.enterprise.code), row.subject].filter(Boolean).join(" · ") || t("all_rules");

function NewSilence({ rules, onClose, onDone }) {
  const [of, setOf] = useState({});
  const [problem, setProblem] = useState(null);
  const given = Object.fromEntries(Object.entries(of).filter(([, value]) => value));
  const named = Object.keys(given).length > 0;
  const preview = useGet(named ? "/alerts" : null, { ...given, state: "firing", limit: 5, order: "urgency" });
  const submit = async (event) => {
    event.preventDefault();
    const fields = event.target.elements;
    setProblem(null);
    try {
      await post("/silences", { ...given, reason: fields.reason.value.trim(), ends_at: `${fields.until.value}:00+08:00` });
      onDone();
    } catch (found) {
      setProblem(found);
    }
  };
  const choose = (name) => (event) => setOf({ ...of, [name]: event.target.value.trim() });
  return html`<${Dialog} title=${t("new_silence")} onClose=${onClose} wide>
    <form class="stacked" onSubmit=${submit}>
      <div class="form-grid">
        <label>${t("of_rule")} <select onChange=${choose("rule")}><option value="">${t("all_rules")}</option>${rules.map((each) => html`<option key=${each.slug} value=${each.slug}>${saidOf(each, "title") || each.slug}</option>`)}</select></label>
        <label>${t("of_area")} <select onChange=${choose("area")}><option value="">${common("all")}</option>${ownAreas().map((each) => html`<option key=${each.code} value=${each.code}>${saidOf(each, "name")}</option>`)}</select></label>
        <label>${t("of_enterprise")} <input onChange=${choose("enterprise")} /></label>
        <label>${t("of_subject")} <input onChange=${choose("subject")} /></label>
        <label>${t("until")} <input type="datetime-local" name="until" required value=${`${addDays(toDay(), USUAL_DAYS)}T18:00`} /></label>
        <label class="whole">${t("reason")} <input name="reason" required maxlength="500" /></label>
      </div>
      <section aria-live="polite"><h3>${t("preview")}</h3>
        ${named ? html`<${Read} of=${preview} lines=${2}>${(data) => html`<p>${t("preview_now")} <strong><${Count} value=${data.counts.alerts} /></strong> ${t("preview_alerts")}</p>
          <ul>${data.data.map((each) => html`<li key=${each.alert_id}><${Severity} severity=${each.severity} /> ${saidOf(each, "subject_name") || each.subject} · ${saidOf(each, "title") || each.rule}</li>`)}</ul>`}<//>` : html`<p class="note">${t("preview_need")}</p>`}
      </section>
      ${problem && html`<div role="alert" class="failure"><${Faults} problem=${problem} /></div>`}
      <p class="actions"><button type="submit" class="primary" disabled=${!named}>${t("begin")}</button> <button type="button" onClick=${onClose}>${common("cancel")}</button></p>
    </form>
  <//>`;
}

function EndSilence({ silence, onClose, onDone }) {
  const [problem, setProblem] = useState(null);
  const end = async () => {
    try {
      await post(`/silences/${silence.silence_id}/end`, {});
      onDone();
    } catch (found) {
      setProblem(found);
    }
  };
  return html`<${Dialog} title=${t("end")} onClose=${onClose}>
    <p>${t("end_ask")}</p><p><strong>${matchText(silence)}</strong> <span class="note">${silence.reason}</span></p>
    ${problem && html`<div role="alert" class="failure"><${Faults} problem=${problem} /></div>`}
    <p class="actions"><button type="button" class="primary" onClick=${end}>${t("end")}</button> <button type="button" onClick=${onClose}>${common("cancel")}</button></p>
  <//>`;
}
