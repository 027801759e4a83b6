// 能效清单: units beside benchmark and baseline; narrowed at the left, listed at the right, with what all of them come to.

import { html, useState } from "../vendor/preact.js";
import { useGet } from "../lib/api.js";
import { useExported } from "../lib/exported.js";
import { scaleOf } from "../lib/format.js";
import { useShown } from "../lib/shown.js";
import { language, link, setQuery } from "../lib/state.js";
import { addMonths, lastMonth, toDay } from "../lib/time.js";
import { nameOf, saidOf, word, wordsOf } from "../lib/words.js";
import { LevelBar } from "../parts/level_bar.js";
import { Mend } from "../parts/mend.js";
import { FacetColumn, Narrowed, SearchField } from "../parts/narrowing.js";
import { Count, Coverage, LEAST_COVERAGE, Quantity, Share } from "../parts/number.js";
import { Card, CountCard, Figure, PageHead } from "../parts/page.js";
import { PickedUnits } from "../parts/picked_units.js";
import { Read } from "../parts/states.js";
import { Pager, Table } from "../parts/table.js";
import { Sign, Verdict } from "../parts/verdict.js";
import words from "./efficiency.words.js";

const t = wordsOf(words);
const STEP = 100;
const FILTERS = ["placing", "verdict", "due", "trade", "process", "status"];
const KINDS = { placing: "placing", verdict: "verdict", due: "retrofit_due", trade: "trade", status: "unit_status" };

export default function Efficiency({ query }) {
  const period = wholeMonths(useShown({ area: query.area || null, usual: lastMonth() }));
  const [picked, setPicked] = useState(new Set());
  const limit = Number(query.limit) || STEP;
  const asked = Object.fromEntries(["area", "park", "enterprise", "q", "order", ...FILTERS].map((name) => [name, query[name]]));
  const list = useGet("/efficiency-list", { ...asked, start: period.start, end: period.end, limit, total: true });
  useExported(t("list"), list.address);
  return html`
    <${PageHead} title=${t("title")} note=${html`<${Range} period=${period} data=${list.data} />`} />
    <${Read} of=${list} lines=${12}>${(data) => html`
      <${Totals} totals=${data.totals} query=${query} />
      <div class="grid facetted">
        <${FacetColumn} data=${data} query=${query} filters=${FILTERS} titles=${t} textOf=${(name, key) => (name === "process" ? nameOf(data.names, "process", key) : word(KINDS[name], key))} />
        <${Card} title=${t("list")} actions=${html`<${SearchField} query=${query} label=${t("search")} />`}>
          <${Narrowed} query=${query} names=${data.names} filters=${FILTERS} textOf=${(name, key) => (name === "process" ? nameOf(data.names, "process", key) : word(KINDS[name], key))} titles=${t} />
          <${PickedUnits} picked=${picked} clear=${() => setPicked(new Set())} rows=${data.data} />
          <${Units} data=${data} query=${query} picked=${picked} onPick=${setPicked} />
          <${Pager} shown=${data.data.length} total=${data.total} step=${STEP} onMore=${() => setQuery({ limit: Math.min(1000, limit + STEP) })} />
        <//>
      </div>`}<//>`;
}

// Whole months that are over: those of the period, else the last one.
function wholeMonths(period) {
  const over = addMonths(`${toDay().slice(0, 7)}-01`, 0);
  const start = `${period.start.slice(0, 7)}-01`;
  const outward = period.end.endsWith("-01") ? period.end : addMonths(period.end, 1);
  const end = outward < over ? outward : over;
  return start < end ? { start, end } : { start: addMonths(over, -1), end: over, isOther: true };
}

const monthText = (period) => {
  const last = addMonths(period.end, -1).slice(0, 7);
  return period.start.slice(0, 7) === last ? last : t("months", { from: period.start.slice(0, 7), to: last });
};

function Range({ period, data }) {
  return html`${t(period.isOther ? "last_whole_month" : "judged_over", { months: monthText(period) })}
    ${data && data.metered !== null && data.metered < 1 && html` <span class="chip hatched" title=${t("metered_title")}>${t("metered")} <${Share} value=${data.metered} /></span>`}`;
}

function Totals({ totals, query }) {
  const turned = (name, value) => () => setQuery({ [name]: query[name] === value ? null : value, limit: null });
  const above = totals.above_baseline.find((each) => each.unit === "kgce");
  const used = totals.numerators.find((each) => each.unit === "kgce");
  return html`<div class="figures">
    <${CountCard} name=${t("units")} count=${totals.units} more=${html`<span>${t("judged")} <${Count} value=${totals.judged} /></span>`} />
    <${CountCard} name=${word("verdict", "breach")} count=${totals.breach} kind=${totals.breach ? "sign-of breach" : ""} pressed=${query.verdict === "breach"} onClick=${turned("verdict", "breach")} />
    <${CountCard} name=${word("retrofit_due", "overdue")} count=${totals.overdue} kind=${totals.overdue ? "sign-of overdue" : ""} pressed=${query.due === "overdue"} onClick=${turned("due", "overdue")} />
    <${CountCard} name=${t("not_judged")} count=${totals.units - totals.judged} kind="sign-of cannot_judge" pressed=${query.verdict === "cannot_judge,provisional"} onClick=${turned("verdict", "cannot_judge,provisional")} />
    <${Figure} name=${t("energy")} value=${used ? used.value : null} unit="kgce" more=${t("energy_more")} />
    <${Figure} name=${t("above")} value=${above ? above.value : 0} unit="kgce" more=${t("above_more")} />
  </div>`;
}

function Units({ data, query, picked, onPick }) {
  const columns = [
    { key: "unit", title: t("unit"), order: "name_zh", narrow: true, wide: true, cell: (row) => html`<${UnitName} row=${row} />` },
    { key: "area", title: t("area"), order: true, cell: (row) => nameOf(data.names, "area", row.area) },
    { key: "value", title: t("value"), number: true, narrow: true, cell: (row) => html`<${UnitValue} row=${row} period=${data} />` },
    { key: "levels", title: t("levels"), className: () => "bar-cell", cell: (row) => html`<${LevelBar} value=${row.value} benchmark=${row.benchmark} baseline=${row.baseline} unit=${row.value_unit} low=${isLow(row)} />` },
    { key: "gap", title: t("gap"), help: t("gap_title"), unit: "%", number: true, order: "gap_to_baseline", cell: (row) => html`<${Gap} gap=${row.gap_to_baseline} />` },
    { key: "verdict", title: t("verdict"), order: true, narrow: true, cell: (row) => html`<${Judged} row=${row} />` },
    { key: "deadline", title: t("deadline"), order: true, cell: (row) => html`<${Deadline} row=${row} />` },
  ];
  const total = { unit: t("total_of"), levels: html`<span class="note">${t("energy")}</span> <${Sums} sums=${data.totals.numerators} />`, verdict: html`<${Sign} of="breach">${t("breaches")} <${Count} value=${data.totals.breach} /><//>`, deadline: html`${t("overdue")} <${Count} value=${data.totals.overdue} />` };
  return html`<${Table} caption=${t("title")} columns=${columns} rows=${data.data} rowKey=${(row) => row.unit} order=${query.order || null} onOrder=${(order) => setQuery({ order })} picked=${picked} onPick=${onPick} total=${data.total > 0 ? total : null} />`;
}

const isLow = (row) => row.coverage !== null && row.coverage < LEAST_COVERAGE;

const UnitName = ({ row }) => html`<a href=${link(`/enterprise/${row.enterprise}`, { tab: "units" })}>${saidOf(row, "enterprise_name")}</a><br /><span class="note">${saidOf(row, "name")} · ${saidOf(row, "process_name")}</span>`;

// The limit that decides: of an existing unit the baseline, of others the benchmark.
function UnitValue({ row, period }) {
  const limit = row.project === "existing" ? row.baseline : row.benchmark;
  const explain = { path: `/indicators/${row.indicator}`, params: { scope: `unit:${row.unit}`, start: period.start, end: period.end, bucket: "total" } };
  return html`<${Quantity} value=${row.value} unit=${row.value_unit} limit=${limit} digits=${row.value_unit === "1" ? 2 : 1} coverage=${row.coverage} explain=${explain} label=${saidOf(row, "name")} />${row.value_unit !== "1" && html`<br /><span class="unit nowrap">${row.value_unit}</span>`} <${Coverage} value=${row.coverage} />`;
}

const Gap = ({ gap }) => (gap && gap.percent !== null ? html`<${Quantity} value=${gap.percent} unit="%" limit=${0} />` : html`<${Quantity} state="not_applicable" />`);

function Judged({ row }) {
  const reasons = row.reasons.map((reason) => (language.value === "zh" ? reason.text_zh : reason.text)).join(language.value === "zh" ? "；" : "; ");
  return html`<${Verdict} verdict=${row.verdict} text=${reasons} />${row.placing && html`<br /><span class="note">${word("placing", row.placing)}</span>`}
    ${row.verdict === "breach" && row.placing !== "below_baseline" && html`<br /><span class="note">${reasons}</span>`}
    ${row.verdict === "cannot_judge" && html`<br /><${Mend} row=${row} reasons=${row.reasons} />`}`;
}

function Deadline({ row }) {
  if (row.deadline === null) return html`<${Quantity} state="not_applicable" />`;
  const passed = row.days_left < 0;
  return html`<span class="nowrap">${row.deadline}</span><br /><${Sign} of=${passed ? "overdue" : row.days_left <= 365 ? "due" : "none"}>${t(passed ? "days_over" : "days_left")} <${Count} value=${Math.abs(row.days_left)} /> ${t("days")}<//>`;
}

// Sums of energy, each in its own unit.
const Sums = ({ sums }) => html`${sums.map((sum) => html`<div key=${sum.unit}><${Quantity} value=${sum.value} unit=${sum.unit} scale=${scaleOf([sum.value], sum.unit, language.value)} withUnit /></div>`)}`;
