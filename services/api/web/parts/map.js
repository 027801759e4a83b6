// The operator's approved map as SVG. Its boundaries are none of ours: they come with the number under which they may be shown.

import { html } from "../vendor/preact.js";
import { shown } from "../lib/format.js";
import { wordsOf } from "../lib/words.js";
import words from "./chart.words.js";

const t = wordsOf(words);

// `map`: as the API gives it; `items`, `steps`: as of Tiles.
export function MapOf({ caption, map, items, steps, scale, onOpen }) {
  const open = (item) => onOpen && onOpen(item);
  return html`<div class="map-box">
    <svg viewBox=${`0 0 ${map.width} ${map.height}`} role="group" aria-label=${caption}>
      ${items.map((item) => html`<g key=${item.code} class=${`map-area fill-${steps[item.code]}`} tabindex=${onOpen ? 0 : null} role=${onOpen ? "link" : "img"} aria-label=${textOf(item, scale)} onClick=${() => open(item)} onKeyDown=${(event) => event.key === "Enter" && open(item)}>
        <title>${textOf(item, scale)}</title><path d=${map.areas[item.code].path} />
      </g>`)}
      ${items.map((item) => html`<text key=${item.code} class="map-name" x=${map.areas[item.code].x} y=${map.areas[item.code].y} text-anchor="middle" aria-hidden="true">${item.name}<tspan class="number" data-value=${item.value ?? ""} x=${map.areas[item.code].x} dy="1.3em">${valueOf(item, scale)}</tspan></text>`)}
    </svg>
    <p class="map-number">${t("approval", { number: map.approval_number })} · ${map.source}</p>
  </div>`;
}

const valueOf = (item, scale) => (item.value === null || item.value === undefined ? t("missing_span") : shown(item.value, { scale }));
const textOf = (item, scale) => `${item.name} ${valueOf(item, scale)} ${scale.name}`;
