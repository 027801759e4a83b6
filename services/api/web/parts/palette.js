// The palette: one field that finds views, periods, actions and, by the API, whatever has a name. Ctrl K, /.

import { html, useEffect, useMemo, useRef, useState } from "../vendor/preact.js";
import { may, useGet } from "../lib/api.js";
import { go, language, link, setLanguage, setQuery, visit } from "../lib/state.js";
import { setTheme } from "../lib/theme.js";
import { namedPeriods, periodOf, periodText } from "../lib/time.js";
import { nameOf, said, saidOf, t as common, word, wordsOf } from "../lib/words.js";
import { Dialog } from "./dialog.js";
import { Count } from "./number.js";
import { areaPath } from "./scope.js";
import { copied } from "./states.js";
import { PINYIN } from "./palette_pinyin.js";
import words from "./palette.words.js";

const t = wordsOf(words);
const WAIT_MS = 120;
const MOST_FOUND = 12;
const MOST_OF_OWN = 6;

// `views`: [{name, title, path, href}], those that are offered to the account; `onHelp()`: shows the keys.
export function Palette({ views, onHelp, onClose }) {
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  const list = useRef(null);
  const terms = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const found = useFound(terms, views);
  const items = useMemo(() => itemsOf(terms, views, found.data, { onHelp }), [text, found.data, language.value]);
  const current = Math.min(chosen, items.length - 1);
  useEffect(() => setChosen(0), [text]);
  useEffect(() => {
    const option = list.current && list.current.querySelector("[aria-selected=true]");
    if (option) option.scrollIntoView({ block: "nearest" });
  }, [current, items]);
  const take = (item) => {
    onClose();
    item.run();
  };
  const key = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && items.length) {
      event.preventDefault();
      setChosen((current + step + items.length) % items.length);
    }
    if (event.key === "Enter" && items[current]) {
      event.preventDefault();
      take(items[current]);
    }
  };
  const rest = found.data ? Object.entries(found.data.counts).reduce((sum, [kind, count]) => sum + (leads(kind) ? count : 0), 0) - found.data.data.filter((thing) => leads(thing.kind)).length : 0;
  return html`<${Dialog} title=${t("title")} onClose=${onClose} wide>
    <div class="palette">
      <input type="search" role="combobox" aria-expanded="true" aria-controls="palette-list" aria-autocomplete="list" aria-activedescendant=${items.length ? `palette-${current}` : null} aria-label=${t("hint")} placeholder=${t("hint")} autocomplete="off" spellcheck="false" autofocus value=${text} onInput=${(event) => setText(event.target.value)} onKeyDown=${key} />
      <ul id="palette-list" role="listbox" aria-label=${t("title")} ref=${list}>${items.map((item, index) => html`
        ${(index === 0 || items[index - 1].group !== item.group) && html`<li role="presentation" class="palette-group" key=${`group-${item.group}`}>${t(item.group)}</li>`}
        <li id=${`palette-${index}`} role="option" aria-selected=${index === current} key=${item.key} onMouseMove=${() => index !== current && setChosen(index)} onClick=${() => take(item)}>
          <span class="palette-kind">${item.kind}</span><span class="palette-name">${item.name}</span><span class="palette-more">${item.more}</span>
        </li>`)}</ul>
      <p class="note" role="status" aria-live="polite">${
        rest > 0 ? html`${t("more_found")} <${Count} value=${rest} /> ${t("more_after")}` : found.loading && items.length === 0 ? t("searching") : terms.length && items.length === 0 ? html`${t("none", { q: text })} ${t("none_do")}` : t("how")
      }</p>
    </div>
  <//>`;
}

// What the API finds, asked for when one stops typing. A word that names a view is not looked for where others are left.
function useFound(terms, views) {
  const named = terms.filter((term) => !viewsBy(term, views).length && !periodBy(term));
  const wanted = (named.length ? named : terms).join(" ");
  const [q, setQ] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setQ(wanted), WAIT_MS);
    return () => clearTimeout(timer);
  }, [wanted]);
  return useGet(q ? "/search" : null, { q: q.slice(0, 64), limit: MOST_FOUND });
}

// Whether letters spell a text: part of it, or each syllable of its pinyin in turn by one letter or more.
export function fits(term, plain, pinyin = "") {
  if (plain.toLowerCase().includes(term)) return true;
  const syllables = pinyin.split(" ");
  return syllables.some((syllable, begins) => syllable && spells(term, syllables.slice(begins)) && (begins === 0 || term.length > 1));
}

function spells(term, syllables) {
  let reached = new Set([0]);
  for (const syllable of syllables) {
    const next = new Set();
    for (const place of reached) {
      for (let taken = 1; taken <= syllable.length && syllable[taken - 1] === term[place + taken - 1]; taken += 1) next.add(place + taken);
    }
    if (next.has(term.length)) return true;
    if (!next.size) return false;
    reached = next;
  }
  return false;
}

const viewsBy = (term, views) => views.filter((view) => fits(term, `${view.title.zh} ${view.title.en}`, PINYIN[view.name]));

const periodBy = (term) => {
  const own = periodOf(term.toUpperCase().replace(/^W/, "w").replace(/M/g, "m"));
  return own ? own.key : null;
};

// All that may be chosen, in order: [{key, group, kind, name, more, run}].
function itemsOf(terms, views, found, { onHelp }) {
  const things = found && terms.length ? found.data.filter((thing) => leads(thing.kind)) : [];
  return [...composed(terms, views, things), ...pages(terms, views), ...(terms.length === 1 ? [...periods(terms[0]), ...actions(terms[0], onHelp)] : []), ...things.map((thing) => item(thing, found.names))];
}

// A view with a place or a period: "eeds pue", "2026-10 月报".
function composed(terms, views, things) {
  if (terms.length < 2) return [];
  const key = terms.map(periodBy).find(Boolean) || null;
  const areas = things.filter((thing) => thing.kind === "area").slice(0, 2);
  const chosen = views.filter((view) => terms.some((term) => viewsBy(term, [view]).length)).slice(0, 3);
  return chosen.flatMap((view) => (areas.length ? areas : key ? [null] : []).map((area) => {
    const path = area && view.path.includes(":area") ? `${view.href}/${area.code}` : area && view.name === "area" ? areaPath(area.code) : view.href;
    const params = { p: key, area: area && !path.endsWith(area.code) ? area.code : null };
    const parts = [area && saidOf(area, "name"), key && periodText(periodOf(key), language.value)].filter(Boolean);
    return { key: `with-${view.name}-${area ? area.code : key}`, group: "of_views", kind: said(view.title), name: parts.join(" · "), more: "", run: () => go(path, withoutNull(params)) };
  }));
}

const withoutNull = (params) => Object.fromEntries(Object.entries(params).filter(([, value]) => value !== null));

const pages = (terms, views) => (terms.length ? viewsBy(terms[0], views).filter((view) => terms.length === 1 || terms.every((term) => viewsBy(term, [view]).length)) : views)
  .slice(0, terms.length ? MOST_OF_OWN : views.length)
  .map((view) => ({ key: `view-${view.name}`, group: "of_views", kind: "", name: said(view.title), more: "", run: () => visit(link(view.href)) }));

function periods(term) {
  const own = periodBy(term);
  const named = namedPeriods().filter((each) => fits(term, common(each.name), PINYIN[each.name])).map((each) => [each.name, each.key]);
  return [...(own ? [[own, own]] : []), ...named].slice(0, MOST_OF_OWN).map(([name, key]) => ({
    key: `period-${name}`, group: "of_periods", kind: name === key ? "" : common(name), name: periodText(periodOf(key), language.value), more: "", run: () => setQuery({ p: key }),
  }));
}

function actions(term, onHelp) {
  const all = {
    copy_link: () => copied(location.href),
    print: () => print(),
    switch_language: () => setLanguage(language.peek() === "zh" ? "en" : "zh"),
    theme_light: () => setTheme("light"),
    theme_dark: () => setTheme("dark"),
    keys: onHelp,
  };
  return Object.entries(all).filter(([name]) => fits(term, `${t(name)} ${words.en[name]}`, PINYIN[name])).map(([name, run]) => ({ key: `do-${name}`, group: "of_actions", kind: "", name: t(name), more: "", run }));
}

const LEADS = {
  area: (thing) => areaPath(thing.code),
  park: (thing) => `/park/${thing.code}`,
  enterprise: (thing) => `/enterprise/${thing.code}`,
  alert: (thing) => `/alerts/${thing.code}`,
  rule: (thing) => `/rules/${thing.code}`,
  gateway: (thing) => `/registry/gateways/${thing.code}`,
  meter: (thing) => `/registry/meters/${thing.code}`,
};

// Whether the account has a page for it: areas, parks and rules are for who surveys.
const leads = (kind) => may("survey") || !["area", "park", "rule"].includes(kind);

// Something that was found, with what it belongs to.
function item(thing, names) {
  const run = {
    unit: () => go(`/enterprise/${thing.enterprise}`, { tab: "units", unit: thing.code }),
    target: () => go("/targets", { q: thing.code }),
  }[thing.kind] || (() => go(LEADS[thing.kind](thing)));
  const above = [thing.unit && nameOf(names, "unit", thing.unit), thing.enterprise && nameOf(names, "enterprise", thing.enterprise), thing.area && thing.kind !== "meter" && nameOf(names, "area", thing.area)];
  const name = saidOf(thing, "name") || thing.code;
  return { key: `${thing.kind}-${thing.code}`, group: "of_found", kind: word("thing", thing.kind), name: thing.kind === "alert" ? `${thing.code} ${name}` : name, more: above.filter((each) => each && each !== name).join(" · "), run };
}
