// What stands beside the list: since last evening, warning levels of the areas, why things cannot be judged, faults in data.

import { html } from "../../vendor/preact.js";
import { link } from "../../lib/state.js";
import { timeText } from "../../lib/time.js";
import { nameOf, saidOf, word, wordsOf } from "../../lib/words.js";
import { Count } from "../../parts/number.js";
import { Card } from "../../parts/page.js";
import { Read } from "../../parts/states.js";
import { Light, Sign } from "../../parts/verdict.js";
import words from "../today.words.js";

const t = wordsOf(words);
const LEVELS = ["I", "II", "III"];
const MOST = 5;

export const Since = ({ since }) => html`<${Card} title=${t("since")}>
  <dl class="since">${["fired", "resolved", "answered", "corrections"].map(
    (name) => html`<div key=${name}><dt>${t(name)}</dt><dd><${Count} value=${since[name]} /></dd></div>`,
  )}</dl>
<//>`;

// 晴雨表: of each area below the level of its intensity, and of its total.
export function Lights({ of, home }) {
  return html`<${Card} title=${t("lights")} actions=${html`<a href=${link("/dual-control")}>▸<span class="hidden">${t("lights")}</span></a>`}>
    <${Read} of=${of}>${(data) => {
      const rows = data.data.filter((row) => row.area.code !== home || data.data.length === 1).filter((row) => row.area.level === lowest(data.data, home));
      if (rows.length === 0) return html`<p class="nothing">${t("lights_none")}</p>`;
      const counted = LEVELS.map((level) => [level, rows.filter((row) => row.lights.intensity.level === level).length]);
      return html`
        <p class="note">${t("lights_year", { year: rows[0].year })}</p>
        <p class="light-counts">${t("counts_of")} ${counted.map(([level, count]) => html`<span key=${level}><${Light} level=${level} /> <${Count} value=${count} /></span>`)}</p>
        <ul class="lights">${[...rows].sort(byLevel).map((row) => html`<li key=${row.area.code}>
          <a href=${link(`/dual-control/${row.area.code}`)}>${saidOf(row.area, "name")}</a>
          <span><${Light} level=${row.lights.intensity.level} title=${`${t("intensity")}${t("colon")}${saidLight(row.lights.intensity)}`} /> <${Light} level=${row.lights.total.level} title=${`${t("total")}${t("colon")}${saidLight(row.lights.total)}`} /></span>
        </li>`)}</ul>`;
    }}<//>
  <//>`;
}

// Leagues of the region, banners of a league.
const lowest = (rows, home) => {
  const own = rows.find((row) => row.area.code === home);
  if (!own || rows.length === 1) return rows[0] ? rows[0].area.level : null;
  return own.area.level === "region" ? "league" : "banner";
};
const rank = (level) => (level === null ? LEVELS.length : LEVELS.indexOf(level));
const byLevel = (one, other) => rank(one.lights.intensity.level) - rank(other.lights.intensity.level) || rank(one.lights.total.level) - rank(other.lights.total.level);
const saidLight = (light) => saidOf({ text_zh: light.text_zh, text_en: light.text }, "text");

export const Reasons = ({ found }) => html`<section class="card" id="cannot-judge" aria-label=${t("reasons_title")}>
  <header><h2>${t("reasons_title")} <span class="note">${t("reasons_note")}</span></h2><div class="actions"><a href=${link("/efficiency", { verdict: "cannot_judge" })}>${t("mend_them")} ▸</a></div></header>
  <ul class="counted">${found.reasons.slice(0, MOST).map(
    (each) => html`<li key=${each.code}><${Sign} of="cannot_judge">${words.zh[`short_${each.code}`] ? t(`short_${each.code}`) : word("verdict_reason", each.code).replace(/[：:（(]?\s*\{of\}.*$/, "")}<//><${Count} value=${each.count} /></li>`,
  )}</ul>
  ${found.provisional > 0 && html`<p class="note">${t("provisional_before")} <${Count} value=${found.provisional} /> ${t("provisional_after")}</p>`}
</section>`;

export const Faults = ({ silent, findings }) => html`<${Card} title=${t("findings_title")} actions=${html`<a href=${link("/quality")}>${t("open_quality")} ▸</a>`}>
  ${silent.count + findings.count === 0 && html`<p class="note">${t("none_found")}</p>`}
  ${silent.count > 0 && html`<h3>${t("silent_title")} <${Count} value=${silent.count} /></h3><ul class="counted">${silent.data.slice(0, MOST).map(
    (each) => html`<li key=${each.gateway}><span><a href=${link(`/enterprise/${each.enterprise.code}`)}>${saidOf(each.enterprise, "name")}</a> <span class="note">${each.name || each.gateway}</span></span><span class="note">${each.last_message_at ? t("silent_since", { time: timeText(each.last_message_at).slice(5) }) : t("never_heard")}</span></li>`,
  )}</ul>`}
  ${findings.count > 0 && html`<h3>${t("findings")} <${Count} value=${findings.count} /></h3><ul class="counted">${findings.data.slice(0, MOST).map(
    (each) => html`<li key=${each.finding_id}><span>${word("check", each.check)} <span class="note">${nameOf(findings.names, each.subject_kind, each.subject)}</span></span><span class="note">${each.day.slice(5)}</span></li>`,
  )}</ul>`}
<//>`;
