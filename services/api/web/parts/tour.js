// 三分钟看懂: seven steps on the pages themselves, left and taken up again at will; at the end the calls that were made.

import { html, useEffect, useState } from "../vendor/preact.js";
import { addressOf, get } from "../lib/api.js";
import { language, go } from "../lib/state.js";
import { lastMonth } from "../lib/time.js";
import { endTour, leaveTour, resumeTour, showStep, STEPS, tour } from "../lib/tour.js";
import { wordsOf } from "../lib/words.js";
import { Copy } from "./states.js";
import words from "./tour.words.js";

const t = wordsOf(words);
const REGION = "150000";
const HALL = { rule: "pue_new_large", limit: 1 };
const SILENT = "GW-150926-0029";
const CORRECTED = "150624-0001-G01";

// Of each step: the page on which it is, and the calls that a program would make. `found`: the alert that the tour is about, null: there is none.
const PLACES = [
  { page: () => "/", calls: () => [["GET", "/worklist"]] },
  { page: (found) => (found ? `/alerts/${found.alert_id}` : "/data-centres"), calls: (found) => (found ? [["GET", `/alerts/${found.alert_id}`]] : [["GET", "/alerts", HALL]]) },
  { page: (found) => (found ? `/alerts/${found.alert_id}` : "/alerts"), calls: (found) => [["POST", `/alerts/${found ? found.alert_id : 1}/steps`, null, { action: "acknowledge" }]] },
  { page: () => "/quality", params: { area: "150926" }, calls: () => [["GET", `/gateways/${SILENT}/state`], ["GET", "/quality/matrix", { scope: "area:150926" }]] },
  { page: () => "/area/150600", calls: () => [["GET", "/energy/balance", { scope: "area:150600", by: "banner", bucket: "total", explain: true }]] },
  { page: () => "/quality", params: { tab: "readings", area: "150624" }, calls: () => [["GET", "/readings", { quality: "suspect", area: REGION }], ["POST", `/meters/${CORRECTED}/corrections`, null, { kind: "replace", ts: "…", value: "…", reason: "…" }]] },
  { page: () => `/print/area/${REGION}/${lastMonth()}`, calls: () => [["POST", `/bulletins/${REGION}/${lastMonth()}`]] },
];

export function Tour() {
  const [found, setFound] = useState(undefined);
  const on = tour.value !== null && tour.value.open;
  useEffect(() => {
    if (!on || found !== undefined) return;
    get("/alerts", HALL).then((data) => setFound(data.data[0] || null), () => setFound(null));
  }, [on]);
  const step = tour.value ? tour.value.step : 0;
  // A step leads to its page once; where one goes from there is one's own affair.
  useEffect(() => {
    if (!on || !tour.value.leads || found === undefined) return;
    resumeTour();
    show(step, found);
  }, [tour.value, found]);
  if (tour.value === null) return "";
  if (!on) return html`<button type="button" class="tour-resume primary" onClick=${resumeTour}>${t("resume")} ${step <= STEPS ? t("step_of", { step, steps: STEPS }) : ""}</button>`;
  return html`<aside class="tour" role="region" aria-label=${t("tour")} onKeyDown=${(event) => event.key === "Escape" && leaveTour()}>
    <header><h2>${t("tour")}</h2><button type="button" class="plain" aria-label=${t("leave")} title=${t("leave")} onClick=${leaveTour}>✕</button></header>
    <p class="tour-dots" aria-hidden="true">${PLACES.map((_, index) => html`<span key=${index} class=${index < step ? "passed" : ""}></span>`)}</p>
    ${step > STEPS ? html`<${Calls} found=${found || null} />` : html`<${Step} step=${step} found=${found} />`}
    <p class="toolbar">
      ${step > 1 && html`<button type="button" onClick=${() => showStep(step - 1)}>${t("back")}</button>`}
      ${step <= STEPS && html`<button type="button" class="primary" onClick=${() => showStep(step + 1)}>${t(step < STEPS ? "next" : "last")}</button>`}
      ${step <= STEPS && html`<button type="button" class="plain" onClick=${() => show(step, found || null)}>${t("show_again")}</button>`}
      <span class="spring"></span>
      <button type="button" class="plain" onClick=${endTour}>${t("end")}</button>
    </p>
  </aside>`;
}

// Begins it, from wherever it is offered.
export const TourButton = ({ onBegin }) => html`<button type="button" onClick=${() => {
  onBegin();
  showStep(1);
}}>${t("tour")}</button>`;

function show(step, found) {
  const place = PLACES[step - 1];
  go(place.page(found), place.params || {});
}

const Step = ({ step, found }) => html`
  <h3 aria-live="polite">${t("step_of", { step, steps: STEPS })} ${t(`title_${step}`)}</h3>
  <p>${t(`text_${step}`)}</p>
  <ol>${t(`try_${step}`).split("|").map((each) => html`<li key=${each}>${each}</li>`)}</ol>
  ${found === null && step <= 3 && html`<p class="note">${t("no_story")}</p>`}`;

// What a program would have asked in place of each step.
function Calls({ found }) {
  const lines = PLACES.flatMap((place, index) => [`# ${index + 1} ${t(`title_${index + 1}`)}`, ...place.calls(found).map(curlOf)]);
  const text = [`api=${location.origin}`, ...lines].join("\n");
  return html`<h3>${t("calls")}</h3><p>${t("calls_text")}</p><pre lang=${language.value}>${text}</pre><p><${Copy} text=${text} /></p>`;
}

function curlOf([method, path, params, body]) {
  const sent = body ? ` -H 'Content-Type: application/json' -d '${JSON.stringify(body)}'` : "";
  return `curl -H "Authorization: Bearer $KEY"${method === "GET" ? "" : ` -X ${method}`}${sent} "$api${addressOf(path, params || {})}"`;
}
