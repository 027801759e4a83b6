// One number of a plan: the printed words and where they stand, printed and computed, what contradicts it, what uses it.

import { html } from "../../vendor/preact.js";
import { addressOf, useGet } from "../../lib/api.js";
import { language, link } from "../../lib/state.js";
import { dayText } from "../../lib/time.js";
import { nameOf, saidOf, word, wordsOf } from "../../lib/words.js";
import { Dialog } from "../../parts/dialog.js";
import { Count, Coverage, Quantity } from "../../parts/number.js";
import { Facts } from "../../parts/page.js";
import { Copy, Read } from "../../parts/states.js";
import { Severity } from "../../parts/verdict.js";
import { Asked, Measured, Standing } from "./cells.js";
import words from "../targets.words.js";

const t = wordsOf(words);

export function TargetDetail({ row, onClose }) {
  const rules = useGet(row.indicator ? "/rules" : null, { indicator: row.indicator, limit: 50 });
  const address = location.origin + addressOf("/targets", { q: row.code });
  return html`<${Dialog} title=${saidOf(row, "indicator")} onClose=${onClose} side>
    <div class="stack target-detail">
      <p class="target-asked"><${Asked} row=${row} /> <${Standing} row=${row} /></p>
      <blockquote lang="zh-CN"><p>${row.quote}</p><footer class="note">${row.source}<br />${row.clause || ""} · ${row.place}</footer></blockquote>
      <${Facts} facts=${facts(row)} />
      ${row.change && html`<${Changed} change=${row.change} />`}
      ${row.conflicts.length > 0 && html`<section><h3>${t("conflicts")}</h3><ul>${row.conflicts.map((each) => html`<li key=${each.code}><code>${each.code}</code> ${each.op} ${each.value_printed} <span class="note">${each.place}</span></li>`)}</ul></section>`}
      ${row.actual && row.actual.reasons.length > 0 && html`<section><h3>${t("reasons")}</h3><ul>${row.actual.reasons.map((each) => html`<li key=${each.code + each.of}>▨ ${language.value === "zh" ? each.text_zh : each.text}</li>`)}</ul></section>`}
      ${row.indicator && html`<section><h3>${t("used_by")}</h3><${Read} of=${rules} lines=${2}>${(data) => (data.data.length === 0 ? html`<p class="nothing">${t("used_by_none")}</p>` : html`<ul class="counted">${data.data.map(
        (rule) => html`<li key=${rule.slug}><span><${Severity} severity=${rule.body.severity} /> <a href=${link(`/rules/${rule.slug}`)}>${rule.body.title[language.value] || rule.body.title.zh}</a></span>${rule.firing > 0 && html`<span class="note">${t("firing")} <${Count} value=${rule.firing} /></span>`}</li>`,
      )}</ul>`)}<//></section>`}
      <p class="note">${t("row_of_table")} <code>${addressOf("/targets", { q: row.code })}</code> <${Copy} text=${address} /></p>
    </div>
  <//>`;
}

const facts = (row) => [
  [t("code"), html`<code>${row.code}</code>`],
  [t("area"), nameOf(null, "area", row.area_code)],
  [t("subject"), row.subject && word("target_subject", row.subject)],
  [t("process"), row.process && word("process", row.process)],
  [t("alias"), row.alias],
  [t("nature"), `${word("target_nature", row.nature)}${row.stage ? ` · ${word("target_stage", row.stage)}` : ""}`],
  [t("year"), row.target_year],
  [t("base"), row.base_year && html`${row.base_year}${row.base_value !== null && html`：<${Quantity} value=${row.base_value} /> <span class="unit">${word("unit_of_measure", row.unit)}</span>`}`],
  [t("actual_of"), (row.actual || row.fall) && html`<${Measured} row=${row} />`],
  [t("of_period"), row.actual && html`${dayText(row.actual.start)} – ${dayText(row.actual.end)} <${Coverage} value=${row.actual.coverage} always />`],
  [t("value_scope"), row.value_scope === "own" ? null : word("value_scope", row.value_scope)],
  [t("valid"), `${row.valid_from} – ${row.valid_to}`],
  [t("traps"), row.traps.join(" ")],
  [t("remark"), row.note],
];

const Changed = ({ change }) => html`<dl class="facts printed">
  <dt>${t("printed")}</dt><dd>${change.printed || "—"}</dd>
  <dt>${t("computed")}</dt><dd>${change.computed === null ? "—" : html`<${Quantity} value=${change.computed} digits=${4} /> <span class="unit">${word("unit_of_measure", change.unit)}</span>`}</dd>
  ${change.computed_as_printed !== null && html`<dt>${t("computed_as_printed")}</dt><dd><${Quantity} value=${change.computed_as_printed} /> ${change.differs && html`<span class="sign-of warning">≠ ${t("differs")}</span>`}</dd>`}
  ${change.value_from_change !== null && html`<dt>${t("from_change")}</dt><dd><${Quantity} value=${change.value_from_change} /></dd>`}
</dl>`;
