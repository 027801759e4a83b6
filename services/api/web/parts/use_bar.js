// Energy used beside what was approved: one bar to the scale of the list; what is beyond the approval is hatched.

import { html } from "../vendor/preact.js";
import { scaleOf, shown } from "../lib/format.js";
import { language } from "../lib/state.js";
import { wordsOf } from "../lib/words.js";
import words from "./use_bar.words.js";

const t = wordsOf(words);
const WIDTH = 140;
const HEIGHT = 18;

// `used` and `approved` in tce, null: not known; `most`: what the whole width stands for; `low`: measured too little.
export function UseBar({ used, approved, most, low = false }) {
  const known = [used, approved].filter((each) => each !== null);
  const scale = scaleOf(known, "tce", language.value);
  const said = (value) => (value === null ? t("unknown") : `${shown(value, { scale })} ${scale.name}`);
  const text = `${t("used")} ${said(used)}${language.value === "zh" ? "，" : ", "}${t("approved")} ${said(approved)}`;
  const x = (value) => (most > 0 ? Math.max(0, Math.min(1, value / most)) * (WIDTH - 2) : 0);
  const within = used === null ? 0 : approved === null ? used : Math.min(used, approved);
  return html`<svg class="use-bar" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} width=${WIDTH} height=${HEIGHT} role="img" aria-label=${text}>
    <title>${text}</title>
    <defs><pattern id="beyond" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="beyond-line" width="2.4" height="5" /></pattern></defs>
    <rect class="track" x="0" y="5" width=${WIDTH} height="8" rx="2" />
    <rect class=${low ? "used low" : "used"} x="0" y="5" width=${x(within)} height="8" />
    ${used !== null && approved !== null && used > approved && html`<rect class="beyond" x=${x(approved)} y="5" width=${Math.max(2, x(used) - x(approved))} height="8" fill="url(#beyond)" />`}
    ${approved !== null && html`<line class="level" x1=${x(approved)} x2=${x(approved)} y1="1" y2="17" />`}
  </svg>`;
}
