// The region as tiles, one for each league, in the order in which they lie: no boundaries, and so no map. On a narrow screen a list. Where
// the operator has an approved map, that is drawn instead, with its number.

import { html, useEffect, useState } from "../vendor/preact.js";
import { get } from "../lib/api.js";
import { scaleOf } from "../lib/format.js";
import { language } from "../lib/state.js";
import { wordsOf } from "../lib/words.js";
import { MapOf } from "./map.js";
import { Coverage, LEAST_COVERAGE, Quantity } from "./number.js";
import { Light } from "./verdict.js";
import words from "./chart.words.js";

const t = wordsOf(words);
const STEPS = 5;
const NARROW = "(max-width: 640px)";
// Where the leagues lie to each other: [column, row].
const PLACES = {
  150700: [6, 1], 152500: [5, 2], 152200: [6, 2],
  152900: [1, 3], 150800: [2, 3], 150200: [3, 3], 150900: [4, 3], 150400: [5, 3], 150500: [6, 3],
  150300: [1, 4], 150600: [2, 4], 150100: [3, 4],
};

// The operator's map, asked for once: {approval_number, source, areas: {code: path}, width, height} or null.
let asked = null;
const operatorsMap = () => (asked ??= get("/map").then((answer) => answer.map));

// `items`: [{code, name, value, coverage, light, lightTitle, href, explain, more}] in `unit` of the API; `light`: "I", "II", "III" where it has one; `more`: a line
// below; `flat`: more is no order worth a colour. `aside`: stands where no tile does. The fill goes by the value, from least to most; what was measured too little is hatched and has no place in that order.
export function Tiles({ caption, items, unit = "tce", onOpen = null, aside = null, flat = false }) {
  const [map, setMap] = useState(null);
  const narrow = useNarrow();
  useEffect(() => {
    operatorsMap().then(setMap).catch(() => {
      asked = null;
    });
  }, []);
  const scale = scaleOf(items.map((item) => item.value), unit, language.value);
  const steps = flat ? flatSteps(items) : stepsOf(items);
  const placed = items.every((item) => PLACES[item.code]);
  const listed = narrow || !placed;
  const shown = listed ? [...items].sort((one, other) => (other.value ?? -Infinity) - (one.value ?? -Infinity)) : [...items].sort(byPlace);
  const withMap = map !== null && !listed && items.every((item) => map.areas[item.code]);
  return html`<figure class="tiles">
    <figcaption><span class="chart-title">${caption}</span> <span class="legend">${scale.name}</span>${!flat && html`<${Legend} />`}</figcaption>
    ${withMap
      ? html`<${MapOf} caption=${caption} map=${map} items=${shown} steps=${steps} scale=${scale} unit=${unit} onOpen=${onOpen} />`
      : html`<ul class=${listed ? "tile-list" : "tile-grid"} aria-label=${listed ? caption : t("map_of", { caption })}>
          ${aside && html`<li class="tile-aside" key="aside">${aside}</li>`}
          ${shown.map((item) => html`<${Tile} key=${item.code} item=${item} step=${steps[item.code]} scale=${scale} unit=${unit} place=${listed ? null : PLACES[item.code]} />`)}
        </ul>`}
  </figure>`;
}

const byPlace = (one, other) => PLACES[one.code][1] - PLACES[other.code][1] || PLACES[one.code][0] - PLACES[other.code][0];

function useNarrow() {
  const [narrow, setNarrow] = useState(matchMedia(NARROW).matches);
  useEffect(() => {
    const query = matchMedia(NARROW);
    const turned = (event) => setNarrow(event.matches);
    query.addEventListener("change", turned);
    // It may have turned between the first drawing and now.
    turned(query);
    return () => query.removeEventListener("change", turned);
  }, []);
  return narrow;
}

// By code: 0 (least) to 4 (most), "low" where too little was measured, "missing" where nothing came.
export function stepsOf(items) {
  const counted = items.filter((item) => !isLow(item) && item.value !== null && item.value !== undefined);
  const most = Math.max(...counted.map((item) => item.value), 0);
  return Object.fromEntries(
    items.map((item) => {
      if (item.value === null || item.value === undefined) return [item.code, "missing"];
      if (isLow(item)) return [item.code, "low"];
      return [item.code, most > 0 ? Math.min(STEPS - 1, Math.floor((Math.max(0, item.value) / most) * STEPS)) : 0];
    }),
  );
}

const flatSteps = (items) => Object.fromEntries(Object.entries(stepsOf(items)).map(([code, step]) => [code, typeof step === "number" ? 0 : step]));

const isLow = (item) => item.coverage !== null && item.coverage !== undefined && item.coverage < LEAST_COVERAGE;

function Tile({ item, step, scale, unit, place }) {
  const style = place ? { gridColumn: String(place[0]), gridRow: String(place[1]) } : null;
  const name = item.href ? html`<a href=${item.href}>${item.name}</a>` : item.name;
  return html`<li class=${`tile fill-${step}`} style=${style}>
    <span class="tile-name">${name}${item.light && html` <${Light} level=${item.light} title=${item.lightTitle || ""} />`}</span>
    <span class="tile-value"><${Quantity} value=${item.value} unit=${unit} scale=${scale} coverage=${item.coverage ?? null} explain=${item.explain || null} label=${item.name} /></span>
    <span class="tile-more"><${Coverage} value=${item.coverage ?? null} />${item.more || ""}</span>
  </li>`;
}

const Legend = () => html`<span class="legend tile-legend"><span>${t("less")}</span>${Array.from({ length: STEPS }, (_, step) => html`<span key=${step} class=${`swatch fill-${step}`} aria-hidden="true"></span>`)}<span>${t("more")}</span>
  <span class="swatch fill-low" aria-hidden="true"></span><span>${t("low")}</span></span>`;
