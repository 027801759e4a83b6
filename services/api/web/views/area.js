// 盟市旗县: what an area used, of what, and who in it; down to its banners, parks and enterprises.

import { html } from "../vendor/preact.js";
import { may, useGet } from "../lib/api.js";
import { useExported } from "../lib/exported.js";
import { useShown } from "../lib/shown.js";
import { language, link } from "../lib/state.js";
import { periodText } from "../lib/time.js";
import { areas, saidOf, wordsOf } from "../lib/words.js";
import { BALANCE, RankTable } from "../parts/balance.js";
import { Card, PageHead } from "../parts/page.js";
import { Place, usePlace } from "../parts/place.js";
import { Breadcrumbs, homeArea } from "../parts/scope.js";
import { Failure, Read } from "../parts/states.js";
import words from "./area.words.js";

const t = wordsOf(words);

export default function Area({ params }) {
  const code = params.code || homeArea();
  const area = areas.value[code];
  const period = useShown({ area: code, pickers: ["period", "comparison", "basis"] });
  const place = usePlace(area ? `area:${code}` : null, period);
  const banner = area && area.level === "banner";
  const below = useGet(area ? BALANCE : null, { ...place.asked, by: banner ? "park" : "area", total: true });
  const belowTitle = t(banner ? "parks" : area && area.level === "region" ? "leagues" : "banners");
  useExported(belowTitle, below.address);
  if (!area) return html`<${Failure} problem=${{ status: 404, code: "unknown_area", errors: [] }} />`;
  const name = saidOf(area, "name");
  const links = [
    !banner && may("survey") && ["dual_control", `/dual-control/${code}`, {}],
    ["efficiency", "/efficiency", { area: code }],
    ["alerts", "/alerts", { area: code }],
    ["quality", "/quality", { area: code }],
  ].filter(Boolean);
  return html`
    <${PageHead} title=${name} trail=${html`<${Breadcrumbs} area=${code} />`} note=${periodText(period, language.value)}
      actions=${links.map(([key, path, query]) => html`<a class="button small" key=${key} href=${link(path, query)}>${t(key)}</a>`)} />
    <${Place} place=${place}>
      <${Card} title=${belowTitle}><${Read} of=${below}>${(found) => html`<${RankTable} data=${found} kind=${banner ? "park" : "area"} path=${banner ? "/park" : "/area"} period=${period} caption=${belowTitle} title=${belowTitle} compact />`}<//><//>
    <//>`;
}
