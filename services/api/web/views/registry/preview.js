// What a change does to the sums of months, before it is made; and what waits for a second person.

import { html, useState } from "../../vendor/preact.js";
import { may, post, session, useGet } from "../../lib/api.js";
import { link } from "../../lib/state.js";
import { dayText, timeText } from "../../lib/time.js";
import { nameOf, word, wordsOf } from "../../lib/words.js";
import { Card } from "../../parts/page.js";
import { Change, Quantity } from "../../parts/number.js";
import { Read } from "../../parts/states.js";
import { Table } from "../../parts/table.js";
import words from "../registry.words.js";

const t = wordsOf(words);

// `effect`: as a trial (`dry_run`) or a proposal answers it: {changes: [{month, enterprise, unit, flow, before, after}], carrier_unit, complete, until}.
export function Effect({ effect, names = null, of = "" }) {
  const changes = effect.changes || [];
  const unit = effect.carrier_unit || "1";
  const percent = (row) => (row.before ? (100 * (row.after - row.before)) / Math.abs(row.before) : null);
  if (changes.length === 0) return html`<p class="note">${t(effect.meters && effect.meters.length > 1 ? "effect_many" : "effect_none")}</p>`;
  return html`
    <${Table} caption=${`${t("effect")} ${of}`.trim()} rows=${changes} rowKey=${(row) => `${row.month} ${row.enterprise} ${row.unit} ${row.flow}`} columns=${[
      { key: "month", title: t("month"), order: true, narrow: true },
      { key: "unit", title: t("unit"), narrow: true, cell: (row) => nameOf(names, "unit", row.unit) },
      { key: "flow", title: t("f_flow"), cell: (row) => (row.flow ? word("flow", row.flow) : "") },
      { key: "before", title: t("before"), unit, number: true, narrow: true, cell: (row) => html`<${Quantity} value=${row.before} unit="1" />` },
      { key: "after", title: t("after"), unit, number: true, narrow: true, cell: (row) => html`<${Quantity} value=${row.after} unit="1" />` },
      { key: "change", title: t("difference"), number: true, cell: (row) => html`<${Change} percent=${percent(row)} />` },
    ]} />
    ${effect.complete === false && html`<p class="note">${t("effect_part", { until: effect.until ? timeText(effect.until) : "" })}</p>`}`;
}

// The proposals that wait, and what was said of those before. `onSettled`: after one was confirmed or declined.
export function Proposals({ onSettled = null }) {
  const [all, setAll] = useState(false);
  const proposals = useGet("/proposals", { state: all ? null : "waiting", limit: 100 });
  const settled = () => {
    proposals.reload();
    if (onSettled) onSettled();
  };
  return html`<${Card} title=${t("proposals")} actions=${html`<button type="button" class="small" aria-pressed=${all} onClick=${() => setAll(!all)}>${t("settled_too")}</button>`}>
    <p class="note">${t("proposals_note")}</p>
    <${Read} of=${proposals}>${(data) => (data.data.length === 0 ? html`<p class="nothing">${t("no_proposals")}</p>` : html`<ul class="stack">${data.data.map((each) => html`<${Proposal} key=${each.proposal_id} of=${each} names=${data.names} onSettled=${settled} />`)}</ul>`)}<//>
  <//>`;
}

function Proposal({ of, names, onSettled }) {
  const [reason, setReason] = useState("");
  const [fault, setFault] = useState(null);
  const own = session.value && session.value.account === of.author;
  const settle = async (verb, body) => {
    setFault(null);
    try {
      await post(`/proposals/${of.proposal_id}/${verb}`, body);
      onSettled();
    } catch (problem) {
      setFault(problem.detail || problem.code);
    }
  };
  const effect = of.effect || {};
  const about = (effect.meters || []).slice(0, 3);
  return html`<li class="proposal">
    <h3>${t("proposal_of", { author: of.author, at: timeText(of.made_at) })} <span class="note">${word("proposal_state", of.state)}</span></h3>
    <p><code>${of.method} ${of.path}</code> ${about.map((code) => html`<a key=${code} href=${link(`/registry/meters/${code}`)}>${code}</a> `)}</p>
    ${of.body && html`<details><summary>${t("as_sent")}</summary><pre>${JSON.stringify(of.body, null, 2)}</pre></details>`}
    <${Effect} effect=${effect} names=${names} of=${of.proposal_id} />
    ${of.state === "waiting" && may("confirm") && html`<form class="toolbar" onSubmit=${(event) => {
      event.preventDefault();
      settle("decline", { reason });
    }}>
      ${!own && html`<button type="button" class="primary" onClick=${() => settle("confirm")}>${t("confirm")}</button>`}
      ${own && html`<span class="note">${t("own_proposal")}</span>`}
      <label>${t("reason")} <input value=${reason} required onInput=${(event) => setReason(event.target.value)} /></label>
      <button type="submit">${t(own ? "withdraw" : "decline")}</button>
      <span class="note">${t("expires", { day: dayText(of.expires_at.slice(0, 10)) })}</span>
    </form>`}
    ${fault && html`<p class="fault" role="alert">${fault}</p>`}
  </li>`;
}
