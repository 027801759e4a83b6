// What is to be handled first: one row a subject, the most urgent first, with what may be done about it.

import { html } from "../../vendor/preact.js";
import { session } from "../../lib/api.js";
import { link } from "../../lib/state.js";
import { daysBetween, toDay } from "../../lib/time.js";
import { saidOf, word, wordsOf } from "../../lib/words.js";
import { Count, Coverage } from "../../parts/number.js";
import { Card } from "../../parts/page.js";
import { Severity, Sign } from "../../parts/verdict.js";
import words from "../today.words.js";

const t = wordsOf(words);
const OF_BODY = ["overdue_ours", "to_acknowledge", "to_answer", "to_verify", "to_close"];
const OF_ENTERPRISE = ["overdue_enterprises", "with_enterprises"];
const GRAVITY = ["severe", "warning", "notice"];
const MOST = 8;
const SOON_DAYS = 7;

// Whose turn is looked at: that of the enterprise whose account it is, else that of bodies.
export const waitsFor = () => (session.value.enterprise ? "enterprise" : "body");

// The alerts that wait for whoever looks, joined by their subject: [{subject, alerts}], the most urgent first.
export function casesOf(work) {
  const alerts = new Map();
  for (const list of waitsFor() === "body" ? OF_BODY : OF_ENTERPRISE) for (const alert of work[list].data) alerts.set(alert.alert_id, alert);
  const cases = new Map();
  for (const alert of [...alerts.values()].sort(byUrgency)) {
    if (!cases.has(alert.subject)) cases.set(alert.subject, []);
    cases.get(alert.subject).push(alert);
  }
  return [...cases].map(([subject, found]) => ({ subject, alerts: found, gravest: [...found].sort(byGravity)[0] }));
}

const dueOf = (alert) => (alert.handling.due && alert.handling.due.due_on) || "9999";
const byGravity = (one, other) => GRAVITY.indexOf(one.severity) - GRAVITY.indexOf(other.severity);
const byUrgency = (one, other) => dueOf(one).localeCompare(dueOf(other)) || byGravity(one, other) || one.alert_id - other.alert_id;

export function FirstCases({ work, onAcknowledge }) {
  const cases = casesOf(work);
  const more = html`<a href=${link("/alerts", { awaiting: waitsFor() })}>${t("all_cases")} ▸</a>`;
  return html`<${Card} title=${html`${t("first")} <span class="note">${t("first_note")}</span>`} actions=${more}>
    ${cases.length === 0 ? html`<p class="nothing">${t("nothing_first")}</p>` : html`<ul class="first-cases">${cases.slice(0, MOST).map(
      (each) => html`<${Case} key=${each.subject} found=${each} onAcknowledge=${onAcknowledge} />`,
    )}</ul>`}
  <//>`;
}

function Case({ found, onAcknowledge }) {
  const { gravest, alerts } = found;
  const open = alerts.filter((alert) => alert.handling.allowed.supervision_body.includes("acknowledge"));
  const subject = saidOf(gravest, "subject_name") || found.subject.split(":")[1];
  const owner = gravest.enterprise ? saidOf(gravest.enterprise, "name") || gravest.enterprise.code : null;
  const name = owner && owner !== subject ? `${owner} · ${subject}` : subject;
  const place = gravest.area ? saidOf(gravest.area, "name") || gravest.area.code : subject;
  const coverage = gravest.last_value ? gravest.last_value.coverage : null;
  return html`<li>
    <p class="case-head">
      <${Severity} severity=${gravest.severity} />
      <a class="case-subject" href=${link("/alerts", { case: found.subject })}>${name}</a>
      ${place !== subject && html`<span class="note">${place}</span>`}
      ${alerts.length > 1 && html`<span class="note"><${Count} value=${alerts.length} /> ${t("alerts_of_case")}</span>`}
      <${Coverage} value=${coverage} />
    </p>
    <p class="case-text">${saidOf(gravest, "text") || saidOf(gravest, "title")}</p>
    <p class="case-do"><${Due} due=${alerts[0].handling.due} />
      ${onAcknowledge && open.length > 0 && html`<button type="button" class="small primary" onClick=${() => onAcknowledge(open)}>${t("acknowledge")}</button>`}
      <a class="button small" href=${link(`/alerts/${gravest.alert_id}`)}>${t("evidence")}</a>
    </p>
  </li>`;
}

function Due({ due }) {
  if (!due || !due.due_on) return "";
  const today = toDay();
  const step = word("step", due.action);
  if (due.overdue) return html`<${Sign} of="overdue" title=${`${due.due_on} ${step}`}>${t("overdue_before")} <${Count} value=${daysBetween(due.due_on, today)} /> ${t("overdue_after")}<//>`;
  if (due.due_on === today) return html`<${Sign} of="due">${t("due_today", { step })}<//>`;
  const text = t("due_by", { day: due.due_on.slice(5), step });
  return daysBetween(today, due.due_on) <= SOON_DAYS ? html`<${Sign} of="due" title=${due.due_on}>${text}<//>` : html`<span class="note" title=${due.due_on}>${text}</span>`;
}
