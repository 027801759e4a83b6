// What is shown, to be taken along: its address, the call of the API, and the whole of it as a file.

import { html, useState } from "../vendor/preact.js";
import { addressOf } from "../lib/api.js";
import { language } from "../lib/state.js";
import { wordsOf } from "../lib/words.js";
import { Menu } from "./menu.js";
import words from "./export.words.js";

const t = wordsOf(words);

// `path`, `params`: the call of the API whose answer is shown; the file has all of it, not the page alone.
export function ExportMenu({ path, params = {}, label = null, align = "right" }) {
  const [copied, setCopied] = useState(null);
  const { limit, cursor, total, facets, ...asked } = params;
  const whole = new URL(addressOf(path, asked), location.origin);
  const file = (format) => addressOf(path, { ...asked, format, lang: language.value });
  const copy = (name, text) => async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(name);
    } catch {
      // Without HTTPS browsers keep the clipboard to themselves: the text is shown to be copied by hand.
      prompt(t("copy_by_hand"), text);
    }
  };
  const curl = `curl -H "Authorization: Bearer $KEY" '${whole.href}'`;
  const item = (name, text) => html`<button type="button" class="plain" onClick=${copy(name, text)}>${copied === name ? t("copied_sign") : t(name)}</button>`;
  return html`<${Menu} label=${label || t("export")} title=${t("export_title")} align=${align}>${(close) => html`
    ${item("copy_link", location.href)}
    ${item("copy_address", whole.href)}
    ${item("copy_curl", curl)}
    <a href=${file("xlsx")} download onClick=${close}>${t("xlsx")}</a>
    <a href=${file("csv")} download onClick=${close}>${t("csv")}</a>`}<//>`;
}
