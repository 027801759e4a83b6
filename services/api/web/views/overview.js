// 全区: what the region used, where, of what, and how it went, beside the period it is compared with.

import { html } from "../vendor/preact.js";
import { may, useGet } from "../lib/api.js";
import { useExported } from "../lib/exported.js";
import { useShown } from "../lib/shown.js";
import { basis, go, language, link, setQuery } from "../lib/state.js";
import { periodText } from "../lib/time.js";
import { nameOf, said, wordsOf } from "../lib/words.js";
import { BALANCE, BalanceFigures, BalanceNotes, CarrierTable, CourseChart, RankTable, balanceOf, bucketOf, consumed } from "../parts/balance.js";
import { Card, PageHead } from "../parts/page.js";
import { REGION, areaPath, homeArea } from "../parts/scope.js";
import { Nothing, Read } from "../parts/states.js";
import { Tiles } from "../parts/tiles.js";
import { Light } from "../parts/verdict.js";
import words from "./overview.words.js";

const t = wordsOf(words);

// What the tiles show: [key, unit, value(row), of which measure it is explained].
const MEASURES = [
  ["consumption", "tce", consumed, () => basis.value],
  ["tco2", "tCO2", (row) => row.tco2, () => "tco2"],
  ["change", "%", (row) => (row.compared ? row.compared[basis.value].change_percent : null), () => basis.value],
  ["coal", "%", (row) => (row.shares.coal === null ? null : row.shares.coal * 100), null],
  ["renewable", "%", (row) => (row.shares.renewable_electricity === null ? null : row.shares.renewable_electricity * 100), null],
];

export default function Overview({ query }) {
  const home = homeArea();
  const region = home === REGION;
  const period = useShown({ area: REGION, pickers: ["period", "comparison", "basis"] });
  const asked = balanceOf(`area:${REGION}`, period);
  const leagues = useGet(region ? BALANCE : null, { ...asked, by: "league", total: true });
  const carriers = useGet(region ? BALANCE : null, { ...asked, by: "carrier", total: true });
  const course = useGet(region ? BALANCE : null, { ...asked, bucket: bucketOf(period) });
  const progress = useGet(region && may("survey") ? "/progress" : null, { area: REGION, below: true });
  useExported(t("leagues"), leagues.address);
  useExported(t("by_carrier"), carriers.address);
  useExported(t("course"), course.address);
  useExported(t("of_progress"), progress.address);
  if (!region) {
    go(areaPath(home), {}, { replace: true });
    return "";
  }
  return html`
    <${PageHead} title=${t("title")} note=${periodText(period, language.value)} />
    <${Read} of=${leagues} lines=${10}>${(data) => {
      if (!data.data.length && !data.total.length) return html`<${Nothing} />`;
      return html`<div class="stack">
        <${BalanceFigures} row=${data.total[0]} params=${asked} />
        <${BalanceNotes} data=${data} row=${data.total[0]} />
        <div class="grid">
          <${Leagues} data=${data} period=${period} progress=${progress.data} query=${query} />
          <${Card} title=${t("by_carrier")} span=${5}><${Read} of=${carriers}>${(found) => html`<${CarrierTable} data=${found} params=${asked} compact />`}<//><//>
          <${Card} span=${12}><${Read} of=${course}>${(found) => html`<${CourseChart} data=${found} period=${period} />`}<//><//>
        </div>
      </div>`;
    }}<//>`;
}

function Leagues({ data, period, progress, query }) {
  const chosen = MEASURES.find(([key]) => key === query.m) || MEASURES[0];
  const [key, unit, value, measure] = chosen;
  const lights = lightsOf(progress, data.data.map((row) => row.area));
  const asList = query.view === "list";
  const items = data.data.map((row) => ({
    code: row.area,
    name: nameOf(data.names, "area", row.area),
    value: value(row),
    coverage: row.coverage,
    href: link(areaPath(row.area)),
    more: lights.of[row.area] && html` <${Light} level=${lights.of[row.area].level} title=${t("light_title", { year: lights.year, text: said({ zh: lights.of[row.area].text_zh, en: lights.of[row.area].text }) })} />`,
    explain: measure && key !== "change" ? { path: BALANCE, params: balanceOf(`area:${row.area}`, period), measure: measure() } : null,
  }));
  const actions = html`
    <label>${t("measure")} <select value=${key} onChange=${(event) => setQuery({ m: event.target.value === MEASURES[0][0] ? null : event.target.value })}>
      ${MEASURES.map(([each]) => html`<option key=${each} value=${each}>${t(`m_${each}`)}</option>`)}
    </select></label>
    <button type="button" class="small" aria-pressed=${asList} onClick=${() => setQuery({ view: asList ? null : "list" })}>${t(asList ? "as_tiles" : "as_list")}</button>`;
  return html`<${Card} title=${t("leagues")} span=${7} actions=${actions}>
    ${asList
      ? html`<${RankTable} data=${data} kind="area" path="/area" period=${period} caption=${t("leagues")} title=${t("leagues")} />`
      : html`<${Tiles} caption=${t(`m_${key}`)} items=${items} unit=${unit} flat=${key === "change"} onOpen=${(item) => go(areaPath(item.code))} aside=${lights.year && html`<${Lights} lights=${lights} />`} />`}
  <//>`;
}

// The warning lights of the leagues: {year, of: {code: light}}.
function lightsOf(progress, codes) {
  const rows = progress ? progress.data.filter((row) => codes.includes(row.area.code) && row.lights && row.lights.intensity && row.lights.intensity.level) : [];
  return { year: rows.length ? rows[0].year : null, of: Object.fromEntries(rows.map((row) => [row.area.code, row.lights.intensity])) };
}

function Lights({ lights }) {
  return html`<div class="lights">
    <p class="note">${t("lights", { year: lights.year })} ${["I", "II", "III"].map((level) => html`<span key=${level} class="nowrap"><${Light} level=${level} /></span> `)}</p>
    <p><a href=${link("/dual-control")}>${t("to_dual_control")} ›</a></p>
  </div>`;
}
