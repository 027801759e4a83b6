// One alert: what it says, what is to be done, how it stood over time, what it stands on.

import { html, useState } from "../vendor/preact.js";
import { addressOf, may, useGet } from "../lib/api.js";
import { useExported } from "../lib/exported.js";
import { link } from "../lib/state.js";
import { daysBetween, timeText, toDay } from "../lib/time.js";
import { areas, saidOf, t as common, word, wordsOf } from "../lib/words.js";
import { Course } from "./alert_course.js";
import { Evidence } from "./alert_evidence.js";
import { Handling } from "./alert_steps.js";
import { Count, Coverage, Told } from "./number.js";
import { Card, Facts } from "./page.js";
import { Copy, Read } from "./states.js";
import { Severity, Sign } from "./verdict.js";
import { language } from "../lib/state.js";
import words from "./alert.words.js";

const t = wordsOf(words);

// The alert `id`; `of`: what useGet has of it, where it was asked for already. `onChanged()` after a step was taken; `whole`: on a page of its
// own; `asked`: a step that a key has asked for.
export function AlertDetail({ id, of = null, onChanged = null, whole = false, asked = null, onAsked = null }) {
  const own = useGet(of ? null : `/alerts/${id}`);
  const alert = of || own;
  const series = useGet(`/alerts/${id}/series`);
  useExported(t("course"), series.address);
  const changed = () => {
    alert.reload();
    if (onChanged) onChanged();
  };
  return html`<${Read} of=${alert} lines=${10}>${(data) => html`<div class="stack alert-detail">
    <${Head} alert=${data} whole=${whole} />
    <${Handling} alert=${data} onChanged=${changed} asked=${asked} onAsked=${onAsked} />
    <${Card} title=${t("course")}><${Read} of=${series} lines=${6}>${(found) => html`<${Course} key=${found.alert_id} series=${found} alert=${data} />`}<//><//>
    <${Evidence} evidence=${data.evidence} />
    <${Card} title=${t("history")}><${History} history=${data.history} /><//>
    <${Messages} deliveries=${data.deliveries} />
  </div>`}<//>`;
}

function Head({ alert, whole }) {
  const found = alert.last_value || {};
  const subject = saidOf(alert, "subject_name") || alert.subject.split(":")[1];
  return html`<section class="card alert-head" aria-label=${saidOf(alert, "title") || alert.rule}>
    <header>
      <p class="alert-signs"><${Severity} severity=${alert.severity} /> <${StateSign} alert=${alert} /> <span class="note">№ <code>${alert.alert_id}</code></span></p>
      <div class="actions">
        ${!whole && html`<a class="button small" href=${link(`/alerts/${alert.alert_id}`)}>${t("open_whole")}</a>`}
        <${Copy} text=${`${location.origin}/alerts/${alert.alert_id}`}>${t("copy_link")}<//>
        <a class="button small" href=${addressOf(`/cases/${encodeURIComponent(alert.subject)}/file`, { at_rest: true })} download title=${t("file_title")}>${t("file")} ↓</a>
      </div>
    </header>
    <h2 class="alert-title">${saidOf(alert, "title") || alert.rule}</h2>
    <p class="alert-sentence">${saidOf(alert, "text") || t("sentence_none")}</p>
    ${alert.cannot_judge && html`<p><${Sign} of="cannot_judge">${t("cannot_since", { time: timeText(alert.cannot_judge.since) })}<//>：${alert.cannot_judge.reasons.map((each) => (language.value === "zh" ? each.text_zh : each.text)).join("；")}</p>`}
    <${Facts} facts=${[
      [t("subject"), subject],
      [t("enterprise_of"), alert.enterprise && html`<a href=${link(`/enterprise/${alert.enterprise.code}`)}>${saidOf(alert.enterprise, "name") || alert.enterprise.code}</a>`],
      [t("area_of"), alert.area && (may("survey") ? html`<a href=${link(`/area/${alert.area.code}`)}>${saidOf(alert.area, "name")}</a>` : saidOf(alert.area, "name"))],
      [t("park_of"), alert.park && (may("survey") ? html`<a href=${link(`/park/${alert.park.code}`)}>${saidOf(alert.park, "name")}</a>` : saidOf(alert.park, "name"))],
      [t("value_now"), saidOf(alert, "value_text") && html`<${Told} value=${found.value} text=${saidOf(alert, "value_text")} />${found.coverage !== null && found.coverage !== undefined && html` <${Coverage} value=${found.coverage} always />`}`],
      [t("limit"), saidOf(alert, "limit_text") && html`<${Told} value=${found.limit} text=${saidOf(alert, "limit_text")} />`],
      [t("fired_at"), html`${timeText(alert.fired_at)}${alert.reopened > 0 && html` · ${t("reopened")} <${Count} value=${alert.reopened} /> ${t("times")}`}`],
      [t("resolved_at"), timeText(alert.resolved_at)],
      [t("due"), html`<${Deadline} handling=${alert.handling} />`],
      [t("rule"), html`${may("survey") ? html`<a href=${link(`/rules/${alert.rule}`)}>${saidOf(alert, "title") || alert.rule}</a>` : saidOf(alert, "title") || alert.rule} <span class="note">${t("version", { version: alert.rule_version })}</span>`],
      ["", alert.inhibited_by && html`<span class="note">${t("inhibited", { by: inhibitor(alert.inhibited_by) })}</span>`],
    ]} />
    ${alert.rule_body && html`<div class="note">${t("source")}${t("colon")}${alert.rule_body.source}${alert.rule_body.place && html` <details><summary>${t("place_of")}</summary>${alert.rule_body.place}</details>`}</div>`}
  </section>`;
}

const inhibitor = (text) => {
  const [kind, number] = text.split(":");
  return t(`inhibited_${kind}`, { number });
};

export const StateSign = ({ alert }) =>
  alert.state === "firing" ? html`<${Sign} of="breach">${word("alert_state", "firing")}<//>` : html`<${Sign} of="ok">${word("alert_state", "resolved")}<//>`;

// Until when, and who has to act; what is over is said in days.
export function Deadline({ handling, short = false }) {
  const { due, awaiting } = handling;
  if (awaiting === null) return html`<span class="note">${due === null ? word("handling", "closed") : t("awaiting_none")}</span>`;
  const whom = !short && html` <span class="note">${t(`awaiting_${awaiting}`)}</span>`;
  if (due === null || due.due_on === null) return html`<span>${t("due_none")}</span>${whom}`;
  if (due.overdue) return html`<${Sign} of="overdue" title=${t("due_by", { day: due.due_on, step: word("step", due.action) })}>${t("overdue_before")} <${Count} value=${due.days_late} /> ${t("overdue_after")}<//>${whom}`;
  const soon = daysBetween(toDay(), due.due_on) <= 7;
  const text = t("due_by", { day: due.due_on.slice(5), step: word("step", due.action) });
  return html`${soon ? html`<${Sign} of="due">${text}<//>` : html`<span title=${due.due_on}>${text}</span>`}${whom}`;
}

function History({ history }) {
  return html`<ol class="timeline">${[...history].reverse().map((entry, index) => {
    const byService = entry.by === "service";
    const who = byService ? t("by_service") : `${word("actor", entry.by)}${entry.actor_name || entry.actor ? ` · ${entry.actor_name || entry.actor}` : ""}`;
    return html`<li key=${index} class=${byService ? "" : "person"}>
      <p><time datetime=${entry.at}>${timeText(entry.at)}</time> <strong>${word("alert_event", entry.kind)}</strong> <span class="note">${who}</span></p>
      ${entry.text && html`<p class="said">${entry.text}</p>`}
      ${(entry.due_on || entry.reference) && html`<p class="note">${entry.due_on && `${t("due_on")}${t("colon")}${entry.due_on}`} ${entry.reference && `${t("reference")}${t("colon")}${entry.reference}`}</p>`}
    </li>`;
  })}</ol>`;
}

function Messages({ deliveries }) {
  const [open, setOpen] = useState(false);
  if (!deliveries || deliveries.length === 0) return html`<${Card} title=${t("messages")}><p class="note">${t("messages_none")}</p><//>`;
  const shown = open ? deliveries : deliveries.slice(0, 5);
  return html`<${Card} title=${t("messages")}>
    <ul class="messages">${shown.map((each) => html`<li key=${each.message_id}>
      <${Sign} of=${each.status === "sent" ? "ok" : each.status === "dead" ? "severe" : "due"}>${word("message_status", each.status)}<//>${" "}
      <span>${word("message_kind", each.kind)}</span> <span class="note">${word("channel", each.channel)} · ${each.address} · ${timeText(each.finished_at || each.created_at)}</span>
      ${each.last_error && html`<p class="note fault">${each.last_error}</p>`}
    </li>`)}</ul>
    ${deliveries.length > shown.length && html`<p><button type="button" class="small" onClick=${() => setOpen(true)}>${common("show_more", { count: deliveries.length - shown.length })}</button></p>`}
  <//>`;
}

// Where a subject has a page: its enterprise, its park or its area.
export function pageOf(entry) {
  if (entry.enterprise) return link(`/enterprise/${entry.enterprise.code}`);
  const [kind, code] = entry.subject.split(":");
  if (kind === "park") return link(`/park/${code}`);
  return kind === "area" && areas.value[code] ? link(`/area/${code}`) : null;
}
