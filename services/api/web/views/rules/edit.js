// A rule changed, or a new one: the fields that are mostly changed, all others as JSON; tried over the past before it is saved.

import { html, useRef, useState } from "../../vendor/preact.js";
import { put, useGet } from "../../lib/api.js";
import { t as common, saidOf, word, wordsOf } from "../../lib/words.js";
import { Dialog } from "../../parts/dialog.js";
import { Faults, Read } from "../../parts/states.js";
import { Trial } from "./trial.js";
import { Sentence } from "./sentence.js";
import words from "../rules.words.js";

const t = wordsOf(words);
const HOUR_S = 3600;
const OVERTAKEN = ["version_conflict", "changed_since"];
const NEW = {
  indicator: "pue",
  period: "month",
  subject: "unit",
  compare: { op: ">", number: 1.3 },
  severity: "warning",
  title: { zh: "", en: "" },
  text: { zh: "{subject}：{period} {value}，限值 {limit}", en: "{subject}: {value} in {period}, limit {limit}" },
  source: "",
  place: "",
};

// `rule`: as the API has it; null: a new one.
export function EditRule({ rule, onDone, onClose }) {
  const [body, setBody] = useState(() => JSON.parse(JSON.stringify(rule ? rule.body : NEW)));
  const [advanced, setAdvanced] = useState(null);
  const [tried, setTried] = useState(null);
  const [problem, setProblem] = useState(null);
  const [basedOn, setBasedOn] = useState(rule ? rule.version : 0);
  const overtaken = problem !== null && OVERTAKEN.includes(problem.code);
  const newest = useGet(overtaken ? `/rules/${slugOf(problem, rule)}` : null);
  const [busy, setBusy] = useState(false);
  const form = useRef(null);
  const slug = () => (rule ? rule.slug : form.current.elements.slug.value.trim());
  const set = (change) => {
    setBody((old) => ({ ...old, ...change }));
    setAdvanced(null);
  };
  const read = () => {
    if (advanced === null) return { ...body, slug: slug() };
    try {
      return { ...JSON.parse(advanced), slug: slug() };
    } catch (error) {
      throw new Error(t("bad_json", { error: error.message }), { cause: error });
    }
  };
  const fresh = tried !== null && tried === said(safely(read));
  const save = async (event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await put(`/rules/${slug()}`, { body: read(), note: form.current.elements.note.value.trim() || null, based_on: basedOn });
      onDone(slug());
    } catch (found) {
      setProblem(Object.assign(found, { slug: slug() }));
      setBusy(false);
    }
  };
  const numeric = (name, value) => set({ compare: { ...body.compare, [name]: value === "" ? null : Number(value) } });
  const pair = (name, tongue) => html`<label class="whole">${t(`${name}_${tongue}`)} <input value=${body[name][tongue]} required onChange=${(event) => set({ [name]: { ...body[name], [tongue]: event.target.value } })} /></label>`;
  const text = (name, label, required = true) => html`<label>${label} <input value=${body[name] || ""} required=${required} onChange=${(event) => set({ [name]: event.target.value })} /></label>`;
  const areas = ((body.scope && body.scope.areas) || []).join(",");
  const narrow = (value) => {
    const codes = value.split(/[,，\s]+/).filter(Boolean);
    const { areas: _, ...others } = body.scope || {};
    set({ scope: codes.length ? { ...others, areas: codes } : others });
  };
  return html`<${Dialog} wide title=${rule ? t("edit_title", { name: saidOf(rule, "title") || rule.slug }) : t("new_title")} onClose=${onClose}>
    <form class="stacked" ref=${form} onSubmit=${save}>
      <${Sentence} body=${body} />
      <div class="form-grid">
        ${!rule && html`<label>${t("slug")} <input name="slug" required pattern="[a-z0-9][a-z0-9_]{0,63}" /></label>`}
        ${body.compare.number !== undefined && html`<label>${t("number")} <input type="number" step="any" value=${body.compare.number} required onChange=${(event) => numeric("number", event.target.value)} /></label>`}
        ${body.compare.high !== undefined && html`<label>${t("high")} <input type="number" step="any" value=${body.compare.high} required onChange=${(event) => numeric("high", event.target.value)} /></label>`}
        <label>${t("severity")} <select value=${body.severity} onChange=${(event) => set({ severity: event.target.value })}>${["severe", "warning", "notice"].map((each) => html`<option key=${each} value=${each}>${word("severity", each)}</option>`)}</select></label>
        <label>${t("hold_h")} <input type="number" min="0" step="any" value=${(body.hold_s || 0) / HOUR_S} onChange=${(event) => set({ hold_s: Math.round(Number(event.target.value) * HOUR_S) })} /></label>
        <label>${t("coverage")} <input type="number" min="0" max="1" step="0.01" value=${body.coverage_least ?? ""} onChange=${(event) => set({ coverage_least: event.target.value === "" ? undefined : Number(event.target.value) })} /></label>
        <label>${t("scope_areas")} <input value=${areas} onChange=${(event) => narrow(event.target.value)} /></label>
        ${pair("title", "zh")}${pair("title", "en")}${pair("text", "zh")}${pair("text", "en")}
        ${text("source", t("source"))}${text("place", t("source_place"))}
      </div>
      <details><summary>${t("advanced")}</summary><textarea rows="12" spellcheck=${false} aria-label=${t("advanced")} value=${advanced ?? JSON.stringify(body, null, 2)} onInput=${(event) => setAdvanced(event.target.value)}></textarea></details>
      <${Trial} read=${read} onTried=${(given) => setTried(said(given))} />
      <label>${t("why")} <input name="note" maxlength="500" /></label>
      ${problem && !overtaken && html`<div role="alert" class="failure"><${Faults} problem=${problem} /></div>`}
      ${overtaken && html`<div role="alert" class="failure"><p><strong>${t("overtaken")}</strong> ${t("overtaken_text")}</p>
        <${Read} of=${newest} lines=${2}>${(now) => html`<h3>${t("overtaken_now", { version: now.version, author: now.versions[0].author })}</h3><${Sentence} body=${now.body} /><h3>${t("overtaken_mine")}</h3><${Sentence} body=${body} />
          <p><button type="button" onClick=${() => { setBasedOn(now.version); setProblem(null); }}>${t("overtaken_go_on")}</button></p>`}<//></div>`}
      <p class="actions"><button type="submit" class="primary" disabled=${busy || !fresh} title=${fresh ? "" : t("save_first")}>${busy ? t("saving") : t("save")}</button> <button type="button" onClick=${onClose}>${common("cancel")}</button> ${!fresh && html`<span class="note">${t("save_first")}</span>`}</p>
    </form>
  <//>`;
}

const slugOf = (problem, rule) => (rule ? rule.slug : problem.slug);
const said = (body) => JSON.stringify(body);

function safely(read) {
  try {
    return read();
  } catch {
    return null;
  }
}
