// What can be done with the units that are picked in a list: their alerts handled together, their list copied.

import { html, useState } from "../vendor/preact.js";
import { may, useGet } from "../lib/api.js";
import { link } from "../lib/state.js";
import { saidOf, wordsOf } from "../lib/words.js";
import { BulkDone, BulkSteps } from "./alert_bulk.js";
import { Count } from "./number.js";
import { Copy, Read } from "./states.js";
import words from "./picked_units.words.js";

const t = wordsOf(words);
const MOST_CASES = 200;

export function PickedUnits({ picked, rows, clear }) {
  const [urging, setUrging] = useState(false);
  if (picked.size === 0) return "";
  const chosen = rows.filter((row) => picked.has(row.unit));
  const lines = [[t("unit_code"), t("unit_name"), t("credit_code"), t("enterprise_name")], ...chosen.map((row) => [row.unit, saidOf(row, "name"), row.enterprise, saidOf(row, "enterprise_name")])];
  const text = lines.map((line) => line.join("\t")).join("\n");
  const unpick = () => {
    setUrging(false);
    clear();
  };
  return html`<div class="toolbar picked" role="group" aria-label=${t("of_picked")}>
    <span role="status">${t("picked")} <strong><${Count} value=${picked.size} /></strong> ${t("units")}</span>
    ${may("explain") && html`<button type="button" class=${urging ? "" : "primary"} aria-expanded=${urging} onClick=${() => setUrging(!urging)}>${t("urge")}</button>`}
    <${Copy} text=${text}>${t("copy_list")}<//>
    <button type="button" class="plain" onClick=${unpick}>${t("unpick")}</button>
    ${urging && html`<${Urging} subjects=${chosen.map((row) => `unit:${row.unit}`)} />`}
  </div>`;
}

// The open alerts of the picked units, and the steps that can be taken of them together.
function Urging({ subjects }) {
  const [done, setDone] = useState(null);
  const asked = { subject: subjects.slice(0, MOST_CASES).join(","), limit: MOST_CASES };
  const cases = useGet("/cases", asked);
  const taken = (answer) => {
    setDone(answer);
    cases.reload();
  };
  return html`<div class="urging"><${Read} of=${cases} lines=${1}>${({ data }) => {
    const alerts = data.flatMap((each) => each.alerts);
    if (alerts.length === 0) return html`<span class="note">${t("no_alerts")}</span>`;
    return html`<div class="toolbar">
      <span><${Count} value=${data.length} /> ${t("with_alerts")} <strong><${Count} value=${alerts.length} /></strong> ${t("alerts")}</span>
      <${BulkSteps} alerts=${alerts} onTaken=${taken} />
      <a href=${link("/alerts", { subject: asked.subject })}>${t("see_alerts")}</a>
      ${done && html`<${BulkDone} answer=${done} alerts=${alerts} onClose=${() => setDone(null)} />`}
    </div>`;
  }}<//></div>`;
}
