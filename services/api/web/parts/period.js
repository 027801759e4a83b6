// The period, what it is compared with and on which basis: of the whole console, in the address.

import { html, useState } from "../vendor/preact.js";
import { Menu } from "./menu.js";
import { askedPeriod, basis, comparison, language, setQuery } from "../lib/state.js";
import { addDays, namedPeriods, periodText, stepped, toDay } from "../lib/time.js";
import { t } from "../lib/words.js";

// `shown`: the period of the view that is looked at, which may have one of its own.
export function PeriodPicker({ shown }) {
  const isOwn = askedPeriod.value === null;
  const choose = (key, close) => () => {
    setQuery({ p: key });
    if (close) close();
  };
  return html`<div class="picker" role="group" aria-label=${t("period")}>
    <button type="button" class="plain" title=${`${t("earlier")} [`} aria-label=${t("earlier")} onClick=${choose(stepped(shown, -1))}>◀</button>
    <${Menu} label=${html`<span class="hidden">${t("period")} </span>${periodText(shown, language.value)}`} title=${`${t("period")}${isOwn ? t("of_view") : ""}`}>
      ${(close) => html`
        ${namedPeriods().map((each) => html`<button type="button" aria-pressed=${each.key === shown.key} key=${each.name} onClick=${choose(each.key, close)}>${t(each.name)}</button>`)}
        <${OwnDays} shown=${shown} choose=${(key) => choose(key, close)()} />`}
    <//>
    <button type="button" class="plain" title=${`${t("later")} ]`} aria-label=${t("later")} disabled=${shown.end > toDay()} onClick=${choose(stepped(shown, 1))}>▶</button>
  </div>`;
}

function OwnDays({ shown, choose }) {
  const [from, setFrom] = useState(shown.start);
  const [to, setTo] = useState(addDays(shown.end, -1));
  const submit = (event) => {
    event.preventDefault();
    if (from && to && from <= to) choose(`${from}..${to}`);
  };
  return html`<form class="own-days" onSubmit=${submit}>
    <label>${t("from")} <input type="date" value=${from} max=${to} onInput=${(event) => setFrom(event.target.value)} required /></label>
    <label>${t("to")} <input type="date" value=${to} min=${from} max=${toDay()} onInput=${(event) => setTo(event.target.value)} required /></label>
    <button type="submit">${t("ok")}</button>
  </form>`;
}

const Choice = ({ label, values, chosen, name, textOf }) => html`<${Menu} label=${html`<span class="hidden">${label} </span>${textOf(chosen)}`} title=${label}>
  ${(close) => values.map((value) => {
    const choose = () => {
      setQuery({ [name]: value });
      close();
    };
    return html`<button type="button" aria-pressed=${value === chosen} key=${value} onClick=${choose}>${textOf(value)}</button>`;
  })}
<//>`;

export const ComparisonPicker = () => html`<${Choice} label=${t("comparison")} name="c" values=${["previous", "year", "none"]} chosen=${comparison.value} textOf=${(value) => t(`c_${value}`)} />`;
export const BasisPicker = () => html`<${Choice} label=${t("basis")} name="b" values=${["equivalent", "calorific"]} chosen=${basis.value} textOf=${(value) => t(value)} />`;
