// Which keys there are just now.

import { html } from "../vendor/preact.js";
import { Dialog } from "./dialog.js";
import { keysInUse } from "../lib/keys.js";
import { t } from "../lib/words.js";

export const KeysHelp = ({ onClose }) => html`<${Dialog} title=${t("keys")} onClose=${onClose}>
  <dl class="keys">${[...keysInUse.value].reverse().flat().map(
    (each) => html`<div key=${each.keys}><dt><kbd>${each.keys.replace("ctrl+", "Ctrl ")}</kbd></dt><dd>${typeof each.text === "function" ? each.text() : each.text}</dd></div>`,
  )}</dl>
<//>`;
