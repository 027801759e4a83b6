// From a whole to what is left of it, step by step: a table whose bars hang where the step before ended.

import { html } from "../vendor/preact.js";
import { scaleOf } from "../lib/format.js";
import { language } from "../lib/state.js";
import { Quantity } from "./number.js";
import { TableBox } from "./table.js";

// `steps`: [{name, value, minus, sum, kind}] in `unit`: the first is the whole, `minus` is taken away, `sum` stands for itself.
export function Waterfall({ caption, steps, unit }) {
  const most = Math.max(...steps.map((step) => Math.abs(step.value || 0)), 0);
  const scale = scaleOf(steps.map((step) => step.value), unit, language.value);
  let end = 0;
  const placed = steps.map((step) => {
    const size = Math.abs(step.value || 0);
    const start = step.minus ? end - size : 0;
    if (step.value !== null) end = step.minus ? start : size;
    return { ...step, start: Math.max(0, start), size };
  });
  const share = (value) => `${most > 0 ? (value / most) * 100 : 0}%`;
  return html`<${TableBox} name=${caption} kind="keep"><table class="waterfall"><caption>${caption} <span class="unit">${scale.name}</span></caption>
    <tbody>${placed.map((step) => html`<tr key=${step.name} class=${step.sum ? "sum" : ""}>
      <th scope="row">${step.minus ? "− " : step.sum && step.kind !== "goal" ? "= " : ""}${step.name}</th>
      <td class="right"><${Quantity} value=${step.value} unit=${unit} scale=${scale} /></td>
      <td class="bars" aria-hidden="true"><span class=${`bar ${step.minus ? "minus" : ""} ${step.kind || ""}`} style=${{ marginLeft: share(step.start), width: share(step.size) }}></span></td>
    </tr>`)}</tbody>
  </table><//>`;
}
