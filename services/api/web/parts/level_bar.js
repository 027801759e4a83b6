// Where a value lies between the advanced level and the minimum level: left is better.

import { html } from "../vendor/preact.js";
import { scaleOf, shown } from "../lib/format.js";
import { language } from "../lib/state.js";
import { wordsOf } from "../lib/words.js";
import { Quantity } from "./number.js";
import words from "./level_bar.words.js";

const t = wordsOf(words);
const WIDTH = 130;
const HEIGHT = 22;
const ROOM = 0.18;

// `value`, `benchmark` and `baseline` in `unit`; null: not known. `low`: measured too little.
export function LevelBar({ value, benchmark, baseline, unit, low = false }) {
  const known = [value, benchmark, baseline].filter((each) => each !== null && each !== undefined);
  if ((benchmark ?? null) === null && (baseline ?? null) === null) return html`<span class="note">${t("no_levels")}</span>`;
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const spread = most - least || Math.abs(most) || 1;
  const from = least - spread * ROOM;
  const x = (each) => ((each - from) / (spread * (1 + 2 * ROOM))) * WIDTH;
  const text = [
    ["benchmark", benchmark],
    ["baseline", baseline],
    ["value", value],
  ].filter(([, each]) => each !== null && each !== undefined).map(([name, each]) => `${t(name)} ${said(each, unit)}`).join(language.value === "zh" ? "，" : ", ");
  return html`<span class="levels"><svg class="level-bar" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} width=${WIDTH} height=${HEIGHT} role="img" aria-label=${text}>
    <title>${text}</title>
    <rect class="track" x="0" y="9" width=${WIDTH} height="4" rx="2" />
    ${benchmark !== null && benchmark !== undefined && html`<rect class="best" x="0" y="9" width=${Math.max(0, x(benchmark))} height="4" rx="2" />`}
    ${baseline !== null && baseline !== undefined && html`<rect class="worst" x=${x(baseline)} y="9" width=${Math.max(0, WIDTH - x(baseline))} height="4" rx="2" />`}
    ${[benchmark, baseline].map((each, index) => each !== null && each !== undefined && html`<line key=${index} class="level" x1=${x(each)} x2=${x(each)} y1="4" y2="18" />`)}
    ${value !== null && value !== undefined && html`<circle class=${low ? "at low" : "at"} cx=${x(value)} cy="11" r="5" />`}
  </svg>
  <span class="note" aria-hidden="true"><${Quantity} value=${benchmark} unit=${unit} state=${benchmark === null ? "not_applicable" : null} /> – <${Quantity} value=${baseline} unit=${unit} state=${baseline === null ? "not_applicable" : null} /></span></span>`;
}

const said = (value, unit) => {
  const scale = scaleOf([value], unit, language.value);
  return `${shown(value, { scale })} ${scale.name}`.trim();
};
