// The formula of a number with its values put in, and its terms, which add up.

import { html } from "../vendor/preact.js";
import { scaleOf } from "../lib/format.js";
import { language } from "../lib/state.js";
import { word, wordsOf } from "../lib/words.js";
import { Coverage, Quantity } from "./number.js";
import { Table } from "./table.js";
import words from "./explain.words.js";

const t = wordsOf(words);
const FLOWS = ["input", "renewable", "feedstock", "output"];
const MOST_EXACT = 44;

const termKey = (term) => `${term.carrier || term.statistic} ${term.flow} ${term.year} ${term.row || ""} ${term.manual || ""}`;
const exactText = (exact) => (exact && exact.length > MOST_EXACT ? `${exact.slice(0, MOST_EXACT)}…` : exact);

// Consumption on a basis, or CO2, of a row of the balance.
export function BalanceTerms({ row, measure }) {
  const co2 = measure === "tco2";
  const basis = co2 ? "co2" : measure;
  const unit = co2 ? "tCO2" : "tce";
  const why = row.explained;
  const terms = why.terms.filter((term) => term[basis] !== null);
  const scale = scaleOf(terms.map((term) => term[basis].value), unit, language.value);
  const amount = (value) => html`<${Quantity} value=${value} unit=${unit} scale=${scale} />`;
  const parts = co2 ? [] : FLOWS.map((flow) => [flow, row[measure][`${flow}_tce`]]).filter(([flow, value]) => value || flow === "input");
  return html`<section>
      <h3>${t("formula")}</h3>
      ${co2
        ? html`<p class="formula">${t("tco2")} = Σ ${t("quantity")} × ${t("coefficient")} = ${amount(why[basis].value)} ${scale.name}</p>`
        : html`<p class="formula">${t("consumption")}（${t(measure)}）= ${parts.map(([flow], index) => `${index ? (flow === "output" ? " − " : " + ") : ""}${t(flow)}`)}<br />
          = ${parts.map(([flow, value], index) => html`${index ? (flow === "output" ? " − " : " + ") : ""}${amount(value)}`)} = ${amount(why[basis].value)} ${scale.name}</p>`}
    </section>
    <section>
      <h3>${t("terms")}</h3>
      <${Table} caption=${t("terms")} rows=${terms.map((term) => ({ ...term, row: term[basis].row }))} rowKey=${termKey} columns=${[
        { key: "carrier", title: t("carrier"), cell: (term) => html`<${Named} term=${term} />` },
        { key: "quantity", title: t("quantity"), number: true, narrow: true, cell: (term) => html`<${Quantity} value=${term.quantity} unit=${term.quantity_unit} withUnit coverage=${term.coverage} />` },
        { key: "coefficient", title: t("coefficient"), number: true, narrow: true, cell: (term) => html`<${Coefficient} value=${term[basis].coefficient} unit=${term[basis].coefficient_unit} />` },
        { key: "adds", title: t("adds"), unit: scale.name, number: true, narrow: true, cell: (term) => amount(term[basis].value) },
        { key: "coverage", title: t("coverage"), number: true, narrow: true, cell: (term) => html`<${Coverage} value=${term.coverage} always />` },
        { key: "meters", title: t("meters"), number: true, cell: (term) => html`<${Quantity} value=${term.meters} digits=${wholeDigits(term.meters)} />` },
      ]} total=${{ carrier: t("sum"), adds: amount(why[basis].value) }} />
      ${why[basis].exact !== null && html`<p class="note exact" title=${why[basis].exact}>${t("exactly", { exact: `${exactText(why[basis].exact)} ${unit}` })}</p>`}
    </section>`;
}

const Named = ({ term }) => html`<span class="nowrap">${word("carrier", term.carrier)} <span class="note">${word("flow", term.flow)}</span>${term.manual && html` <span class="chip">${t("manual_mark")}</span>`}</span>`;

const Coefficient = ({ value, unit }) => (value === null ? html`<span class="note">${unit ? t("several") : "—"}</span>` : html`<${Quantity} value=${value} unit=${unit} withUnit digits=${ownDigits(value)} />`);

// A coefficient is written as it stands, as far as four decimals.
const ownDigits = (value) => Math.min(4, (String(value).split(".")[1] || "").length);
// Meters are counted on average: whole where they were the same throughout.
const wholeDigits = (value) => (value === null || Math.abs(value - Math.round(value)) < 0.005 ? 0 : 1);

// Numerator and denominator of an indicator.
export function IndicatorTerms({ row }) {
  const why = row.explained;
  return html`<section>
      <h3>${t("formula")}</h3>
      <p class="formula">${language.value === "zh" ? why.formula_zh : why.formula}<br />
        = <${Quantity} value=${why.numerator.value} unit=${why.numerator.unit} withUnit /> ÷ <${Quantity} value=${why.denominator.value} unit=${why.denominator.unit} withUnit />${why.scale !== 1 && html` × <${Quantity} value=${why.scale} digits=${0} />`}${" = "}<${Quantity} value=${row.value} unit=${row.unit} withUnit limit=${nearestLimit(row)} /></p>
      ${row.limits.length > 0 && html`<p class="note">${t("limits")}${t("colon")}${row.limits.map((limit) => html`<span class="nowrap" key=${limit.row}>${t(limit.what)} ${limit.op === "<=" ? "≤" : limit.op === ">=" ? "≥" : limit.op} <${Quantity} value=${limit.value} unit=${row.unit} withUnit /> <code>${limit.row}</code></span> `)}</p>`}
    </section>
    <${Half} title=${t("numerator")} half=${why.numerator} /><${Half} title=${t("denominator")} half=${why.denominator} />`;
}

// The limit that lies nearest to the value: its text must differ from that.
export function nearestLimit(row) {
  const bounds = row.limits.map((limit) => limit.value).filter((value) => value !== null);
  if (!bounds.length || row.value === null) return null;
  return bounds.reduce((nearest, each) => (Math.abs(each - row.value) < Math.abs(nearest - row.value) ? each : nearest));
}

function Half({ title, half }) {
  const scale = scaleOf(half.terms.map((term) => term.value), half.unit, language.value);
  const amount = (value) => html`<${Quantity} value=${value} unit=${half.unit} scale=${scale} />`;
  return html`<section>
    <h3>${title}</h3>
    ${half.terms.length > 0
      ? html`<${Table} caption=${title} rows=${half.terms} rowKey=${termKey} columns=${[
          { key: "carrier", title: t("carrier"), cell: (term) => (term.carrier ? html`<${Named} term=${term} />` : html`${word("statistic_kind", term.statistic)}<span class="note"> ${t("reported")} ${term.periods.join(" ")}</span>`) },
          { key: "quantity", title: t("quantity"), number: true, narrow: true, cell: (term) => (term.quantity === null ? "—" : html`<${Quantity} value=${term.quantity} unit=${term.quantity_unit} withUnit coverage=${term.coverage} />`) },
          { key: "coefficient", title: t("coefficient"), number: true, narrow: true, cell: (term) => html`<${Coefficient} value=${term.coefficient} unit=${term.coefficient_unit} />` },
          { key: "adds", title: t("adds"), unit: scale.name, number: true, narrow: true, cell: (term) => amount(term.value) },
          { key: "coverage", title: t("coverage"), number: true, narrow: true, cell: (term) => html`<${Coverage} value=${term.coverage} always />` },
        ]} total=${{ carrier: t("sum"), adds: amount(half.value) }} />
        ${half.exact !== null && html`<p class="note exact" title=${half.exact}>${t("exactly", { exact: `${exactText(half.exact)} ${half.unit}` })}</p>`}`
      : html`<p><${Quantity} value=${half.value} unit=${half.unit} withUnit /></p>`}
  </section>`;
}
