// What a place used: its figures, who in it, of what, and how it went.

import { html } from "../vendor/preact.js";
import { useGet } from "../lib/api.js";
import { useExported } from "../lib/exported.js";
import { wordsOf } from "../lib/words.js";
import { BALANCE, BalanceFigures, BalanceNotes, CarrierTable, CourseChart, RankTable, balanceOf, bucketOf } from "./balance.js";
import { Card } from "./page.js";
import { Read } from "./states.js";
import words from "./balance.words.js";

const t = wordsOf(words);

// What is asked of a scope: {asked, period, enterprises, carriers, course}; null: nothing yet.
export function usePlace(scope, period) {
  const asked = balanceOf(scope, period);
  const path = scope && BALANCE;
  const enterprises = useGet(path, { ...asked, by: "enterprise", total: true });
  const carriers = useGet(path, { ...asked, by: "carrier", total: true });
  const course = useGet(path, { ...asked, bucket: bucketOf(period) });
  useExported(t("enterprises"), enterprises.address);
  useExported(t("by_carrier"), carriers.address);
  useExported(t("course"), course.address);
  return { asked, period, enterprises, carriers, course };
}

// `place`: as usePlace has it; `children`: a card under the carriers.
export const Place = ({ place: { asked, period, enterprises, carriers, course }, children = null }) => html`<${Read} of=${enterprises} lines=${10}>${(data) => html`<div class="stack">
  <${BalanceFigures} row=${data.total[0]} params=${asked} />
  <${BalanceNotes} data=${data} row=${data.total[0]} />
  <div class="grid">
    <div class="stack span-7">
      <${Card} title=${t("enterprises")}><${RankTable} data=${data} kind="enterprise" path="/enterprise" period=${period} caption=${t("enterprises")} title=${t("enterprises")} /><//>
      <${Card}><${Read} of=${course}>${(found) => html`<${CourseChart} data=${found} period=${period} />`}<//><//>
    </div>
    <div class="stack span-5">
      <${Card} title=${t("by_carrier")}><${Read} of=${carriers}>${(found) => html`<${CarrierTable} data=${found} params=${asked} compact />`}<//><//>
      ${children}
    </div>
  </div>
</div>`}<//>`;
