// 规则与静默: rules as sentences, with their versions, tried over the past before they are saved; and what is not told for a time.

import { html, useState } from "../vendor/preact.js";
import { addressOf, may, useGet } from "../lib/api.js";
import { useExported } from "../lib/exported.js";
import { useShown } from "../lib/shown.js";
import { go, link, setQuery } from "../lib/state.js";
import { saidOf, t as common, word, wordsOf } from "../lib/words.js";
import { Count } from "../parts/number.js";
import { Facet, PageHead, Tabs } from "../parts/page.js";
import { Nothing, Read } from "../parts/states.js";
import { Sign } from "../parts/verdict.js";
import { RuleDetail } from "./rules/detail.js";
import { EditRule } from "./rules/edit.js";
import { Silences } from "./rules/silences.js";
import words from "./rules.words.js";

const t = wordsOf(words);
const SEVERITIES = ["severe", "warning", "notice"];

export default function Rules({ params, query }) {
  useShown({ pickers: [] });
  const [made, setMade] = useState(false);
  const rules = useGet("/rules", { limit: 1000 });
  useExported(t("rules"), query.tab === "silences" ? null : addressOf("/rules", { q: query.q, severity: query.severity }));
  const tab = query.tab === "silences" && !params.slug ? "silences" : "rules";
  const chosen = query.severity ? query.severity.split(",") : [];
  const wanted = (query.q || "").toLowerCase();
  const fits = (rule) => (chosen.length === 0 || chosen.includes(rule.severity)) && (!wanted || [rule.slug, rule.title_zh, rule.title_en].some((text) => text && text.toLowerCase().includes(wanted)));
  const all = rules.data ? rules.data.data : [];
  const slug = params.slug || (all[0] && all[0].slug);
  return html`
    <${PageHead} title=${t("title")} actions=${may("configure") && tab === "rules" && html`<button type="button" onClick=${() => setMade(true)}>${t("new_rule")}</button>`} />
    <${Tabs} path="/rules" label=${t("title")} current=${tab} tabs=${[{ key: "rules", title: t("rules"), count: rules.data ? all.length : null }, { key: "silences", title: t("silences") }]} />
    ${tab === "silences" ? html`<${Silences} query=${query} rules=${all} />` : html`<div class="cases rules">
      <section class="card case-side" aria-label=${t("list")}>
        <div class="toolbar"><input type="search" aria-label=${t("search")} placeholder=${t("search")} value=${query.q || ""} onInput=${(event) => setQuery({ q: event.target.value || null })} /></div>
        <${Facet} title=${common("all")} chosen=${chosen} onChoose=${(values) => setQuery({ severity: values.join(",") || null })} values=${SEVERITIES.map((key) => ({ key, title: word("severity", key), count: all.filter((rule) => rule.severity === key).length }))} />
        <${Read} of=${rules} lines=${8}>${() => {
          const rows = all.filter(fits);
          if (rows.length === 0 && !query.q && chosen.length === 0) return html`<${Nothing} />`;
          if (rows.length === 0) return html`<${Nothing} filters=${[{ name: common("search"), value: query.q || chosen.join("、"), remove: () => setQuery({ q: null, severity: null }) }]} />`;
          return html`<ul class="case-list">${rows.map((rule) => html`<li key=${rule.slug} class=${`case-line ${rule.enabled ? rule.severity : ""}${rule.slug === slug ? " current" : ""}`} aria-current=${rule.slug === slug ? "true" : null}>
            <a class="rule-line" href=${link(`/rules/${rule.slug}`, { q: query.q, severity: query.severity })}>
              <span class="case-top"><${Sign} of=${rule.enabled ? rule.severity : "none"}>${rule.enabled ? word("severity", rule.severity) : t("disabled")}<//> <strong>${saidOf(rule, "title") || rule.slug}</strong></span>
              <span class="note">${rule.version > 1 && html`${t("version", { version: rule.version })} `}${rule.firing > 0 && html`${t("firing_now")} <${Count} value=${rule.firing} />`}</span>
            </a></li>`)}</ul>`;
        }}<//>
      </section>
      <div class="case-detail">${slug ? html`<${RuleDetail} key=${slug} slug=${slug} onChanged=${rules.reload} />` : html`<p class="nothing">${t("choose")}</p>`}</div>
    </div>`}
    ${made && html`<${EditRule} rule=${null} onClose=${() => setMade(false)} onDone=${(found) => { setMade(false); rules.reload(); go(`/rules/${found}`); }} />`}`;
}
