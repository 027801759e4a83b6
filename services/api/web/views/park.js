// 园区: what a park used, of what, and who in it; without a code all of them.

import { html } from "../vendor/preact.js";
import { useGet } from "../lib/api.js";
import { useExported } from "../lib/exported.js";
import { useShown } from "../lib/shown.js";
import { language } from "../lib/state.js";
import { periodText } from "../lib/time.js";
import { nameOf, saidOf, word, wordsOf } from "../lib/words.js";
import { BALANCE, BalanceFigures, BalanceNotes, CarrierTable, CourseChart, RankTable, balanceOf, bucketOf } from "../parts/balance.js";
import { Card, PageHead } from "../parts/page.js";
import { Breadcrumbs, homeArea } from "../parts/scope.js";
import { Read } from "../parts/states.js";
import words from "./park.words.js";

const t = wordsOf(words);
const PICKERS = ["period", "comparison", "basis"];

export default function Park({ params }) {
  return params.code ? html`<${One} key=${params.code} code=${params.code} />` : html`<${All} />`;
}

function All() {
  const area = homeArea();
  const period = useShown({ area, pickers: PICKERS });
  const asked = balanceOf(`area:${area}`, period);
  const parks = useGet(BALANCE, { ...asked, by: "park", total: true });
  useExported(t("all"), parks.address);
  return html`
    <${PageHead} title=${t("all")} note=${periodText(period, language.value)} />
    <${Read} of=${parks} lines=${8}>${(data) => html`<${Card}><${RankTable} data=${data} kind="park" path="/park" period=${period} caption=${t("all")} title=${t("title")} /><//>`}<//>`;
}

function One({ code }) {
  const park = useGet(`/parks/${encodeURIComponent(code)}`);
  const period = useShown({ area: park.data ? park.data.area_code : null, pickers: PICKERS });
  const asked = balanceOf(`park:${code}`, period);
  const enterprises = useGet(BALANCE, { ...asked, by: "enterprise", total: true });
  const carriers = useGet(BALANCE, { ...asked, by: "carrier", total: true });
  const course = useGet(BALANCE, { ...asked, bucket: bucketOf(period) });
  useExported(t("enterprises"), enterprises.address);
  useExported(t("by_carrier"), carriers.address);
  useExported(t("course"), course.address);
  return html`<${Read} of=${park}>${(found) => html`
    <${PageHead} title=${saidOf(found, "name")} trail=${html`<${Breadcrumbs} area=${found.area_code} more=${[{ name: saidOf(found, "name") }]} />`}
      note=${`${t("note", { kind: word("park_kind", found.kind), area: nameOf(null, "area", found.area_code) })} · ${periodText(period, language.value)}`} />
    <${Read} of=${enterprises} lines=${10}>${(data) => html`<div class="stack">
      <${BalanceFigures} row=${data.total[0]} params=${asked} />
      <${BalanceNotes} data=${data} row=${data.total[0]} />
      <div class="grid">
        <div class="stack span-7">
          <${Card} title=${t("enterprises")}><${RankTable} data=${data} kind="enterprise" path="/enterprise" period=${period} caption=${t("enterprises")} title=${t("enterprises")} /><//>
          <${Card}><${Read} of=${course}>${(each) => html`<${CourseChart} data=${each} period=${period} />`}<//><//>
        </div>
        <${Card} title=${t("by_carrier")} span=${5}><${Read} of=${carriers}>${(each) => html`<${CarrierTable} data=${each} params=${asked} compact />`}<//><//>
      </div>
    </div>`}<//>`}<//>`;
}
