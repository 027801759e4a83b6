// What can be done with the units that are picked in a list: their alerts handled together, their list copied.

import { html } from "../vendor/preact.js";
import { link } from "../lib/state.js";
import { saidOf, wordsOf } from "../lib/words.js";
import { Count } from "./number.js";
import { Copy } from "./states.js";
import words from "./picked_units.words.js";

const t = wordsOf(words);

export function PickedUnits({ picked, rows, clear }) {
  if (picked.size === 0) return "";
  const chosen = rows.filter((row) => picked.has(row.unit));
  const lines = [[t("unit_code"), t("unit_name"), t("credit_code"), t("enterprise_name")], ...chosen.map((row) => [row.unit, saidOf(row, "name"), row.enterprise, saidOf(row, "enterprise_name")])];
  const text = lines.map((line) => line.join("\t")).join("\n");
  return html`<div class="toolbar picked" role="status">
    <span>${t("picked")} <strong><${Count} value=${picked.size} /></strong></span>
    <a class="button" href=${link("/alerts", { subject: chosen.map((row) => `unit:${row.unit}`).join(","), state: "firing" })}>${t("urge")}</a>
    <${Copy} text=${text}>${t("copy_list")}<//>
    <button type="button" class="plain" onClick=${clear}>${t("unpick")}</button>
  </div>`;
}
