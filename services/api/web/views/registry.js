// 登记: who uses energy, with which units, meters and gateways; changed, imported, and what waits for a second person.

import { html } from "../vendor/preact.js";
import { may } from "../lib/api.js";
import { link } from "../lib/state.js";
import { useShown } from "../lib/shown.js";
import { wordsOf } from "../lib/words.js";
import { Failure } from "../parts/states.js";
import { PageHead } from "../parts/page.js";
import { Entry, NewEntry } from "./registry/entry.js";
import { Import } from "./registry/import.js";
import { KINDS, titleOf } from "./registry/kinds.js";
import { List } from "./registry/list.js";
import { ManualReports } from "./registry/manual.js";
import { Proposals } from "./registry/preview.js";
import words from "./registry.words.js";

const t = wordsOf(words);
const ORDER = ["enterprises", "units", "meters", "gateways", "parks"];
const MANUAL = "manual-reports";
const NEW = "new";

export default function Registry({ params, query }) {
  const kind = params.kind || ORDER[0];
  useShown({ area: query.area || null, pickers: [] });
  const tabs = html`<nav class="tabs" aria-label=${t("title")}>
    ${ORDER.map((each) => html`<a key=${each} href=${link(`/registry/${each}`, { area: query.area })} aria-current=${each === kind ? "page" : null}>${titleOf(each)}</a>`)}
    <a href=${link(`/registry/${MANUAL}`, { area: query.area })} aria-current=${kind === MANUAL ? "page" : null}>${t("kind_manual")}</a>
    <a href=${link("/registry/proposals")} aria-current=${kind === "proposals" ? "page" : null}>${t("proposals")}</a>
  </nav>`;
  if (kind === "proposals") return html`<${PageHead} title=${t("title")} />${tabs}<${Proposals} />`;
  if (kind === MANUAL) return query.import && may("report") ? html`<${Import} kind=${kind} tabs=${tabs} />` : html`<${ManualReports} tabs=${tabs} />`;
  if (!KINDS[kind]) return html`<${Failure} problem=${{ status: 404, code: "not_found", errors: [] }} />`;
  if (query.import && may("register")) return html`<${Import} key=${kind} kind=${kind} tabs=${tabs} />`;
  if (params.code === NEW && may("register")) return html`<${NewEntry} key=${kind} kind=${kind} tabs=${tabs} />`;
  if (params.code) return html`<${Entry} key=${`${kind} ${params.code}`} kind=${kind} code=${params.code} tabs=${tabs} />`;
  return html`<${List} key=${kind} kind=${kind} tabs=${tabs} />`;
}
