// 园区: what a park used, of what, and who in it; without a code all of them.

import { html } from "../vendor/preact.js";
import { useGet } from "../lib/api.js";
import { useExported } from "../lib/exported.js";
import { useShown } from "../lib/shown.js";
import { language } from "../lib/state.js";
import { periodText } from "../lib/time.js";
import { nameOf, saidOf, word, wordsOf } from "../lib/words.js";
import { BALANCE, RankTable, balanceOf } from "../parts/balance.js";
import { Card, PageHead } from "../parts/page.js";
import { Place, usePlace } from "../parts/place.js";
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
  const place = usePlace(`park:${code}`, period);
  return html`<${Read} of=${park}>${(found) => html`
    <${PageHead} title=${saidOf(found, "name")} trail=${html`<${Breadcrumbs} area=${found.area_code} more=${[{ name: saidOf(found, "name") }]} />`}
      note=${`${t("note", { kind: word("park_kind", found.kind), area: nameOf(null, "area", found.area_code) })} · ${periodText(period, language.value)}`} />
    <${Place} place=${place} />`}<//>`;
}
