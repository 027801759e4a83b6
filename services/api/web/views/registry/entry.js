// One that is registered: what it is, a form to change it, and what belongs to it.

import { html, useEffect, useState } from "../../vendor/preact.js";
import { getTagged, may, patch, post, remove } from "../../lib/api.js";
import { go, link } from "../../lib/state.js";
import { toDay } from "../../lib/time.js";
import { saidOf, wordsOf } from "../../lib/words.js";
import { Card, PageHead } from "../../parts/page.js";
import { Dialog } from "../../parts/dialog.js";
import { Failure, Loading } from "../../parts/states.js";
import words from "../registry.words.js";
import { changesOf, faultsOf, Fields, toTexts, toValue, useDraft, useLeaveWarning } from "./form.js";
import { KINDS, pathOf, titleOf } from "./kinds.js";
import { Memberships } from "./memberships.js";
import { Overtaken } from "./overtaken.js";
import { Effect } from "./preview.js";
import { Replacements, Terms } from "./terms.js";

const t = wordsOf(words);
const OVERTAKEN = 412;

// What was read, with its tag: {entry, tag, problem, reload}.
function useEntry(kind, code) {
  const [turn, setTurn] = useState(0);
  const [state, setState] = useState({ entry: null, tag: null, problem: null });
  useEffect(() => {
    let left = false;
    setState({ entry: null, tag: null, problem: null });
    getTagged(pathOf(kind, code))
      .then(({ data, tag }) => !left && setState({ entry: data, tag, problem: null }))
      .catch((problem) => !left && setState({ entry: null, tag: null, problem }));
    return () => {
      left = true;
    };
  }, [kind, code, turn]);
  return { ...state, reload: () => setTurn((old) => old + 1) };
}

export function Entry({ kind, code, tabs }) {
  const of = KINDS[kind];
  const read = useEntry(kind, code);
  const { entry } = read;
  return html`
    <${PageHead} title=${entry ? saidOf(entry, "name") || entry.name || code : code} note=${html`${titleOf(kind)} <code>${code}</code>`} actions=${entry && html`<${Ways} kind=${kind} entry=${entry} />`} />
    ${tabs}
    ${read.problem && html`<${Failure} problem=${read.problem} retry=${read.reload} />`}
    ${!entry && !read.problem && html`<${Loading} lines=${8} />`}
    ${entry && html`<div class="grid">
      <${Card} title=${t(may("register") ? "edit_title" : "facts_title")} span=${of.key === "credit_code" || kind === "meters" ? 5 : null}><${Edit} key=${read.tag} kind=${kind} code=${code} entry=${entry} tag=${read.tag} onSaved=${read.reload} /><//>
      ${kind === "enterprises" && html`<${Card} title=${t("memberships")} span=${7}><${Memberships} code=${code} onChanged=${read.reload} /><//>`}
      ${kind === "meters" && html`<div class="span-7 stack"><${Card} title=${t("terms")}><${Terms} code=${code} onChanged=${read.reload} /><//><${Card} title=${t("replacements")}><${Replacements} code=${code} /><//></div>`}
    </div>`}`;
}

// To what belongs to it, and to the pages of what it measures.
function Ways({ kind, entry }) {
  const to = (path, params, key) => html`<a class="button" href=${link(path, params)}>${t(key)}</a>`;
  if (kind === "enterprises") {
    return html`${to(`/enterprise/${entry.credit_code}`, {}, "to_enterprise")}${to("/registry/units", { enterprise: entry.credit_code }, "kind_units")}${to("/registry/meters", { enterprise: entry.credit_code }, "kind_meters")}${to("/registry/gateways", { enterprise: entry.credit_code }, "kind_gateways")}`;
  }
  if (kind === "units") return html`${to(`/registry/enterprises/${entry.credit_code}`, {}, "enterprise")}${to("/registry/meters", { unit: entry.code }, "kind_meters")}`;
  if (kind === "meters") return html`${to(`/registry/units/${entry.unit_code}`, {}, "unit")}${to(`/registry/gateways/${entry.gateway_code}`, {}, "f_gateway_code")}${to("/quality", { meter: entry.code, day: toDay() }, "to_readings")}`;
  return null;
}

function Edit({ kind, code, entry, tag, onSaved }) {
  const of = KINDS[kind];
  const fields = of.fields.filter((field) => !field.first);
  const start = toTexts(fields, entry);
  const [values, setValues, forget, restored] = useDraft(`${kind} ${code}`, start);
  const [problem, setProblem] = useState(null);
  const [effect, setEffect] = useState(null);
  const [asked, setAsked] = useState(null);
  const changes = changesOf(fields, entry, values);
  const dated = fields.filter((field) => field.dated && field.name in changes);
  const dirty = Object.keys(changes).length > 0;
  useLeaveWarning(dirty);
  const disabled = may("register") ? fields.filter((field) => field.stays).map((field) => field.name) : fields.map((field) => field.name);
  const send = async (how) => {
    setProblem(null);
    try {
      const trial = how && how.trial;
      const body = { ...changes, ...(how ? how.body : {}) };
      const answer = await patch(pathOf(kind, code) + (trial ? "?dry_run=true" : ""), body, tag && !trial ? { headers: { "If-Match": tag } } : {});
      if (trial) {
        setEffect(answer);
        return;
      }
      forget();
      setAsked(null);
      if (answer && answer.proposal_id) go("/registry/proposals");
      else onSaved();
    } catch (refused) {
      setProblem(refused);
      if (refused.status === OVERTAKEN) setAsked(null);
    }
  };
  const submit = (event) => {
    event.preventDefault();
    if (dated.length > 0) {
      setEffect(null);
      setAsked({});
    } else send();
  };
  return html`<form onSubmit=${submit} noValidate>
    ${restored && dirty && html`<p class="note">${t("restored")} <button type="button" class="small" onClick=${() => forget(start)}>${t("throw_away")}</button></p>`}
    ${problem && problem.status === OVERTAKEN && html`<${Overtaken} path=${pathOf(kind, code)} fields=${fields} entry=${entry} values=${values} onMine=${onSaved} onTheirs=${() => { forget(start); onSaved(); }} />`}
    <${Fields} fields=${fields} values=${values} onChange=${setValues} faults=${problem && problem.status !== OVERTAKEN && !asked ? faultsOf(problem, fields) : {}} disabled=${disabled} />
    ${may("register") && html`<p class="toolbar">
      <button type="submit" class="primary" disabled=${!dirty}>${t(dated.length ? "save_dated" : "save")}</button>
      <button type="button" disabled=${!dirty} onClick=${() => forget(start)}>${t("throw_away")}</button>
      <span class="spring"></span>
      <${Remove} kind=${kind} code=${code} />
    </p>`}
    ${asked && html`<${FromWhen} names=${dated.map((field) => t(`f_${field.name}`)).join("、")} effect=${effect} problem=${problem} onClose=${() => setAsked(null)} onSend=${send} />`}
  </form>`;
}

// From when on a meter means something else, or that it never was otherwise; tried before it is done.
function FromWhen({ names, effect, problem, onClose, onSend }) {
  const [how, setHow] = useState({ whole: false, from: "", reason: "" });
  const body = how.whole ? { correct_from_start: true, reason: how.reason } : { valid_from: how.from, reason: how.reason || null };
  const given = how.whole ? how.reason.trim() : how.from;
  const sent = () => Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
  return html`<${Dialog} title=${t("from_when")} onClose=${onClose} wide>
    <div class="stacked">
      <p>${t("from_when_text", { names })}</p>
      <fieldset><legend>${t("from_when")}</legend>
        <label><input type="radio" name="how" checked=${!how.whole} onChange=${() => setHow({ ...how, whole: false })} /> ${t("from_day")} <input type="date" value=${how.from} disabled=${how.whole} onInput=${(event) => setHow({ ...how, from: event.target.value })} /></label>
        <label><input type="radio" name="how" checked=${how.whole} onChange=${() => setHow({ ...how, whole: true })} /> ${t("from_ever")}</label>
      </fieldset>
      <label>${t("reason")}${how.whole && " *"} <input value=${how.reason} onInput=${(event) => setHow({ ...how, reason: event.target.value })} /></label>
      ${problem && html`<div class="failure" role="alert">${Object.values(faultsOf(problem, [])).flat().map((each) => html`<p key=${each}>${each}</p>`)}</div>`}
      ${effect && html`<h3>${t("effect")}</h3><${Effect} effect=${effect} />`}
      <p class="toolbar"><button type="button" disabled=${!given} onClick=${() => onSend({ trial: true, body: sent() })}>${t("try_it")}</button>
        <button type="button" class="primary" disabled=${!given || !effect} onClick=${() => onSend({ body: sent() })}>${t("save")}</button>
        <span class="note">${t("second_person_note")}</span></p>
    </div>
  <//>`;
}

function Remove({ kind, code }) {
  const [asked, setAsked] = useState(false);
  const [problem, setProblem] = useState(null);
  const done = async () => {
    try {
      await remove(pathOf(kind, code));
      go(`/registry/${kind}`);
    } catch (refused) {
      setProblem(refused);
    }
  };
  return html`<button type="button" class="danger" onClick=${() => setAsked(true)}>${t("remove")}</button>
    ${asked && html`<${Dialog} title=${t("remove")} onClose=${() => setAsked(false)}>
      <p>${t("remove_text", { code })}</p>
      ${problem && html`<${Failure} problem=${problem} />`}
      <p class="toolbar"><button type="button" class="danger" onClick=${done}>${t("remove")}</button><button type="button" onClick=${() => setAsked(false)}>${t("cancel")}</button></p>
    <//>`}`;
}

// A form for a new one.
export function NewEntry({ kind, tabs }) {
  const of = KINDS[kind];
  const start = toTexts(of.fields, null);
  const [values, setValues, forget, restored] = useDraft(`${kind} new`, start);
  const [problem, setProblem] = useState(null);
  const dirty = of.fields.some((field) => values[field.name]);
  useLeaveWarning(dirty);
  const submit = async (event) => {
    event.preventDefault();
    setProblem(null);
    const given = of.fields.map((field) => [field.name, toValue(field, values[field.name])]).filter(([, value]) => value !== null);
    try {
      const made = await post(`/${kind}`, Object.fromEntries(given));
      forget();
      go(`/registry/${kind}/${encodeURIComponent(made[of.key])}`);
    } catch (refused) {
      setProblem(refused);
    }
  };
  return html`
    <${PageHead} title=${t("new_one", { kind: titleOf(kind) })} />
    ${tabs}
    <${Card}><form class="in-columns" onSubmit=${submit} noValidate>
      ${restored && dirty && html`<p class="note">${t("restored")}</p>`}
      <${Fields} fields=${of.fields} values=${values} onChange=${setValues} faults=${faultsOf(problem, of.fields)} />
      <p class="toolbar"><button type="submit" class="primary">${t("register")}</button><button type="button" disabled=${!dirty} onClick=${() => forget(start)}>${t("throw_away")}</button></p>
    </form><//>`;
}
