// What is shown, to be taken along: its address, the calls of the API, and the whole of its lists as files.

import { html, useState } from "../vendor/preact.js";
import { addressOf } from "../lib/api.js";
import { exported } from "../lib/exported.js";
import { language } from "../lib/state.js";
import { wordsOf } from "../lib/words.js";
import { Menu } from "./menu.js";
import words from "./export.words.js";

const t = wordsOf(words);
// What says which part of a list is asked for; and what comes beside it.
const OF_A_PAGE = ["limit", "cursor", "total", "facets"];

// `path`, `params`: the call of the API whose answer is shown; left out: the lists that the view offers. A file has all of a list, not the page
// alone.
export function ExportMenu({ path = null, params = {}, label = null, align = "right" }) {
  const [copied, setCopied] = useState(null);
  const lists = path ? [{ place: 0, title: "", address: addressOf(path, params) }] : exported.value;
  const copy = (name, text) => async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(name);
    } catch {
      // Without HTTPS browsers keep the clipboard to themselves: the text is shown to be copied by hand.
      prompt(t("copy_by_hand"), text);
    }
  };
  const item = (name, said, text, inRow = false) => html`<button type="button" class="plain" title=${inRow ? t(said) : null} onClick=${copy(name, text)}>${copied === name ? t(inRow ? "copied_short" : "copied_sign") : t(inRow ? `${said}_short` : said)}</button>`;
  const calls = ({ place, address }, inRow) => {
    const whole = wholeOf(address);
    return html`
      ${item(`address ${place}`, "copy_address", whole, inRow)}
      ${item(`curl ${place}`, "copy_curl", `curl -H "Authorization: Bearer $KEY" '${whole}'`, inRow)}`;
  };
  const files = ({ address }, close, inRow) => ["xlsx", "csv"].map((format) => html`<a key=${format} href=${fileOf(address, format)} download title=${inRow ? t(format) : null} onClick=${close}>${t(inRow ? `${format}_short` : format)}</a>`);
  return html`<${Menu} label=${label || t("export")} title=${t("export_title")} align=${align}>${(close) => html`
    ${item("link", "copy_link", location.href)}
    ${lists.length === 1 && html`${calls(lists[0], false)}${files(lists[0], close, false)}`}
    ${lists.length > 1 && lists.map((list) => html`<div class="export-list" role="group" aria-label=${list.title} key=${list.place}><p class="note">${list.title}</p><div>${files(list, close, true)}${calls(list, true)}</div></div>`)}`}<//>`;
}

// The call without what asks for a part of it, as an address that stands for itself.
function wholeOf(address) {
  const found = new URL(address, location.origin);
  for (const name of OF_A_PAGE) found.searchParams.delete(name);
  return found.href;
}

function fileOf(address, format) {
  const found = new URL(wholeOf(address));
  found.searchParams.set("format", format);
  found.searchParams.set("lang", language.value);
  return found.pathname + found.search;
}
