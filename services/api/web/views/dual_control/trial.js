// 试算: the year judged by what is assumed of it, beside what is known. In the address, so that it can be sent; kept nowhere.

import { html, useState } from "../../vendor/preact.js";
import { language, setQuery } from "../../lib/state.js";
import { wordsOf } from "../../lib/words.js";
import { Quantity } from "../../parts/number.js";
import { Table } from "../../parts/table.js";
import { Light, Sign } from "../../parts/verdict.js";
import words from "../dual_control.words.js";

const t = wordsOf(words);
const TEN_THOUSAND = 10000;
// Parameter of the address, that of the API, and how many of the API's unit one of the form's is.
const FIELDS = [
  ["gdp", "assume_gdp_growth_percent", 1],
  ["energy", "assume_energy_tce", TEN_THOUSAND],
  ["feedstock", "assume_feedstock_tce", TEN_THOUSAND],
  ["listed", "assume_listed_tce", TEN_THOUSAND],
  ["renewable", "assume_renewable_tce", TEN_THOUSAND],
];
const text = (entry) => (entry ? entry[language.value === "zh" ? "text_zh" : "text"] : "");

// What the address assumes, as the API is asked for it.
export function assumedOf(query) {
  const given = FIELDS.filter(([name]) => query[`try_${name}`] !== undefined && Number.isFinite(Number(query[`try_${name}`])));
  return Object.fromEntries(given.map(([name, parameter, factor]) => [parameter, Number(query[`try_${name}`]) * factor]));
}

export function Trial({ data, query }) {
  const known = Object.fromEntries(FIELDS.map(([name]) => [name, query[`try_${name}`] ?? ""]));
  const [given, setGiven] = useState(known);
  const submit = (event) => {
    event.preventDefault();
    setQuery(Object.fromEntries(FIELDS.map(([name]) => [`try_${name}`, given[name].trim() || null])));
  };
  const clear = () => {
    setGiven(Object.fromEntries(FIELDS.map(([name]) => [name, ""])));
    setQuery(Object.fromEntries(FIELDS.map(([name]) => [`try_${name}`, null])));
  };
  return html`<p class="note">${t("trial_note", { year: data.year })}</p>
    <form class="trial-fields" onSubmit=${submit}>
      ${FIELDS.map(([name]) => html`<label key=${name}>${t(`try_${name}`)} <span class="with-unit"><input type="number" step="any" min=${name === "gdp" ? -50 : 0} value=${given[name]} onInput=${(event) => setGiven({ ...given, [name]: event.target.value })} /> <span class="unit">${t(name === "gdp" ? "unit_percent" : "unit_tce")}</span></span></label>`)}
      <p class="actions"><button type="submit" class="primary">${t("try")}</button>
      ${data.trial && html`<button type="button" onClick=${clear}>${t("try_clear")}</button>`}</p>
    </form>
    ${data.trial && html`<${Tried} data=${data} />`}`;
}

function Tried({ data }) {
  const { trial } = data;
  const last = data.years[data.years.length - 1];
  const rows = [
    { name: t("fall"), unit: "%", known: last && last.cumulative_percent, tried: trial.year.cumulative_percent, limit: data.basic.required_percent },
    { name: t("fall_of_year"), unit: "%", known: data.annual.reduction_percent, tried: trial.year.reduction_percent, limit: data.annual.planned_percent },
    { name: t("basic"), unit: "%", known: data.basic.completion_percent, tried: trial.basic.completion_percent, limit: 100 },
    { name: t("incentive"), unit: "%", known: data.incentive.completion_percent, tried: trial.incentive.completion_percent, limit: 100 },
    { name: t("assessed"), unit: "tce", known: data.total.assessed_tce, tried: trial.total.assessed_tce, limit: trial.total.target ? trial.total.target.target_tce : null },
    { name: t("total_target"), unit: "tce", known: data.total.target ? data.total.target.target_tce : null, tried: trial.total.target ? trial.total.target.target_tce : null, limit: null },
  ];
  const columns = [
    { key: "name", title: t("number"), narrow: true },
    { key: "known", title: t("known"), number: true, narrow: true, cell: (row) => html`<${Quantity} value=${row.known} unit=${row.unit} withUnit />` },
    { key: "tried", title: t("trial_mark"), number: true, narrow: true, cell: (row) => html`<${Quantity} value=${row.tried} unit=${row.unit} limit=${row.limit} withUnit />` },
    { key: "limit", title: t("asked"), number: true, cell: (row) => html`<${Quantity} value=${row.limit} unit=${row.unit} state=${row.limit === null ? "not_applicable" : null} withUnit />` },
  ];
  return html`<${Table} caption=${t("trial_title")} columns=${columns} rows=${rows} rowKey=${(row) => row.name} />
    <p aria-live="polite"><span class="chip trial-mark">${t("trial_mark")}</span> ${t("light_of")} <${Light} level=${trial.lights.intensity.level} title=${text(trial.lights.intensity)} /> / <${Light} level=${trial.lights.total.level} title=${text(trial.lights.total)} />
      · <${Sign} of=${trial.intensity.verdict}>${t("intensity")}${t("colon")}${text(trial.intensity)}<//> · <${Sign} of=${trial.total.verdict}>${t("total")}${t("colon")}${text(trial.total)}<//></p>`;
}
