// Values along time, or along a list, as bars and lines. Whole or not, missing or none: each looks different.

import { html } from "../vendor/preact.js";
import { axisBounds, axisText, scaleOf } from "../lib/format.js";
import { language } from "../lib/state.js";
import { clockText, dayText, timeText } from "../lib/time.js";
import { wordsOf } from "../lib/words.js";
import { Chart, Swatch, Tip } from "./chart.js";
import { Coverage, LEAST_COVERAGE, Quantity } from "./number.js";
import words from "./chart.words.js";

const t = wordsOf(words);
// Names of limits stand beside each other, so that near ones do not lie on each other.
const PLACES = ["insideEndTop", "insideMiddleTop", "insideStartTop"];

// `starts`: instants of the API, with `grain` "15m", "hour", "day" or "month"; or `labels`: texts.
// `series`: [{name, kind: "bar" | "line" | "area", values, coverage, token, dashed, stack, step}]: `values` in `unit` of the API, null where one is
// missing, undefined where none is expected (yet); `token`: a colour of tokens.css. `limits`: [{value, name, token}]: lines across;
// `bands`: [{from, to, name}]: stretches of the x axis, by index. `fromZero`: false where the axis may begin elsewhere.
export function SeriesChart({ caption, starts = null, grain = "day", labels = null, series, unit = "1", limits = [], bands = [], height = 240, fromZero = true, onPick = null }) {
  const ticks = labels || starts.map((start) => tickText(start, grain, starts));
  const titles = labels || starts.map((start) => titleText(start, grain));
  const values = series.flatMap((each) => each.values);
  const scale = scaleOf([...values, ...limits.map((limit) => limit.value)], unit, language.value);
  const drawn = { ticks, series, scale, limits, bands, fromZero };
  const low = series.some((each) => each.coverage && each.coverage.some((share) => share !== null && share !== undefined && share < LEAST_COVERAGE));
  const gaps = ticks.some((_, index) => isMissing(series, index));
  const tip = (index) => html`<${Tip} title=${titles[index]} rows=${series.filter((each) => each.values[index] !== undefined).map((each) => ({ ...each, shown: html`<${Cell} series=${each} index=${index} unit=${unit} scale=${scale} />` }))} />`;
  const legend = html`<ul class="legend">
    ${series.length > 1 && series.map((each) => html`<li key=${each.name}><${Swatch} token=${each.token} dashed=${each.dashed} />${each.name}</li>`)}
    ${low && html`<li key="low"><span class="swatch hatched" aria-hidden="true"></span>${t("low")}</li>`}
    ${gaps && html`<li key="gaps"><span class="swatch gap" aria-hidden="true"></span>${t("missing_span")}</li>`}
  </ul>`;
  const table = {
    rows: titles.map((title, index) => ({ title, index })),
    rowKey: (row) => row.title,
    columns: [
      { key: "title", title: t("period") },
      ...series.map((each) => ({ key: each.name, title: each.name, unit: scale.name, number: true, narrow: true, cell: (row) => (each.values[row.index] === undefined ? "" : html`<${Cell} series=${each} index=${row.index} unit=${unit} scale=${scale} bare=${true} />`) })),
    ],
  };
  return html`<${Chart} caption=${caption} option=${(colours) => optionOf(drawn, colours)} table=${table} height=${height} points=${ticks.length} tip=${tip} onPick=${onPick} legend=${legend} />`;
}

const Cell = ({ series, index, unit, scale, bare = false }) => {
  const coverage = series.coverage ? series.coverage[index] : null;
  return html`<span><${Quantity} value=${series.values[index]} unit=${unit} scale=${scale} withUnit=${!bare} coverage=${coverage ?? null} /> <${Coverage} value=${coverage} /></span>`;
};

// Whether nothing came where something was expected; what stands beside for comparison does not count.
function isMissing(series, index) {
  const own = series.filter((each) => !each.dashed).map((each) => each.values[index]);
  return own.includes(null) && own.every((value) => value === null || value === undefined);
}

function tickText(start, grain, starts) {
  if (grain === "month") return dayText(start).slice(0, 7);
  if (grain === "day") return dayText(start).slice(5);
  const clock = clockText(start);
  return clock === "00:00" && dayText(starts[0]) !== dayText(starts[starts.length - 1]) ? dayText(start).slice(5) : clock;
}

const titleText = (start, grain) => (grain === "month" ? dayText(start).slice(0, 7) : grain === "day" ? dayText(start) : timeText(start));

// What all charts with axes have in common, in the colours of the page.
export function axes(colours, { ticks, scale, limits = [], fromZero = true }) {
  const label = { color: colours("muted"), fontSize: 11 };
  const bounds = limits.map((limit) => limit.value);
  return {
    grid: { left: 8, right: 12, top: scale.name ? 26 : 12, bottom: 4, containLabel: true },
    xAxis: { type: "category", data: ticks, axisTick: { show: false }, axisLine: { lineStyle: { color: colours("line-strong") } }, axisLabel: { ...label, hideOverlap: true } },
    yAxis: {
      type: "value",
      name: scale.name,
      nameTextStyle: { ...label, align: "left", padding: [0, 0, 0, -24] },
      scale: !fromZero,
      axisLabel: { ...label, formatter: (value) => axisText(value, scale) },
      splitLine: { lineStyle: { color: colours("line") } },
      ...((bounds.length > 0 || !fromZero) && { max: (found) => axisBounds(found, bounds, fromZero).most, min: (found) => axisBounds(found, bounds, fromZero).least }),
    },
  };
}

function optionOf({ ticks, series, scale, limits, bands, fromZero }, colours) {
  const gaps = ticks.flatMap((_, index) => (isMissing(series, index) ? [index] : []));
  const marks = marksOf({ limits, bands }, colours);
  const base = axes(colours, { ticks, scale, limits, fromZero });
  const drawn = series.map((each, index) => ({ ...lineOrBar(each, colours), ...(index === 0 && marks) }));
  if (gaps.length === 0) return { ...base, series: drawn };
  // Behind everything, on axes of their own: a column over the whole height where something is missing.
  return {
    ...base,
    xAxis: [base.xAxis, { type: "category", data: ticks, show: false }],
    yAxis: [base.yAxis, { type: "value", min: 0, max: 1, show: false }],
    series: [...drawn, { type: "bar", xAxisIndex: 1, yAxisIndex: 1, barWidth: "98%", silent: true, z: 0, itemStyle: { color: colours("sunk"), borderColor: colours("line-strong"), borderType: "dotted" }, data: ticks.map((_, index) => (gaps.includes(index) ? 1 : "-")) }],
  };
}

function lineOrBar(each, colours) {
  const colour = colours(each.token);
  if (each.kind === "bar")
    return { type: "bar", stack: each.stack, barMaxWidth: 28, barMinHeight: 1, itemStyle: { color: colour, borderColor: colours("card"), borderWidth: each.stack ? 0.5 : 0 }, data: each.values.map((value, index) => barOf(value, isLow(each, index), colours, colour)) };
  return {
    type: "line",
    stack: each.stack,
    step: each.step ? "start" : false,
    lineStyle: { color: colour, width: 2, type: each.dashed ? "dashed" : "solid" },
    itemStyle: { color: colour },
    ...(each.kind === "area" && { areaStyle: { color: colour, opacity: each.stack ? 0.75 : 0.15 } }),
    data: each.values.map((value, index) => pointOf(each, value, index)),
  };
}

const isLow = (each, index) => Boolean(each.coverage) && each.coverage[index] !== null && each.coverage[index] !== undefined && each.coverage[index] < LEAST_COVERAGE;

function barOf(value, low, colours, colour) {
  if (value === null || value === undefined) return "-";
  if (!low) return value;
  return { value, itemStyle: { color: colours("hatch"), decal: { color: colour, dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: -Math.PI / 4 } } };
}

// A point shows where the line does not: between two gaps; hollow where little was measured.
function pointOf(each, value, index) {
  if (value === null || value === undefined) return "-";
  const alone = [index - 1, index + 1].every((beside) => each.values[beside] === null || each.values[beside] === undefined);
  return { value, symbol: isLow(each, index) ? "emptyCircle" : alone ? "circle" : "none", symbolSize: 6 };
}

function marksOf({ limits, bands }, colours) {
  const label = { color: colours("muted"), fontSize: 11 };
  return {
    ...(limits.length > 0 && {
      markLine: {
        silent: true,
        symbol: "none",
        data: limits.map((limit, index) => ({ yAxis: limit.value, lineStyle: { color: colours(limit.token || "severe"), type: "dashed", width: 1.5 }, label: { ...label, color: colours(limit.token || "severe"), backgroundColor: colours("card"), padding: [0, 3], position: PLACES[index % PLACES.length], formatter: limit.name } })),
      },
    }),
    ...(bands.length > 0 && {
      markArea: {
        silent: true,
        data: bands.map((band) => [{ xAxis: band.from, name: band.name, label: { ...label, position: "insideTop" }, itemStyle: { color: colours("accent-soft") } }, { xAxis: band.to }]),
      },
    }),
  };
}
