// 数据中心: the PUE of each hall against the grades of the standard and the targets of the plan, and of all together.

import { html } from "../vendor/preact.js";
import { useGet } from "../lib/api.js";
import { useExported } from "../lib/exported.js";
import { scaleOf } from "../lib/format.js";
import { useShown } from "../lib/shown.js";
import { language, link } from "../lib/state.js";
import { addMonths, dayText, lastMonth } from "../lib/time.js";
import { nameOf, word, wordsOf } from "../lib/words.js";
import { LimitBar, LimitScale } from "../parts/limit_bar.js";
import { Mend } from "../parts/mend.js";
import { Count, Coverage, LEAST_COVERAGE, Quantity } from "../parts/number.js";
import { Card, CountCard, Figure, PageHead } from "../parts/page.js";
import { homeArea, homeScope } from "../parts/scope.js";
import { SeriesChart } from "../parts/series.js";
import { Nothing, Read } from "../parts/states.js";
import { Table } from "../parts/table.js";
import { Verdict } from "../parts/verdict.js";
import words from "./data_centres.words.js";

const t = wordsOf(words);
const GRADES = ["grade_1", "grade_2", "grade_3"];
const LEAST_PUE = 1;
const LEAST_END = 1.6;
const MONTHS = 12;
const COLOURS = ["series-electricity", "series-gas", "series-renewable", "series-heat", "series-coke", "series-other", "series-oil", "series-coal"];

export default function DataCentres({ query }) {
  const area = query.area || homeArea();
  const period = useShown({ area, usual: lastMonth() });
  const scope = homeScope(query.area);
  const pue = useGet("/indicators/pue", { scope, by: "unit", bucket: "total", start: period.start, end: period.end, total: true, limit: 1000 });
  const last = addMonths(`${period.end.slice(0, 7)}-01`, period.end.endsWith("-01") ? 0 : 1);
  const trend = useGet("/indicators/pue", { scope, by: "unit", bucket: "month", start: addMonths(last, -MONTHS), end: last, limit: 1000 });
  useExported(t("halls"), pue.address);
  useExported(t("course"), trend.address);
  return html`
    <${PageHead} title=${t("title")} note=${t("note")} />
    <${Read} of=${pue} lines=${10}>${(data) => (data.data.length === 0 ? html`<${Card}><${Nothing}>${t("none")}<//><//>` : html`
      <${Together} data=${data} scope=${scope} />
      <div class="stack">
        <${Card} title=${t("halls")}><${Halls} data=${data} scope=${scope} /><${Sources} data=${data} /><//>
        <${Card}><${Read} of=${trend}>${(months) => html`<${Trend} months=${months} />`}<//><//>
      </div>`)}<//>`;
}

// All halls together: a ratio of their sums, never a mean of their ratios.
function Together({ data, scope }) {
  const [total] = data.total || [];
  const of = (verdict) => data.data.filter((row) => row.verdict === verdict).length;
  const judged = of("ok") + of("breach");
  const explain = { path: "/indicators/pue", params: { scope, start: data.start, end: data.end, bucket: "total" } };
  return html`<div class="figures">
    <${Figure} name=${t("together")} value=${total ? total.value : null} digits=${2} coverage=${total ? total.coverage : null} explain=${explain} more=${t("together_more")} />
    <${Figure} name=${t("electricity")} value=${total ? total.numerator.value : null} unit="kWh" />
    <${Figure} name=${t("it_load")} value=${total ? total.denominator.value : null} unit="kWh" />
    <${CountCard} name=${t("judged")} count=${judged} more=${html`<span>${t("of_all")} <${Count} value=${data.data.length} /></span>`} />
    <${CountCard} name=${word("verdict", "breach")} count=${of("breach")} kind=${of("breach") ? "sign-of breach" : ""} />
    <${CountCard} name=${t("not_judged")} count=${data.data.length - judged} kind="sign-of cannot_judge" />
  </div>`;
}

// The limits of all halls, each once: those of the standard are the same for all, the targets are those of some.
function limitsOf(rows) {
  const found = new Map();
  for (const limit of rows.flatMap((row) => row.limits)) {
    const isTarget = !GRADES.includes(limit.what);
    const key = `${limit.what} ${limit.value}`;
    if (!found.has(key)) found.set(key, { value: limit.value, name: t(isTarget ? "target" : limit.what), short: t(isTarget ? "target_short" : `${limit.what}_short`), dotted: isTarget });
  }
  return [...found.values()];
}

function Halls({ data, scope }) {
  const limits = limitsOf(data.data);
  // What was measured too little is not to stretch the scale of all others: it ends at its edge.
  const whole = data.data.filter((row) => row.coverage !== null && row.coverage >= LEAST_COVERAGE);
  const most = Math.max(LEAST_END, ...whole.map((row) => row.value || 0), ...limits.map((limit) => limit.value));
  const bounds = { from: LEAST_PUE, to: Math.ceil(most * 10) / 10 };
  const it = scaleOf(data.data.map((row) => row.denominator.value), "kWh", language.value);
  const explain = (row) => ({ path: "/indicators/pue", params: { scope, by: "unit", start: data.start, end: data.end, bucket: "total" }, pick: { group: row.group } });
  const columns = [
    { key: "hall", title: t("hall"), narrow: true, wide: true, order: (one, other) => nameOf(data.names, "enterprise", one.enterprise).localeCompare(nameOf(data.names, "enterprise", other.enterprise), "zh-CN"), cell: (row) => html`<${Hall} row=${row} names=${data.names} />` },
    { key: "area", title: t("area"), order: true, className: () => "nowrap", cell: (row) => nameOf(data.names, "area", row.area) },
    { key: "standard_racks", title: t("racks"), number: true, order: true, cell: (row) => (row.standard_racks === null ? html`<${Quantity} state="not_applicable" />` : html`<${Count} value=${row.standard_racks} />`) },
    { key: "it", title: t("it_load"), unit: it.name, number: true, order: (one, other) => (one.denominator.value || 0) - (other.denominator.value || 0), cell: (row) => html`<${Quantity} value=${row.denominator.value} unit="kWh" scale=${it} state=${isPlanned(row) ? "not_applicable" : null} />` },
    { key: "value", title: "PUE", number: true, narrow: true, order: true, cell: (row) => html`<${Quantity} value=${row.value} digits=${2} limit=${deciding(row)} coverage=${row.coverage} explain=${row.value === null ? null : explain(row)} label=${row.group_zh} state=${isPlanned(row) ? "not_applicable" : null} />` },
    { key: "bar", title: limits.length ? html`<${LimitScale} limits=${limits} ...${bounds} />` : t("beside_limits"), cell: (row) => html`<${LimitBar} value=${row.value} limits=${row.limits.length ? limitsOf([row]) : limits} ...${bounds} name="PUE" low=${row.coverage !== null && row.coverage < LEAST_COVERAGE} />` },
    { key: "grade", title: t("grade"), number: true, order: true, cell: (row) => (row.grade === null ? html`<${Quantity} state="not_applicable" />` : html`${t("grade_before")}<${Count} value=${row.grade} />${t("grade_after")}`) },
    { key: "verdict", title: t("verdict"), narrow: true, order: true, cell: (row) => html`<${Judged} row=${row} />` },
    { key: "coverage", title: t("coverage"), number: true, order: true, cell: (row) => html`<${Coverage} value=${row.coverage} always />` },
  ];
  return html`<${Table} caption=${t("halls")} columns=${columns} rows=${data.data} rowKey=${(row) => row.group} />`;
}

const isPlanned = (row) => ["planned", "building"].includes(row.status) && row.value === null;

// The limit that the value is nearest to breaking: the least of those that decide.
const deciding = (row) => {
  const bounds = row.limits.filter((limit) => limit.met !== null).map((limit) => limit.value);
  return bounds.length ? Math.min(...bounds) : null;
};

const Hall = ({ row, names }) => html`<a href=${link(`/enterprise/${row.enterprise}`)}>${nameOf(names, "enterprise", row.enterprise)}</a><br />
  <span class="note">${language.value === "zh" ? row.group_zh : row.group_en || row.group_zh}${row.status && row.status !== "existing" && ` · ${word("unit_status", row.status)}`}</span>`;

function Judged({ row }) {
  const reasons = row.reasons.map((reason) => (language.value === "zh" ? reason.text_zh : reason.text));
  const undecided = !["ok", "breach"].includes(row.verdict);
  return html`<${Verdict} verdict=${row.verdict} text=${reasons.join(language.value === "zh" ? "；" : "; ")} />
    ${undecided && html`<br /><span class="note">${reasons[0]}</span> <${Mend} row=${{ unit: row.group, enterprise: row.enterprise }} reasons=${row.reasons} />`}`;
}

// Where the limits stand: document and place.
function Sources({ data }) {
  const codes = new Set(data.data.flatMap((row) => row.limits.map((limit) => limit.row)));
  const rows = data.rows.filter((row) => codes.has(row.code));
  return html`<details class="sources"><summary>${t("sources")}</summary><ul>${rows.map((row) => html`<li key=${row.code}><${Quantity} value=${row.value} digits=${2} /> · ${row.source}<span class="note"> ${row.place} · ${t(row.verified ? "verified" : "unverified")}</span></li>`)}</ul></details>`;
}

function Trend({ months }) {
  const starts = [...new Set(months.data.map((row) => row.start))].sort();
  const halls = [...new Set(months.data.filter((row) => row.value !== null).map((row) => row.group))];
  const rowOf = (group, start) => months.data.find((row) => row.group === group && row.start === start);
  const series = halls.map((group, index) => {
    const rows = starts.map((start) => rowOf(group, start));
    const { enterprise } = rows.find((row) => row);
    const first = rows.findIndex((row) => row && row.value !== null);
    return {
      name: nameOf(months.names, "enterprise", enterprise),
      kind: "line",
      token: COLOURS[index % COLOURS.length],
      values: rows.map((row, at) => (at < first ? undefined : row ? row.value : null)),
      coverage: rows.map((row) => (row ? row.coverage : null)),
    };
  });
  if (!series.length) return html`<${Nothing}>${t("no_trend")}<//>`;
  return html`<${SeriesChart} caption=${t("trend", { from: dayText(starts[0]).slice(0, 7), to: dayText(starts[starts.length - 1]).slice(0, 7) })} starts=${starts} grain="month" series=${series} limits=${limitsOf(months.data).filter((limit) => !limit.dotted).map((limit) => ({ ...limit, token: "muted" }))} fromZero=${false} height=${220} />`;
}
