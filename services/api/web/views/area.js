// 盟市旗县: what an area used, of what, and who in it; down to its banners, parks and enterprises.

import { html } from "../vendor/preact.js";
import { may, useGet } from "../lib/api.js";
import { useExported } from "../lib/exported.js";
import { useShown } from "../lib/shown.js";
import { language, link } from "../lib/state.js";
import { periodText } from "../lib/time.js";
import { areas, saidOf, wordsOf } from "../lib/words.js";
import { BALANCE, BalanceFigures, BalanceNotes, CarrierTable, CourseChart, RankTable, balanceOf, bucketOf } from "../parts/balance.js";
import { Card, PageHead } from "../parts/page.js";
import { Breadcrumbs, homeArea } from "../parts/scope.js";
import { Failure, Read } from "../parts/states.js";
import words from "./area.words.js";

const t = wordsOf(words);

export default function Area({ params }) {
  const code = params.code || homeArea();
  const area = areas.value[code];
  const period = useShown({ area: code, pickers: ["period", "comparison", "basis"] });
  const asked = balanceOf(`area:${code}`, period);
  const banner = area && area.level === "banner";
  const enterprises = useGet(area ? BALANCE : null, { ...asked, by: "enterprise", total: true });
  const carriers = useGet(area ? BALANCE : null, { ...asked, by: "carrier", total: true });
  const below = useGet(area ? BALANCE : null, { ...asked, by: banner ? "park" : "area", total: true });
  const course = useGet(area ? BALANCE : null, { ...asked, bucket: bucketOf(period) });
  useExported(t("enterprises"), enterprises.address);
  useExported(t("by_carrier"), carriers.address);
  useExported(t(banner ? "parks" : area && area.level === "region" ? "leagues" : "banners"), below.address);
  useExported(t("course"), course.address);
  if (!area) return html`<${Failure} problem=${{ status: 404, code: "unknown_area", errors: [] }} />`;
  const name = saidOf(area, "name");
  const belowTitle = t(banner ? "parks" : area.level === "region" ? "leagues" : "banners");
  const links = [
    !banner && may("survey") && ["dual_control", `/dual-control/${code}`, {}],
    ["efficiency", "/efficiency", { area: code }],
    ["alerts", "/alerts", { area: code }],
    ["quality", "/quality", { area: code }],
  ].filter(Boolean);
  return html`
    <${PageHead} title=${name} trail=${html`<${Breadcrumbs} area=${code} />`} note=${periodText(period, language.value)}
      actions=${links.map(([key, path, query]) => html`<a class="button small" key=${key} href=${link(path, query)}>${t(key)}</a>`)} />
    <${Read} of=${enterprises} lines=${10}>${(data) => html`<div class="stack">
      <${BalanceFigures} row=${data.total[0]} params=${asked} />
      <${BalanceNotes} data=${data} row=${data.total[0]} />
      <div class="grid">
        <div class="stack span-7">
          <${Card} title=${t("enterprises")}><${RankTable} data=${data} kind="enterprise" path="/enterprise" period=${period} caption=${t("enterprises")} title=${t("enterprises")} /><//>
          <${Card}><${Read} of=${course}>${(found) => html`<${CourseChart} data=${found} period=${period} />`}<//><//>
        </div>
        <div class="stack span-5">
          <${Card} title=${t("by_carrier")}><${Read} of=${carriers}>${(found) => html`<${CarrierTable} data=${found} params=${asked} compact />`}<//><//>
          <${Card} title=${belowTitle}><${Read} of=${below}>${(found) => html`<${RankTable} data=${found} kind=${banner ? "park" : "area"} path=${banner ? "/park" : "/area"} period=${period} caption=${belowTitle} title=${belowTitle} compact />`}<//><//>
        </div>
      </div>
    </div>`}<//>`;
}
