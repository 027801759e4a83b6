// A form of fields: what was filled in stays until it is sent or thrown away, whatever happens to the page.

import { html, useEffect, useState } from "../../vendor/preact.js";
import { remember, remembered, language } from "../../lib/state.js";
import { ownAreas } from "../../parts/scope.js";
import { apiWords, nameOf, saidOf, word, wordsOf } from "../../lib/words.js";
import words from "../registry.words.js";

const t = wordsOf(words);

// What was filled in and not sent, under `name`: [values, set(values), forget, isRestored]. Where `start` is otherwise by now, because somebody
// else has changed it, what was filled in stays, and the rest is what it is now.
export function useDraft(name, start) {
  const kept = readDraft(name, start);
  const [values, setValues] = useState(kept || start);
  const [restored, setRestored] = useState(kept !== null);
  const set = (next) => {
    setValues(next);
    remember(`draft ${name}`, JSON.stringify({ values: next, start }));
  };
  const forget = (next = start) => {
    remember(`draft ${name}`, null);
    setRestored(false);
    setValues(next);
  };
  return [values, set, forget, restored];
}

function readDraft(name, start) {
  const text = remembered(`draft ${name}`);
  try {
    const kept = text ? JSON.parse(text) : null;
    if (!kept || !kept.values || !kept.start) return null;
    const filled = Object.keys(kept.values).filter((field) => kept.values[field] !== kept.start[field]);
    return { ...start, ...Object.fromEntries(filled.map((field) => [field, kept.values[field]])) };
  } catch {
    return null;
  }
}

// As a form has them: texts, "" for null.
export const toTexts = (fields, entry) => Object.fromEntries(fields.map((field) => [field.name, entry && entry[field.name] !== null && entry[field.name] !== undefined ? String(entry[field.name]) : ""]));

// As the API takes them: null for "", numbers as numbers; one that is none is sent as it was written, and refused with its reason.
export function toValue(field, written) {
  const plain = written.trim();
  if (plain === "") return null;
  if (field.type === "yes_no") return plain === "true";
  if (field.type !== "number") return plain;
  const read = Number(plain.replace(/,/g, ""));
  return Number.isFinite(read) ? read : plain;
}

// What differs from `entry`, as PATCH takes it.
export function changesOf(fields, entry, values) {
  const before = toTexts(fields, entry);
  return Object.fromEntries(fields.filter((field) => !field.stays && !field.first && values[field.name] !== before[field.name]).map((field) => [field.name, toValue(field, values[field.name])]));
}

// The reasons of a refusal by field; what belongs to no field of this form under "".
export function faultsOf(problem, fields) {
  if (!problem) return {};
  const known = new Set(fields.map((field) => field.name));
  const found = {};
  for (const each of problem.errors || []) {
    const field = known.has(each.field) ? each.field : "";
    const reason = saidOf({ reason_zh: each.reason_zh, reason_en: each.reason }, "reason");
    found[field] = [...(found[field] || []), field || !each.field ? reason : `${each.field}: ${reason}`];
  }
  if (Object.keys(found).length === 0) found[""] = [saidOf({ detail_zh: problem.body && problem.body.detail_zh, detail_en: problem.detail }, "detail") || problem.detail || problem.code];
  return found;
}

export function Fields({ fields, values, onChange, faults = {}, disabled = [] }) {
  return html`<div class="form-fields">${fields.map((field) => html`<${FieldRow} key=${field.name} field=${field} value=${values[field.name] || ""} faults=${faults[field.name] || []} disabled=${disabled.includes(field.name)} onChange=${(value) => onChange({ ...values, [field.name]: value })} />`)}</div>
    ${faults[""] && html`<div class="failure" role="alert">${faults[""].map((each) => html`<p key=${each}>${each}</p>`)}</div>`}`;
}

function FieldRow({ field, value, faults, disabled, onChange }) {
  const id = `field-${field.name}`;
  const said = [faults.length ? `${id}-fault` : null, field.help ? `${id}-help` : null].filter(Boolean).join(" ") || null;
  const common = { id, value, disabled, required: field.required, "aria-invalid": faults.length > 0 || null, "aria-describedby": said, onInput: (event) => onChange(event.target.value) };
  return html`<div class=${`form-row${faults.length ? " faulty" : ""}`}>
    <label for=${id}>${t(`f_${field.name}`)}${field.required && html`<span class="fault" aria-hidden="true"> *</span>`}</label>
    <div>${control(field, common)}
      ${field.help && html`<p class="note" id=${`${id}-help`}>${t(field.help)}</p>`}
      ${faults.length > 0 && html`<p class="fault" id=${`${id}-fault`}>${faults.join("；")}</p>`}
    </div>
  </div>`;
}

// What was written in a field, as it is read.
export function shownText(field, written) {
  if (written === "") return t("none");
  if (field.type === "yes_no") return t(`is_${written}`);
  if (field.type === "banner") return nameOf(null, "area", written);
  return field.kind ? word(field.kind, written) : written;
}

// Those of the field, else all codes of its kind.
const optionsOf = (field) => field.options || Object.keys(apiWords.value[field.kind] || {});

function control(field, common) {
  if (field.type === "select") {
    const blank = field.empty || !common.value;
    return html`<select ...${common}>${blank && html`<option value="">${t("none")}</option>`}${optionsOf(field).map((code) => html`<option key=${code} value=${code} selected=${code === common.value}>${word(field.kind, code)}</option>`)}</select>`;
  }
  if (field.type === "banner") {
    const seen = ownAreas().filter((area) => area.level !== "region");
    return html`<select ...${common}><option value="">${t("none")}</option>${seen.map((area) => html`<option key=${area.code} value=${area.code} selected=${area.code === common.value}>${area.level === "banner" ? "　" : ""}${saidOf(area, "name")}</option>`)}</select>`;
  }
  if (field.type === "yes_no") {
    return html`<select ...${common}><option value="">${t("none")}</option>${["true", "false"].map((each) => html`<option key=${each} value=${each} selected=${each === common.value}>${t(`is_${each}`)}</option>`)}</select>`;
  }
  if (field.type === "suggest") {
    return html`<input type="text" list=${`${common.id}-list`} ...${common} /><datalist id=${`${common.id}-list`}>${field.options.map((each) => html`<option key=${each} value=${each}></option>`)}</datalist>`;
  }
  if (field.type === "moment") return html`<input type="datetime-local" step="1" ...${common} />`;
  if (field.type === "lines") return html`<textarea rows="3" ...${common}></textarea>`;
  return html`<input type=${field.type === "day" ? "date" : "text"} inputmode=${field.type === "number" ? "decimal" : null} lang=${language.value} ...${common} />`;
}

// A moment as a form writes it (北京时间), as the API takes it.
export const shanghaiMoment = (written) => (written ? `${written.length === 16 ? `${written}:00` : written}+08:00` : null);

// Leaving the page with something half filled in is asked about; it is kept all the same.
export function useLeaveWarning(isDirty) {
  useEffect(() => {
    if (!isDirty) return undefined;
    const ask = (event) => {
      event.preventDefault();
      event.returnValue = "";
    };
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [isDirty]);
}
