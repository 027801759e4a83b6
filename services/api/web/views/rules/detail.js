// One rule: its sentence, what it says, its versions with what each has changed.

import { html, useState } from "../../vendor/preact.js";
import { may, put, useGet } from "../../lib/api.js";
import { link } from "../../lib/state.js";
import { timeText } from "../../lib/time.js";
import { saidOf, wordsOf } from "../../lib/words.js";
import { language } from "../../lib/state.js";
import { Count } from "../../parts/number.js";
import { Card, Facts } from "../../parts/page.js";
import { Faults, Read } from "../../parts/states.js";
import { Sign } from "../../parts/verdict.js";
import { EditRule } from "./edit.js";
import { Sentence } from "./sentence.js";
import words from "../rules.words.js";

const t = wordsOf(words);

export function RuleDetail({ slug, onChanged }) {
  const rule = useGet(`/rules/${slug}`);
  const [edit, setEdit] = useState(false);
  const [problem, setProblem] = useState(null);
  const changed = () => {
    setEdit(false);
    rule.reload();
    onChanged();
  };
  const turn = async (data) => {
    setProblem(null);
    try {
      await put(`/rules/${slug}`, { enabled: !data.enabled, based_on: data.version });
      changed();
    } catch (found) {
      setProblem(found);
    }
  };
  return html`<${Read} of=${rule} lines=${8}>${(data) => html`<div class="stack">
    <${Card} title=${saidOf(data, "title") || data.slug} actions=${may("configure") && html`
      <button type="button" class="small" onClick=${() => turn(data)}>${t(data.enabled ? "switch_off" : "switch_on")}</button>
      <button type="button" class="small primary" onClick=${() => setEdit(true)}>${t("edit")}</button>`}>
      <p class="note rule-head"><code>${data.slug}</code> · <${Sign} of=${data.enabled ? "ok" : "none"}>${t(data.enabled ? "enabled" : "disabled")}<//> · ${t(data.origin)} · ${t("version", { version: data.version })} · <a href=${link("/alerts", { q: data.slug })}>${t("firing_now")} <${Count} value=${data.firing} /></a></p>
      ${problem && html`<div role="alert" class="failure"><${Faults} problem=${problem} /></div>`}
      <${Sentence} body=${data.body} />
      <${Facts} facts=${[
        [t("text"), html`<${Pattern} text=${language.value === "zh" ? data.body.text.zh : data.body.text.en} /><br /><span class="note"><${Pattern} text=${language.value === "zh" ? data.body.text.en : data.body.text.zh} /></span>`],
        [t("document"), html`${data.body.source} <span class="note">${data.body.place}</span>`],
      ]} />
    <//>
    <${Card} title=${t("versions")}><ol class="timeline">${data.versions.map((each, index) => html`<li key=${each.version} class=${each.shipped ? "" : "person"}>
      <p><strong>${t("version", { version: each.version })}</strong> <time datetime=${each.recorded_at}>${timeText(each.recorded_at)}</time> <span class="note">${each.shipped ? t("shipped") : t("by", { author: each.author })} · ${t(each.enabled ? "enabled" : "disabled")}</span></p>
      ${each.note && !each.shipped && html`<p class="said">${each.note}</p>`}
      <${Difference} now=${each} before=${data.versions[index + 1]} />
    </li>`)}</ol><//>
    ${edit && html`<${EditRule} rule=${data} onDone=${changed} onClose=${() => setEdit(false)} />`}
  </div>`}<//>`;
}

// What a message says, with the names of the figures that are put in.
const Pattern = ({ text }) => html`${text.split(/\{(\w+)\}/).map((part, index) => (index % 2 ? html`<span class="slot" key=${index} title=${`{${part}}`}>${t(`slot_${part}`)}</span>` : part))}`;

// What a version says otherwise than the one before it, field by field.
function Difference({ now, before }) {
  if (!before) return html`<p class="note">${t("first_version")}</p>`;
  const [one, other] = [flat({ ...before.body, enabled: before.enabled }), flat({ ...now.body, enabled: now.enabled })];
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])].filter((name) => one[name] !== other[name]).sort();
  if (names.length === 0) return html`<p class="note">${t("no_difference")}</p>`;
  return html`<dl class="difference" aria-label=${t("difference")}>${names.map((name) => html`<dt key=${name}><code>${name}</code></dt><dd key=${`${name}-was`}>${one[name] === undefined ? "" : html`<del>${one[name]}</del>`}</dd><dd key=${`${name}-is`}>${other[name] === undefined ? "" : html`<ins>${other[name]}</ins>`}</dd>`)}</dl>`;
}

function flat(value, path = "") {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return { [path]: JSON.stringify(value) };
  return Object.assign({}, ...Object.entries(value).map(([name, inner]) => flat(inner, path ? `${path}.${name}` : name)));
}
