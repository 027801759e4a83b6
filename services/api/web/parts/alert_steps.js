// How far the handling of an alert has come, and the steps that may be taken now by whoever looks.

import { html, useEffect, useState } from "../vendor/preact.js";
import { may, post, session } from "../lib/api.js";
import { language } from "../lib/state.js";
import { timeText } from "../lib/time.js";
import { t as common, word, wordsOf } from "../lib/words.js";
import { Dialog } from "./dialog.js";
import { Card } from "./page.js";
import { Faults } from "./states.js";
import words from "./alert.words.js";

const t = wordsOf(words);
const WAY = ["open", "acknowledged", "explained", "planned", "verified", "closed"];
const WITH_TEXT = ["explain", "plan", "reopen", "comment"];

// For whom the account acts: its enterprise, else a supervision body.
export const actorKind = () => (session.value && session.value.role === "enterprise" ? "enterprise" : "supervision_body");

// What whoever looks may do with an alert now.
export const allowedNow = (handling) => (may("explain") ? handling.allowed[actorKind()] : []);

// `asked`: a step that a key has asked for; `onAsked(null)` when it was dealt with.
export function Handling({ alert, onChanged, asked = null, onAsked = null }) {
  const [step, setStep] = useState(null);
  const { handling } = alert;
  const allowed = allowedNow(handling);
  useEffect(() => {
    if (asked && allowed.includes(asked)) setStep(asked);
    if (asked && onAsked) onAsked(null);
  }, [asked]);
  const taken = () => {
    setStep(null);
    onChanged();
  };
  const waits = alert.state === "firing" && ["planned", "verified"].includes(handling.status);
  return html`<${Card} title=${t("handling")}>
    <${Stepper} handling=${handling} />
    ${may("explain") && html`<div class="actions step-buttons">
      ${allowed.map((each, index) => html`<button type="button" key=${each} class=${index === 0 && !["comment", "attach", "reopen"].includes(each) ? "primary" : ""} onClick=${() => setStep(each)}>${word("step", each)}</button>`)}
      ${allowed.length === 0 && html`<span class="note">${t("no_step")}</span>`}
    </div>`}
    ${waits && html`<p class="note">${t("still_firing")}</p>`}
    ${step && html`<${StepDialog} title=${t("confirm_step", { step: word("step", step), number: alert.alert_id })} step=${step} send=${(body) => post(`/alerts/${alert.alert_id}/steps`, body)} onDone=${taken} onClose=${() => setStep(null)} />`}
  <//>`;
}

function Stepper({ handling }) {
  const now = WAY.indexOf(handling.status);
  return html`<ol class="stepper" aria-label=${t("handling_of")}>${WAY.map((status, index) => html`<li key=${status} class=${index < now ? "done" : index === now ? "now" : ""} aria-current=${index === now ? "step" : null}>
    <span class="dot" aria-hidden="true">${index < now || status === "closed" && index === now ? "✓" : ""}</span>
    <span>${word("handling", status)}</span>
    ${index === now && html`<span class="note">${timeText(handling.since)}</span>`}
  </li>`)}</ol>`;
}

// A step with what it needs. What was filled in stays until it is taken or given up. `send(body)` posts it; `more`: above the fields.
export function StepDialog({ title, step, send, onDone, onClose, more = null }) {
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    const fields = event.target.elements;
    const body = { action: step };
    for (const name of ["text", "due_on", "reference"]) if (fields[name] && fields[name].value.trim()) body[name] = fields[name].value.trim();
    setBusy(true);
    setProblem(null);
    try {
      onDone(await send(body));
    } catch (found) {
      setProblem(found);
    }
    setBusy(false);
  };
  const needs = (name) => (name === "text" ? WITH_TEXT.includes(step) : name === "due_on" ? step === "plan" : step === "attach");
  const label = (name) => html`${t(name === "text" && step === "reopen" ? "text_of_reopen" : name)}${!needs(name) && html` <span class="note">${t("optional")}</span>`}`;
  return html`<${Dialog} title=${title} onClose=${onClose}>
    ${more}
    <form class="stacked" onSubmit=${submit}>
      <label>${label("text")} <textarea name="text" rows="4" maxlength="4000" required=${needs("text")} autofocus></textarea></label>
      ${step === "plan" && html`<label>${label("due_on")} <input type="date" name="due_on" required /></label>`}
      <label>${label("reference")} <input name="reference" maxlength="500" required=${needs("reference")} /></label>
      ${problem && html`<div role="alert" class="failure">${problem.body && problem.body.detail_zh && language.value === "zh" ? html`<p>${problem.body.detail_zh}</p>` : html`<${Faults} problem=${problem} />`}</div>`}
      <p class="actions"><button type="submit" class="primary" disabled=${busy}>${busy ? t("sending") : word("step", step)}</button> <button type="button" onClick=${onClose}>${common("cancel")}</button></p>
    </form>
  <//>`;
}
