// The state of the page is its address: what is shown, of which period, against which, on which basis, in which language.

import { computed, signal } from "../vendor/preact.js";
import { periodOf, toDay } from "./time.js";

// What follows from view to view.
const FOLLOWS = ["p", "c", "b", "l"];
const LANGUAGES = ["zh", "en"];

const read = () => ({ path: location.pathname, query: Object.fromEntries(new URLSearchParams(location.search)) });

export const route = signal(read());
const query = (name) => computed(() => route.value.query[name]);
const asked = { p: query("p"), c: query("c"), b: query("b"), l: query("l") };

// The period that the address names; null where it names none: each view has one of its own then.
export const askedPeriod = computed(() => (asked.p.value ? periodOf(asked.p.value) : null));
// The period, else the running month.
export const period = computed(() => askedPeriod.value || periodOf(toDay().slice(0, 7)));
// "previous", "year" or "none".
export const comparison = computed(() => (["year", "none"].includes(asked.c.value) ? asked.c.value : "previous"));
// "equivalent" or "calorific".
export const basis = computed(() => (asked.b.value === "calorific" ? "calorific" : "equivalent"));
// What this browser was last set to; kept also where the browser keeps nothing.
const kept = signal(remembered("language"));
export const language = computed(() => [asked.l.value, kept.value].find((each) => LANGUAGES.includes(each)) || "zh");

export function remembered(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

export function remember(name, value) {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}

// The address of a view, with what follows from view to view. A parameter that is null or "" is left out.
export function link(path, params = {}) {
  const found = {};
  for (const name of FOLLOWS) if (route.value.query[name]) found[name] = route.value.query[name];
  return written(path, { ...found, ...params });
}

function written(path, params) {
  const given = Object.entries(params).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return path + (text ? `?${text}` : "");
}

// Show another view.
export function go(path, params = {}, { replace = false } = {}) {
  visit(link(path, params), { replace });
}

export function visit(href, { replace = false } = {}) {
  if (replace) history.replaceState(null, "", href);
  else history.pushState(null, "", href);
  const before = route.peek().path;
  route.value = read();
  if (before !== route.peek().path) scrollTo(0, 0);
}

// Change parameters of the view that is shown; null takes one away.
export function setQuery(params, { replace = true } = {}) {
  visit(written(route.peek().path, { ...route.peek().query, ...params }), { replace });
}

export function setLanguage(value) {
  remember("language", value);
  kept.value = value;
  if (route.peek().query.l) setQuery({ l: value });
}

addEventListener("popstate", () => {
  route.value = read();
});
