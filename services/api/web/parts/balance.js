// Cards that show a balance: its figures, its carriers, whoever makes it up, and how it went day by day.

import { html } from "../vendor/preact.js";
import { scaleOf } from "../lib/format.js";
import { basis, comparison, go, language, link } from "../lib/state.js";
import { grainOf } from "../lib/time.js";
import { nameOf, word, wordsOf } from "../lib/words.js";
import { tokenOf } from "./carrier_colours.js";
import { reasonText, spanText } from "./explain.js";
import { Change, Count, Coverage, LEAST_COVERAGE, Quantity, Share, shareText } from "./number.js";
import { Figure } from "./page.js";
import { SeriesChart } from "./series.js";
import { compared, Table } from "./table.js";
import words from "./balance.words.js";

const t = wordsOf(words);
export const BALANCE = "/energy/balance";

// The question for a balance of a scope in the period that is shown, on what it is compared with.
export const balanceOf = (scope, period, more = {}) => ({
  scope,
  start: period.start,
  end: period.end,
  bucket: "total",
  compare: comparison.value === "none" ? null : comparison.value,
  ...more,
});

const explainOf = (params, more = {}) => ({ path: BALANCE, params, measure: basis.value, ...more });
export const consumed = (row) => row[basis.value].consumption_tce;

// A change as Figure and Change take it.
export const changeOf = (beside) => (beside ? { percent: beside.change_percent, reason: beside.reason ? reasonText(beside.reason) : "" } : null);
const changeIn = (row, measure) => changeOf(row.compared && row.compared[measure]);

// The figures of one balance. `params`: the question that it answers as a whole.
export function BalanceFigures({ row, params }) {
  if (!row) return html`<p class="nothing">${t("nothing_used")}</p>`;
  const of = t("consumption_of", { basis: t(basis.value) });
  return html`<div class="figures">
    <${Figure} name=${of} value=${consumed(row)} unit="tce" coverage=${row.coverage} change=${changeIn(row, basis.value)} explain=${explainOf(params)} />
    <${Figure} name=${t("tco2")} value=${row.tco2} unit="tCO2" coverage=${row.coverage} change=${changeIn(row, "tco2")} explain=${explainOf(params, { measure: "tco2" })} />
    <${Figure} name=${t("coal_share")} value=${inPercent(row.shares.coal)} unit="%" coverage=${row.coverage} state=${row.shares.coal === null ? "not_applicable" : null} explain=${indicatorOf("coal_share", params)} />
    <${Figure} name=${t("renewable_share")} value=${inPercent(row.shares.renewable_electricity)} unit="%" coverage=${row.coverage} state=${row.shares.renewable_electricity === null ? "not_applicable" : null} explain=${indicatorOf("renewable_electricity_share", params)} />
  </div>`;
}

const inPercent = (share) => (share === null ? null : share * 100);
const indicatorOf = (slug, params) => ({ path: `/indicators/${slug}`, params: { ...params, by: null } });

// What is compared with what, what is silent, what waits: under the figures.
export function BalanceNotes({ data, row }) {
  if (!row) return "";
  const notes = [];
  if (row.compared) notes.push(t(row.compared.until ? "compared_running" : "compared_note", { own: spanText(row.start, row.compared.until || row.end), other: spanText(row.compared.start, row.compared.end) }));
  if (row.silent.length) notes.push(t("silent", { what: carriersOf(row.silent) }));
  if (row.manual) notes.push(t("manual", { share: manualShare(row.manual.shares[basis.value]), what: carriersOf(row.manual.of) }));
  if (data.manual_left_out) notes.push(t("manual_left_out", { count: data.manual_left_out }));
  if (data.missing.length) notes.push(t("missing_coefficients", { what: data.missing.map((each) => `${word("carrier", each.carrier)} ${each.year}`).join("、") }));
  return html`${notes.map((note) => html`<p class="note" key=${note}>${note}</p>`)}${data.pending && html`<p class="note" key="pending">${t("pending", { slots: data.pending.slots })}</p>`}`;
}

const carriersOf = (all) => all.map((each) => `${word("carrier", each.carrier)}（${word("flow", each.flow)}）`).join("、");
const manualShare = (share) => (share === null ? "—" : shareText(share));

// What was entered by hand is said beside each number that it is in.
const ManualMark = ({ row }) => (row.manual ? html` <span class="chip" title=${t("manual", { share: manualShare(row.manual.shares[basis.value]), what: carriersOf(row.manual.of) })}>${t("manual_mark")}</span>` : "");

// A bar for the share of a whole, in the colour of what it is.
const ShareBar = ({ share, token = "accent" }) =>
  share === null || share <= 0 ? "" : html`<span class="bar-track" aria-hidden="true"><span ref=${(bar) => bar && (bar.style.width = `${Math.min(100, share * 100)}%`, bar.style.background = `var(--${token})`)}></span></span>`;

const ShareWithBar = ({ share, of }) => html`<span class="share-bar"><${ShareBar} share=${of} />${share === null ? "" : html`<${Share} value=${share} />`}</span>`;

const shareOf = (value, whole) => (value === null || !whole || whole <= 0 || value < 0 ? null : value / whole);

// The carriers of a balance, net of what was sold on: they add up to the consumption. `data`: an answer by carrier with its total.
export function CarrierTable({ data, params, caption = t("by_carrier"), compact = false }) {
  const whole = data.total[0];
  if (!whole) return html`<p class="nothing">${t("nothing_used")}</p>`;
  const rows = [...data.data].sort((one, other) => Math.abs(consumed(other) ?? 0) - Math.abs(consumed(one) ?? 0));
  const scale = scaleOf([...rows.map(consumed), consumed(whole)], "tce", language.value);
  const beside = comparison.value !== "none";
  const columns = [
    { key: "carrier", title: t("carrier"), order: (one, other) => word("carrier", one.carrier).localeCompare(word("carrier", other.carrier), "zh-CN"), cell: (row) => html`<span class=${language.value === "zh" ? "nowrap" : ""}>${word("carrier", row.carrier)}</span><${ManualMark} row=${row} />` },
    { key: "quantity", title: t("quantity"), number: true, cell: (row) => html`<${Quantity} value=${row.quantity} unit=${row.quantity_unit} withUnit coverage=${row.coverage} />` },
    { key: "tce", title: t("tce"), unit: scale.name, number: true, narrow: true, order: (one, other) => compared(consumed(one), consumed(other)), cell: (row) => html`<${Quantity} value=${consumed(row)} scale=${scale} coverage=${row.coverage} label=${word("carrier", row.carrier)} explain=${explainOf({ ...params, by: "carrier" }, { pick: { carrier: row.carrier } })} />` },
    beside && { key: "change", title: t("change"), number: true, narrow: true, order: (one, other) => compared(percentOf(one), percentOf(other)), cell: (row) => html`<${Change} ...${changeIn(row, basis.value) || { percent: null }} />` },
    !compact && { key: "share", title: t("share"), cell: (row) => html`<${ShareBar} share=${shareOf(consumed(row), consumed(whole))} token=${tokenOf(row.carrier)} />` },
    { key: "coverage", title: t("coverage"), number: true, narrow: true, cell: (row) => html`<${Coverage} value=${row.coverage} />` },
  ].filter(Boolean);
  const total = {
    tce: html`<${Quantity} value=${consumed(whole)} scale=${scale} coverage=${whole.coverage} label=${t("consumption")} explain=${explainOf(params)} />`,
    change: html`<${Change} ...${changeIn(whole, basis.value) || { percent: null }} />`,
    coverage: html`<${Coverage} value=${whole.coverage} />`,
  };
  return html`<div class=${compact ? "compact" : ""}><${Table} caption=${caption} rows=${rows} rowKey=${(row) => row.carrier} columns=${columns} total=${total} /></div>
    ${rows.some((row) => consumed(row) < 0) && html`<p class="note">${t("net")}</p>`}`;
}

const percentOf = (row) => (row.compared ? row.compared[basis.value].change_percent : null);
const isLow = (row) => row.coverage !== null && row.coverage < LEAST_COVERAGE;

// Whoever makes up a balance, the greatest first; what was measured too little has no rank. `kind`: "enterprise", "area", "park" or "unit".
// `cases`: open cases by code, where they are told.
export function RankTable({ data, kind, path, scopeKind = kind, period, caption, title, compact = false, cases = null }) {
  const whole = data.total ? data.total[0] : null;
  const rows = [...data.data].sort((one, other) => isLow(one) - isLow(other) || compared(consumed(other), consumed(one)));
  const ranked = new Map(rows.filter((row) => !isLow(row) && consumed(row) !== null).map((row, index) => [row, index + 1]));
  const scale = scaleOf(rows.map(consumed), "tce", language.value);
  const name = (row) => (row[kind] === null ? t("in_no_park") : nameOf(data.names, kind, row[kind]));
  const explain = (row) => (row[kind] === null ? null : explainOf(balanceOf(`${scopeKind}:${row[kind]}`, period)));
  const most = Math.max(...rows.map((row) => consumed(row) ?? 0), 0);
  const columns = [
    { key: "name", title, wide: true, order: (one, other) => name(one).localeCompare(name(other), "zh-CN"), cell: (row) => html`<span class="note rank" title=${ranked.has(row) ? null : t("not_ranked")}>${ranked.has(row) ? html`${ranked.get(row)}` : "—"}</span> ${name(row)}<${ManualMark} row=${row} />` },
    { key: "value", title: t("tce"), unit: scale.name, number: true, narrow: true, order: (one, other) => compared(consumed(one), consumed(other)), cell: (row) => html`<${Quantity} value=${consumed(row)} scale=${scale} coverage=${row.coverage} label=${name(row)} explain=${explain(row)} />` },
    !compact && { key: "share", title: t("share"), number: true, cell: (row) => html`<${ShareWithBar} share=${row.of_total ? row.of_total[basis.value] : null} of=${shareOf(consumed(row), most)} />` },
    comparison.value !== "none" && { key: "change", title: t("change"), number: true, narrow: true, order: (one, other) => compared(percentOf(one), percentOf(other)), cell: (row) => html`<${Change} ...${changeIn(row, basis.value) || { percent: null }} />` },
    { key: "coverage", title: t("coverage"), number: true, narrow: true, order: true, cell: (row) => html`<${Coverage} value=${row.coverage} />` },
    cases && { key: "cases", title: t("open_cases"), number: true, narrow: true, order: (one, other) => (cases[one[kind]] || 0) - (cases[other[kind]] || 0), cell: (row) => html`<${Cases} count=${cases[row[kind]] || 0} code=${row[kind]} />` },
  ].filter(Boolean);
  const total = whole && { value: html`<${Quantity} value=${consumed(whole)} scale=${scale} coverage=${whole.coverage} />`, change: html`<${Change} ...${changeIn(whole, basis.value) || { percent: null }} />`, coverage: html`<${Coverage} value=${whole.coverage} />` };
  const open = path && ((row) => row[kind] !== null && go(`${path}/${row[kind]}`));
  return html`<div class=${compact ? "compact" : ""}><${Table} caption=${caption} rows=${rows} rowKey=${(row) => String(row[kind])} columns=${columns} total=${total} onOpen=${open} /></div>`;
}

const Cases = ({ count, code }) => (count ? html`<a href=${link("/alerts", { q: code })}><${Count} value=${count} /></a>` : html`<span class="note"><${Count} value=${0} /></span>`);

const BUCKETS = { "15m": "hour", day: "day", month: "month" };
const TITLES = { hour: "hourly", day: "daily", month: "monthly" };
export const bucketOf = (period) => BUCKETS[grainOf(period)];

// How a balance went over the period, beside that with which it is compared. `data`: an answer in buckets of `bucketOf(period)`.
export function CourseChart({ data, period, now = Date.now(), height = 220 }) {
  const bucket = bucketOf(period);
  const over = data.data.filter((row) => Date.parse(row.end) <= now);
  const beside = comparison.value !== "none" && over.some((row) => row.compared && row.compared[basis.value].value !== null);
  const series = [
    { name: t("this_period"), kind: "bar", token: "accent", values: over.map(consumed), coverage: over.map((row) => row.coverage) },
    ...(beside ? [{ name: t("other_period"), kind: "line", token: "muted", dashed: true, values: over.map((row) => (row.compared ? row.compared[basis.value].value : undefined)), coverage: over.map((row) => (row.compared ? row.compared.coverage : null)) }] : []),
  ];
  if (!over.length) return html`<p class="nothing">${t("nothing_used")}</p>`;
  return html`<${SeriesChart} caption=${t(TITLES[bucket])} starts=${over.map((row) => row.start)} grain=${bucket} series=${series} unit="tce" height=${height} />
    ${over.length < data.data.length && html`<p class="note">${t("not_over")}</p>`}`;
}
