// “两高”台账: units of the eight trades, what they used beside what was approved for them.

import { html, useState } from "../vendor/preact.js";
import { useGet } from "../lib/api.js";
import { useExported } from "../lib/exported.js";
import { scaleOf } from "../lib/format.js";
import { useShown } from "../lib/shown.js";
import { language, link, setQuery } from "../lib/state.js";
import { dayText } from "../lib/time.js";
import { nameOf, saidOf, word, wordsOf } from "../lib/words.js";
import { Mend } from "../parts/mend.js";
import { FacetColumn, Narrowed, SearchField } from "../parts/narrowing.js";
import { Count, Coverage, LEAST_COVERAGE, Quantity } from "../parts/number.js";
import { Card, CountCard, Figure, PageHead, Tabs } from "../parts/page.js";
import { PickedUnits } from "../parts/picked_units.js";
import { Read } from "../parts/states.js";
import { Pager, Table } from "../parts/table.js";
import { UseBar } from "../parts/use_bar.js";
import { Verdict } from "../parts/verdict.js";
import words from "./two_high.words.js";

const t = wordsOf(words);
const STEP = 100;
const FILTERS = ["verdict", "in_ledger", "trade", "status"];
const KINDS = { verdict: "verdict", trade: "trade", status: "unit_status" };
const SPANS = ["last_12_months", "running_year"];

const textOf = (name, key) => (name === "in_ledger" ? t(`ledger_${key}`) : word(KINDS[name], key));

export default function TwoHigh({ query }) {
  useShown({ area: query.area || null, pickers: [] });
  const [picked, setPicked] = useState(new Set());
  const span = SPANS.includes(query.span) ? query.span : SPANS[0];
  const limit = Number(query.limit) || STEP;
  const asked = Object.fromEntries(["area", "park", "enterprise", "q", "order", ...FILTERS].map((name) => [name, query[name]]));
  const list = useGet("/two-high", { ...asked, limit, total: true });
  useExported(t("list"), list.address);
  return html`
    <${PageHead} title=${t("title")} note=${t("note")} />
    <${Read} of=${list} lines=${12}>${(data) => html`
      <${Totals} unjudged=${data.facets.verdict.cannot_judge || 0} totals=${data.totals} span=${span} query=${query} />
      <div class="grid facetted">
        <${FacetColumn} data=${data} query=${query} filters=${FILTERS} titles=${t} textOf=${textOf} />
        <${Card} title=${t("list")} actions=${html`<${SearchField} query=${query} label=${t("search")} />`}>
          <${Tabs} path="/two-high" name="span" current=${span} label=${t("span")} tabs=${SPANS.map((key) => ({ key, title: t(key) }))} />
          <${Narrowed} query=${query} names=${data.names} filters=${FILTERS} textOf=${textOf} titles=${t} />
          <${PickedUnits} picked=${picked} clear=${() => setPicked(new Set())} rows=${data.data} />
          <${Units} data=${data} span=${span} query=${query} picked=${picked} onPick=${setPicked} />
          <${Pager} shown=${data.data.length} total=${data.total} step=${STEP} onMore=${() => setQuery({ limit: Math.min(1000, limit + STEP) })} />
        <//>
      </div>`}<//>`;
}

function Totals({ totals, unjudged, span, query }) {
  const used = totals[span];
  const none = unjudged === totals.units;
  const judged = unjudged > 0 && html`<span>${word("verdict", "cannot_judge")} <${Count} value=${unjudged} /></span>`;
  const turned = (name, value) => () => setQuery({ [name]: query[name] === value ? null : value, limit: null });
  return html`<div class="figures">
    <${CountCard} name=${t("units")} count=${totals.units} more=${html`<span>${t("in_ledger_of")} <${Count} value=${totals.in_ledger} /></span>`} />
    <${CountCard} name=${t("above")} count=${totals.above_approved} kind=${totals.above_approved ? "sign-of breach" : ""} pressed=${query.verdict === "breach"} onClick=${turned("verdict", "breach")} more=${judged} />
    <${Figure} name=${t("excess")} value=${totals.excess_tce} unit="tce" state=${none ? "not_applicable" : null} more=${t("excess_more")} />
    <${Figure} name=${t(span)} value=${used.tce} unit="tce" coverage=${used.coverage} more=${html`<span><${Count} value=${used.units} /> ${t("units_measured")}</span>`} />
    <${Figure} name=${t("approved")} value=${totals.approved_energy_tce} unit="tce" more=${html`<span><${Count} value=${totals.without_approval} /> ${t("without_approval")}</span>`} />
    <${Figure} name=${t("design")} value=${totals.design_energy_tce} unit="tce" />
  </div>`;
}

function Units({ data, span, query, picked, onPick }) {
  const rows = data.data;
  const values = rows.flatMap((row) => [row[span].tce, row.approved_energy_tce]);
  const scale = scaleOf(values, "tce", language.value);
  const most = Math.max(...rows.flatMap((row) => [row[span].tce || 0, row.approved_energy_tce || 0]), 0);
  const amount = (value, more = {}) => html`<${Quantity} value=${value} unit="tce" scale=${scale} state=${value === null ? "not_applicable" : null} ...${more} />`;
  const total = data.totals;
  const columns = [
    { key: "unit", title: t("unit"), order: "name_zh", narrow: true, wide: true, cell: (row) => html`<${UnitName} row=${row} names=${data.names} />` },
    { key: "trade", title: t("trade"), order: true, className: () => "nowrap", cell: (row) => html`${word("trade", row.trade)}<br /><span class="note">${word("unit_status", row.status)}</span>` },
    { key: "bar", title: t("bar"), className: () => "bar-cell", cell: (row) => html`<${UseBar} used=${row[span].tce} approved=${row.approved_energy_tce} most=${most} low=${isLow(row[span])} />` },
    { key: "used", title: t("used"), unit: scale.name, number: true, narrow: true, order: `${span}_tce`, cell: (row) => html`<${Used} row=${row} use=${row[span]} scale=${scale} />` },
    { key: "approved", title: t("approved_short"), unit: scale.name, number: true, order: "approved_energy_tce", cell: (row) => amount(row.approved_energy_tce) },
    { key: "excess", title: t("excess_short"), unit: scale.name, number: true, order: "excess_tce", cell: (row) => amount(row.excess_tce) },
    { key: "verdict", title: t("verdict"), order: true, narrow: true, cell: (row) => html`<${Judged} row=${row} />` },
  ];
  const totals = {
    unit: t("total_of"),
    used: amount(total[span].tce, { coverage: total[span].coverage }),
    approved: amount(total.approved_energy_tce),
    excess: amount(data.facets.verdict.cannot_judge === total.units ? null : total.excess_tce),
  };
  return html`<${Table} caption=${t("title")} columns=${columns} rows=${rows} rowKey=${(row) => row.unit} order=${query.order || null} onOrder=${(order) => setQuery({ order })} picked=${picked} onPick=${onPick} total=${data.total > 0 ? totals : null} />`;
}

const isLow = (use) => use.coverage !== null && use.coverage < LEAST_COVERAGE;

const UnitName = ({ row, names }) => html`<a href=${link(`/enterprise/${row.enterprise}`)}>${saidOf(row, "enterprise_name")}</a><br /><span class="note">${nameOf(names, "area", row.area)} · ${saidOf(row, "name")}</span>`;

// What was measured of a whole period; months before the first meter are missing too, so it may be far from whole.
function Used({ row, use, scale }) {
  const title = t("span_of", { from: dayText(use.start), to: dayText(use.end) });
  if (use.tce === null && row.status !== "existing") return html`<${Quantity} state="not_applicable" />`;
  // The ledger is of what meters measured: so is what it is explained by.
  const explain = { path: "/energy/balance", params: { scope: `unit:${row.unit}`, start: dayText(use.start), end: dayText(use.end), bucket: "total", manual: "false" }, measure: row.basis };
  return html`<span title=${title}><${Quantity} value=${use.tce} unit="tce" scale=${scale} limit=${row.approved_energy_tce} coverage=${use.coverage} explain=${explain} label=${saidOf(row, "name")} /></span><br /><${Coverage} value=${use.coverage} />`;
}

const saidReasons = (reasons) => reasons.map((reason) => (language.value === "zh" ? reason.text_zh : reason.text)).join(language.value === "zh" ? "；" : "; ");

function Judged({ row }) {
  const belongs = row.in_ledger === null ? "unknown" : String(row.in_ledger);
  return html`<${Verdict} verdict=${row.verdict} text=${saidReasons(row.reasons)} />
    ${row.in_ledger !== true && html`<br /><span class="note" title=${saidReasons(row.ledger_reasons)}>${t(`ledger_${belongs}`)}</span>`}
    ${row.product && html`<br /><span class="note">${t("product")}</span> <${Verdict} verdict=${row.product.verdict} text=${saidReasons(row.product.reasons)} />`}
    ${row.verdict === "cannot_judge" && html`<br /><${Mend} row=${row} reasons=${row.reasons} />`}`;
}
