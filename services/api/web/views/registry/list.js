// The list of a kind: the areas beside it, narrowed, searched, sorted over all pages.

import { html, useEffect, useState } from "../../vendor/preact.js";
import { get, may, useGet } from "../../lib/api.js";
import { useExported } from "../../lib/exported.js";
import { go, link, route, setQuery } from "../../lib/state.js";
import { saidOf, word, wordsOf } from "../../lib/words.js";
import { Folding } from "../../parts/narrowing.js";
import { Facet, PageHead } from "../../parts/page.js";
import { Nothing, Read } from "../../parts/states.js";
import { Pager, Table } from "../../parts/table.js";
import { chainOf, ownAreas } from "../../parts/scope.js";
import words from "../registry.words.js";
import { KINDS, SAID_AS, titleOf } from "./kinds.js";

const t = wordsOf(words);
const PAGE = 100;
const TYPED_MS = 250;

export function List({ kind, tabs }) {
  const of = KINDS[kind];
  const { area, q, order, enterprise, unit } = route.value.query;
  const narrowed = Object.fromEntries(Object.keys(of.by).filter((name) => route.value.query[name]).map((name) => [name, route.value.query[name]]));
  const asked = { area, q, order: order || of.order, enterprise: kind === "units" || kind === "gateways" || kind === "meters" ? enterprise : null, unit: kind === "meters" ? unit : null, ...narrowed };
  const list = useGet(`/${kind}`, { ...asked, limit: PAGE, total: true });
  useExported(titleOf(kind), list.address);
  const [more, setMore] = useState({ of: null, rows: [], next: null });
  const rowsOf = (data) => [...data.data, ...(more.of === list.address ? more.rows : [])];
  const next = (data) => (more.of === list.address ? more.next : data.next);
  const readMore = async (data) => {
    const page = await get(`/${kind}`, { ...asked, limit: PAGE, cursor: next(data) });
    setMore({ of: list.address, rows: [...(more.of === list.address ? more.rows : []), ...page.data], next: page.next });
  };
  const filters = Object.entries({ area: area && saidOf(areaOf(area), "name"), q, enterprise: asked.enterprise, unit: asked.unit, ...narrowed })
    .filter(([, value]) => value)
    .map(([name, value]) => ({ name: t(`by_${name}`), value: SAID_AS[name] ? value.split(",").map((each) => word(saidKind(kind, name), each)).join("、") : value, remove: () => setQuery({ [name]: null }) }));
  return html`
    <${PageHead} title=${t("title")} note=${t(`note_${kind}`)} actions=${may("register") && html`
      <a class="button" href=${link(`/registry/${kind}`, { import: 1 })}>${t("import")}</a>
      <a class="button primary" href=${link(`/registry/${kind}/new`)}>${t("new_one", { kind: titleOf(kind) })}</a>`} />
    ${tabs}
    <div class="grid facetted">
      <section class="card narrowing" aria-label=${t("narrow")}><${Folding} title=${t("narrow")}>
        ${Object.entries(of.by).map(([name, values]) => values && html`<${Facet} key=${name} title=${t(`by_${name}`)} chosen=${(route.value.query[name] || "").split(",").filter(Boolean)} onChoose=${(chosen) => setQuery({ [name]: chosen.join(",") })} values=${values.map((code) => ({ key: code, title: word(saidKind(kind, name), code) }))} />`)}
        <${AreaTree} chosen=${area} />
      <//></section>
      <section class="card" aria-label=${titleOf(kind)}>
        <${Search} value=${q || ""} />
        <${Read} of=${list}>${(data) => html`
          <${Table} caption=${t("table_of", { title: titleOf(kind) })} rows=${rowsOf(data)} rowKey=${(row) => row[of.key]} columns=${of.columns(data.names)} order=${asked.order} onOrder=${(next_) => setQuery({ order: next_ })} onOpen=${(row) => go(`/registry/${kind}/${encodeURIComponent(row[of.key])}`)} filters=${filters.length > 0 && html`<${Nothing} filters=${filters} />`} />
          <${Pager} shown=${rowsOf(data).length} total=${data.total} onMore=${next(data) ? () => readMore(data) : null} step=${PAGE} />`}<//>
      </section>
    </div>`;
}

const saidKind = (kind, name) => (name === "kind" ? (kind === "parks" ? "park_kind" : "meter_kind") : SAID_AS[name]);
const areaOf = (code) => ownAreas().find((each) => each.code === code) || { name_zh: code, name_en: code };

function Search({ value }) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return undefined;
    const timer = setTimeout(() => setQuery({ q: typed }), TYPED_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return html`<p class="toolbar"><input type="search" aria-label=${t("search_list")} placeholder=${t("search_list")} value=${typed} onInput=${(event) => setTyped(event.target.value)} /></p>`;
}

// 全区 › 盟市 › 旗县; the leagues are shown, and the banners of the one that is chosen.
function AreaTree({ chosen }) {
  const seen = ownAreas();
  const codes = new Set(seen.map((each) => each.code));
  const open = new Set(chosen ? chainOf(chosen) : []);
  const row = (area, depth) => {
    const below = seen.filter((each) => each.parent_code === area.code);
    const isOpen = depth === 0 || open.has(area.code);
    return html`<li key=${area.code}>
      <button type="button" class="plain" aria-pressed=${area.code === chosen} onClick=${() => setQuery({ area: area.code === chosen || depth === 0 ? null : area.code })}>${saidOf(area, "name")}</button>
      ${isOpen && below.length > 0 && html`<ul>${below.map((each) => row(each, depth + 1))}</ul>`}
    </li>`;
  };
  return html`<nav class="area-tree" aria-label=${t("by_area")}><ul>${seen.filter((each) => !codes.has(each.parent_code)).map((each) => row(each, 0))}</ul></nav>`;
}
