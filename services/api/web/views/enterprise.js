// 用能单位: how much it used, where that went, how its units stand, and what is registered and raised of it.

import { html, useState } from "../vendor/preact.js";
import { may, session, useGet } from "../lib/api.js";
import { useExported } from "../lib/exported.js";
import { useShown } from "../lib/shown.js";
import { language, link } from "../lib/state.js";
import { periodText } from "../lib/time.js";
import { nameOf, saidOf, word, wordsOf } from "../lib/words.js";
import { BALANCE, BalanceFigures, BalanceNotes, CarrierTable, CourseChart, RankTable, balanceOf, bucketOf } from "../parts/balance.js";
import { Card, PageHead, Tabs } from "../parts/page.js";
import { Breadcrumbs, homeArea } from "../parts/scope.js";
import { Read } from "../parts/states.js";
import { Flows } from "./enterprise/flows.js";
import { Days } from "./enterprise/days.js";
import { Meters } from "./enterprise/meters.js";
import { Alerts, Registered } from "./enterprise/records.js";
import { Units } from "./enterprise/units.js";
import words from "./enterprise.words.js";

const t = wordsOf(words);
const TABS = ["energy", "units", "meters", "alerts", "quality", "facts"];

export default function Enterprise({ params, query }) {
  const code = params.code || session.value.enterprise;
  return code ? html`<${One} key=${code} code=${code} tab=${TABS.includes(query.tab) ? query.tab : TABS[0]} />` : html`<${All} />`;
}

// All of the home area, by what they used.
function All() {
  const area = homeArea();
  const [wanted, setWanted] = useState("");
  const period = useShown({ area, pickers: ["period", "comparison", "basis"] });
  const found = useGet(BALANCE, { ...balanceOf(`area:${area}`, period), by: "enterprise", total: true });
  const cases = useGet("/cases", { area, limit: 1 });
  useExported(t("title"), found.address);
  return html`
    <${PageHead} title=${t("title")} note=${`${periodText(period, language.value)} · ${t("list_note")}`}
      actions=${html`<input type="search" placeholder=${t("find")} aria-label=${t("find")} value=${wanted} onInput=${(event) => setWanted(event.target.value)} />`} />
    <${Read} of=${found} lines=${10}>${(data) => {
      const rows = data.data.filter((row) => `${nameOf(data.names, "enterprise", row.enterprise)} ${row.enterprise}`.toLowerCase().includes(wanted.trim().toLowerCase()));
      return html`<${Card}><${RankTable} data=${{ ...data, data: rows, total: wanted ? null : data.total }} kind="enterprise" path="/enterprise" period=${period} caption=${t("title")} title=${t("title")} cases=${cases.data && cases.data.counts.by_enterprise} /><//>`;
    }}<//>`;
}

function One({ code, tab }) {
  const found = useGet(`/enterprises/${encodeURIComponent(code)}`);
  const area = found.data && found.data.membership ? found.data.membership.area_code : null;
  const period = useShown({ area, pickers: ["period", "comparison", "basis"] });
  const path = `/enterprise/${code}`;
  return html`<${Read} of=${found} lines=${8}>${(known) => html`
    <${PageHead} title=${saidOf(known, "name")} trail=${area && html`<${Breadcrumbs} area=${area} more=${[{ name: saidOf(known, "name") }]} />`}
      note=${`${t("note", { code, trade: word("trade", known.trade) })} · ${periodText(period, language.value)}`}
      actions=${known.membership && known.membership.park_code && may("survey") && html`<a class="button small" href=${link(`/park/${known.membership.park_code}`)}>${t("its_park")}：${nameOf(known.names, "park", known.membership.park_code)} ›</a>`} />
    <${Tabs} path=${path} label=${t("title")} current=${tab} tabs=${TABS.map((key) => ({ key, title: t(`tab_${key}`) }))} />
    ${tab === "energy" && html`<${Energy} code=${code} period=${period} path=${path} />`}
    ${tab === "units" && html`<${Card}><${Units} code=${code} period=${period} /><//>`}
    ${tab === "meters" && html`<${Card}><${Meters} code=${code} period=${period} /><//>`}
    ${tab === "alerts" && html`<${Card}><${Alerts} code=${code} /><//>`}
    ${tab === "quality" && html`<div class="stack">
      <${Card} title=${t("days")} actions=${html`<a class="button small" href=${link("/quality", { enterprise: code })}>${t("to_quality")}</a>`}><${Days} code=${code} period=${period} /><//>
      <${Card} title=${t("worst")}><${Meters} code=${code} period=${period} worstFirst=${true} /><//>
    </div>`}
    ${tab === "facts" && html`<${Card}><${Registered} found=${known} code=${code} /><//>`}`}<//>`;
}

function Energy({ code, period, path }) {
  const asked = balanceOf(`enterprise:${code}`, period);
  const carriers = useGet(BALANCE, { ...asked, by: "carrier", total: true });
  const flows = useGet(BALANCE, { ...asked, compare: null, by: "carrier,unit" });
  const course = useGet(BALANCE, { ...asked, bucket: bucketOf(period) });
  useExported(t("by_carrier"), carriers.address);
  useExported(t("flows"), flows.address);
  useExported(t("course"), course.address);
  return html`<${Read} of=${carriers} lines=${8}>${(data) => html`<div class="stack">
    <${BalanceFigures} row=${data.total[0]} params=${asked} />
    <${BalanceNotes} data=${data} row=${data.total[0]} />
    <div class="grid">
      <${Card} span=${7}><${Read} of=${flows}>${(each) => html`<${Flows} data=${each} path=${path} />`}<//><//>
      <${Card} title=${t("by_carrier")} span=${5}><${CarrierTable} data=${data} params=${asked} compact /><//>
      <${Card}><${Read} of=${course}>${(each) => html`<${CourseChart} data=${each} period=${period} />`}<//><//>
    </div>
  </div>`}<//>`;
}
