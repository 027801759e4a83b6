// A value on a line from the least it can be, with the limits it is held against.

import { html } from "../vendor/preact.js";
import { scaleOf, shown } from "../lib/format.js";
import { language } from "../lib/state.js";

const WIDTH = 190;
const HEIGHT = 20;

// `limits`: [{value, name, dotted}]; `from`, `to`: what the line stands for; `verdict`: by which the bar is filled; `low`: measured too little.
export function LimitBar({ value, limits, from, to, unit = "1", name = "", low = false, digits = 2 }) {
  const x = (each) => Math.max(0, Math.min(1, (each - from) / (to - from))) * WIDTH;
  const said = (each) => shown(each, { scale: scaleOf([each], unit, language.value), digits });
  const text = [value === null ? null : `${name} ${said(value)}`, ...limits.map((limit) => `${limit.name} ${said(limit.value)}`)].filter((each) => each).join(language.value === "zh" ? "，" : ", ");
  return html`<svg class="limit-bar" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} width=${WIDTH} height=${HEIGHT} role="img" aria-label=${text}>
    <title>${text}</title>
    <rect class="track" x="0" y="7" width=${WIDTH} height="6" rx="2" />
    ${value !== null && html`<rect class=${low ? "used low" : "used"} x="0" y="7" width=${x(value)} height="6" rx="2" />`}
    ${limits.map((limit) => html`<line key=${limit.name} class=${limit.dotted ? "level dotted" : "level"} x1=${x(limit.value)} x2=${x(limit.value)} y1="1" y2="19" />`)}
  </svg>`;
}

// The same line as the head of a column: the limits with their names, those of plans above those of standards.
export function LimitScale({ limits, from, to }) {
  const x = (each) => (Math.max(0, Math.min(1, (each - from) / (to - from))) * 100).toString();
  return html`<span class=${limits.some((limit) => limit.dotted) ? "limit-scale two" : "limit-scale"}>${limits.map((limit) => html`<span key=${limit.name} class=${limit.dotted ? "dotted" : ""} style=${{ left: `${x(limit.value)}%` }}>${limit.short || limit.name}</span>`)}</span>`;
}
