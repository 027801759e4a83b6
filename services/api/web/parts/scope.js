// Where one looks: the region, its leagues and banners. And the way from the region to a place.

import { html } from "../vendor/preact.js";
import { Menu } from "./menu.js";
import { may, session } from "../lib/api.js";
import { shownScope } from "../lib/shown.js";
import { go, link, setQuery } from "../lib/state.js";
import { areas, saidOf, t } from "../lib/words.js";

export const REGION = "150000";

export const areaPath = (code) => (code === REGION ? "/overview" : `/area/${code}`);

// The areas that the account sees; all where it is bound to none.
export function ownAreas() {
  const bound = session.value && session.value.areas;
  const all = Object.values(areas.value);
  if (!bound) return all;
  return all.filter((each) => chainOf(each.code).some((code) => bound.includes(code)));
}

// An area and those above it, from itself up.
export function chainOf(code) {
  const found = [];
  for (let each = areas.value[code]; each; each = areas.value[each.parent_code]) found.push(each.code);
  return found;
}

// The area where the account is at home: its own, else the region.
export const homeArea = () => (session.value && session.value.areas && session.value.areas[0]) || REGION;

// What the account looks at, as energy and indicators are scoped: its enterprise, else `area`, else where it is at home.
export const homeScope = (area = null) => (session.value.enterprise ? `enterprise:${session.value.enterprise}` : `area:${area || homeArea()}`);

// `code`: the area that the view shows; null: it shows none.
export function ScopePicker({ code }) {
  if (session.value.enterprise) return "";
  const shown = code && areas.value[code] ? code : homeArea();
  const seen = ownAreas();
  const codes = new Set(seen.map((each) => each.code));
  const tops = seen.filter((each) => !codes.has(each.parent_code));
  const rows = (list, depth, close) =>
    list.map((each) => html`
      <button type="button" aria-pressed=${each.code === shown} class=${`depth-${depth}`} key=${each.code} onClick=${() => {
        close();
        if (shownScope.value.stays) setQuery({ area: each.code, enterprise: null }, { replace: false });
        else go(areaPath(each.code));
      }}>${saidOf(each, "name")}</button>
      ${(depth === 0 || chainOf(shown).includes(each.code)) && rows(seen.filter((below) => below.parent_code === each.code), depth + 1, close)}`);
  return html`<${Menu} label=${html`<span class="hidden">${t("scope")} </span>${areas.value[shown] ? saidOf(areas.value[shown], "name") : t("region")}`} title=${t("scope")}>
    ${(close) => html`<div class="tree">${rows(tops, 0, close)}</div>`}
  <//>`;
}

// 全区 › 鄂尔多斯市 › 准格尔旗 › …; `more`: [{name, href}] below the area.
export function Breadcrumbs({ area, more = [] }) {
  const way = area ? chainOf(area).reverse().map((code) => ({ name: saidOf(areas.value[code], "name"), href: may("survey") && link(areaPath(code)) })) : [];
  const all = [...way, ...more];
  return html`<nav class="breadcrumbs" aria-label=${t("scope")}><ol>${all.map(
    (each, index) => html`<li key=${each.name}>${index === all.length - 1 || !each.href ? html`<span aria-current="page">${each.name}</span>` : html`<a href=${each.href}>${each.name}</a>`}</li>`,
  )}</ol></nav>`;
}
