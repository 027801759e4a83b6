// How a list is narrowed, in the address: facets at its left with what each choice would give, a search, and what narrows it now.

import { html, useState } from "../vendor/preact.js";
import { setQuery } from "../lib/state.js";
import { areas, nameOf, wordsOf } from "../lib/words.js";
import { Card, Facet } from "./page.js";
import words from "./narrowing.words.js";

const t = wordsOf(words);
const PHONE = "(max-width: 900px)";
const chosenOf = (query, name) => (query[name] ? query[name].split(",") : []);
const choose = (name) => (keys) => setQuery({ [name]: keys.length ? keys.join(",") : null, limit: null });

// What stands beside what is looked at: open where there is room, folded on a phone, so that the other is seen first.
export function Folding({ title, children }) {
  const [open, setOpen] = useState(() => !matchMedia(PHONE).matches);
  return html`<details open=${open} onToggle=${(event) => setOpen(event.currentTarget.open)}><summary><h2>${title}</h2></summary>${children}</details>`;
}

// `data`: an answer with `facets` and `names`; `filters`: the facets that are shown; `titles(name)`: what each is called; `textOf(name, key)`: what a
// value of it is called.
export function FacetColumn({ data, query, filters, titles, textOf }) {
  return html`<${Card} kind="narrowing"><${Folding} title=${t("narrow")}>
    ${filters.map((name) => {
      const chosen = chosenOf(query, name);
      const counts = { ...Object.fromEntries(chosen.map((key) => [key, 0])), ...data.facets[name] };
      const values = Object.entries(counts).map(([key, count]) => ({ key, title: textOf(name, key), count }));
      values.sort((one, other) => other.count - one.count);
      return values.length > 0 && html`<${Facet} key=${name} title=${titles(name)} values=${values} chosen=${chosen} onChoose=${choose(name)} />`;
    })}
    <${AreaFacet} data=${data} query=${query} />
  <//><//>`;
}

// The places one level below the one asked for: leagues of the region, banners of a league.
function AreaFacet({ data, query }) {
  const chosen = chosenOf(query, "area");
  const one = chosen.length === 1 ? areas.value[chosen[0]] : null;
  const level = !one || one.level === "region" ? "league" : "banner";
  const found = Object.entries(data.facets.area).filter(([code]) => areas.value[code] && areas.value[code].level === level);
  const values = found.map(([key, count]) => ({ key, title: nameOf(data.names, "area", key), count })).sort((a, b) => b.count - a.count);
  const turn = (keys) => choose("area")(keys.slice(-1));
  return values.length > 0 && html`<${Facet} title=${t("area")} values=${values} chosen=${chosen} onChoose=${turn} />`;
}

// Part of a name or code, asked for when it is entered.
export function SearchField({ query, label }) {
  const [text, setText] = useState(query.q || "");
  const submit = (event) => {
    event.preventDefault();
    setQuery({ q: text.trim() || null, limit: null });
  };
  return html`<form class="list-search" role="search" onSubmit=${submit}>
    <input type="search" value=${text} placeholder=${label} aria-label=${label} onInput=${(event) => setText(event.target.value)} onSearch=${submit} />
    <button type="submit">${t("search")}</button>
  </form>`;
}

// What narrows the list, each to be taken away.
export function Narrowed({ query, names, filters, titles, textOf }) {
  const places = chosenOf(query, "area").map((key) => ({ name: "area", key, text: nameOf(names, "area", key), title: t("area") }));
  const others = ["park", "enterprise"].flatMap((name) => chosenOf(query, name).map((key) => ({ name, key, text: nameOf(names, name, key), title: t(name) })));
  const chosen = filters.flatMap((name) => chosenOf(query, name).map((key) => ({ name, key, text: textOf(name, key), title: titles(name) })));
  const search = query.q ? [{ name: "q", key: query.q, text: query.q, title: t("search") }] : [];
  const all = [...search, ...places, ...others, ...chosen];
  if (!all.length) return "";
  const without = (each) => choose(each.name)(each.name === "q" ? [] : chosenOf(query, each.name).filter((key) => key !== each.key));
  const none = Object.fromEntries([...new Set(all.map((each) => each.name))].map((name) => [name, null]));
  return html`<p class="narrowed">${all.map((each) => html`<button type="button" class="chip" key=${`${each.name} ${each.key}`} onClick=${() => without(each)}><span class="note">${each.title}</span> ${each.text} ✕<span class="hidden">${t("remove_filter")}</span></button>`)}
    ${all.length > 1 && html`<button type="button" class="small" onClick=${() => setQuery({ ...none, limit: null })}>${t("clear_filters")}</button>`}</p>`;
}
