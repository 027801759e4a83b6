// What every view is laid out of: its head, cards, figures, tabs, facets, facts.

import { html } from "../vendor/preact.js";
import { ExportMenu } from "./export.js";
import { Change, Count, Coverage, LEAST_COVERAGE, Quantity } from "./number.js";
import { link } from "../lib/state.js";
import { t } from "../lib/words.js";

// `trail`: Breadcrumbs; `note`: a line under the title; `actions`: buttons at the right, before what takes the view along.
export const PageHead = ({ title, trail = null, note = null, actions = null }) => html`<div class="page-head">
  <div>${trail}<h1>${title}</h1>${note && html`<p class="note">${note}</p>`}</div>
  <div class="actions">${actions}<${ExportMenu} /></div>
</div>`;

// `span`: of twelve columns, 3 to 9; the whole width where left out. `actions`: at the right of its title.
export const Card = ({ title = null, span = null, actions = null, children, kind = "" }) => html`<section class=${`card ${span ? `span-${span}` : ""} ${kind}`} aria-label=${typeof title === "string" ? title : null}>
  ${title && (actions ? html`<header><h2>${title}</h2><div class="actions">${actions}</div></header>` : html`<h2>${title}</h2>`)}
  ${children}
</section>`;

// One number that stands for itself. `change`: {percent, reason} against the period compared with; `more`: what is said under it; `href`:
// where it leads; the rest as Quantity has it.
export function Figure({ name, value, unit, scale = null, coverage = null, change = null, more = null, href = null, explain = null, digits = null, limit = null, state = null }) {
  const low = coverage !== null && coverage < LEAST_COVERAGE;
  const inside = html`
    <span class="name">${name}</span>
    <span class="big"><${Quantity} value=${value} unit=${unit} scale=${scale} withUnit coverage=${coverage} explain=${explain} label=${typeof name === "string" ? name : ""} digits=${digits} limit=${limit} state=${state} /></span>
    <span class="more">${change && (low ? html`<span title=${t("no_change_title")}>—</span>` : html`<${Change} ...${change} />`)}<${Coverage} value=${coverage} />${more}</span>`;
  return href ? html`<a class="figure-card" href=${href}>${inside}</a>` : html`<div class="figure-card">${inside}</div>`;
}

// How many of something there are, leading to the list of them.
export const CountCard = ({ name, count, more = null, href = null, onClick = null, pressed = null, kind = "" }) => {
  const inside = html`<span class="name">${name}</span><span class=${`big ${kind}`}><${Count} value=${count} /></span>${more && html`<span class="more">${more}</span>`}`;
  if (onClick) return html`<button type="button" class="figure-card" aria-pressed=${pressed} onClick=${onClick}>${inside}</button>`;
  return href ? html`<a class="figure-card" href=${href}>${inside}</a>` : html`<div class="figure-card">${inside}</div>`;
};

// Tabs that stand in the address: [{key, title, count}] of the parameter `name`; `keep`: further parameters of the address.
export const Tabs = ({ path, name = "tab", current, tabs, label, keep = {} }) => html`<nav class="tabs" aria-label=${label}>${tabs.map(
  (tab, index) => html`<a key=${tab.key} href=${link(path, { ...keep, [name]: index === 0 ? null : tab.key })} aria-current=${tab.key === current ? "page" : null}>${tab.title}${tab.count !== undefined && tab.count !== null && html` <${Count} value=${tab.count} />`}</a>`,
)}</nav>`;

// What a list may be narrowed by: `values` [{key, title, count}], of which those in `chosen` are pressed.
export const Facet = ({ title, values, chosen, onChoose }) => html`<fieldset class="facet"><legend>${title}</legend>${values.map((each) => {
  const pressed = chosen.includes(each.key);
  const turn = () => onChoose(pressed ? chosen.filter((key) => key !== each.key) : [...chosen, each.key]);
  return html`<button type="button" class="chip" key=${each.key} aria-pressed=${pressed} onClick=${turn}>${each.title}${each.count !== undefined && each.count !== null && html` <${Count} value=${each.count} />`}</button>`;
})}</fieldset>`;

// Names and what they are: [[name, value]]; those without a value are left out.
export const Facts = ({ facts }) => html`<dl class="facts">${facts.filter(([, value]) => value !== null && value !== undefined && value !== "").map(
  ([name, value]) => html`<dt key=${`${name}-name`}>${name}</dt><dd key=${name}>${value}</dd>`,
)}</dl>`;
