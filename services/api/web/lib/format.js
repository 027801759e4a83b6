// How quantities are written: one scale for all numbers that stand together, by the largest of them. Pure.

const TEN_THOUSAND = 1e4;
const HUNDRED_MILLION = 1e8;

// The names of a unit of the API: [divisor, name] from the smallest scale on.
const zhScales = (name) => [
  [1, name],
  [TEN_THOUSAND, `万${name}`],
  [HUNDRED_MILLION, `亿${name}`],
];
const SCALES = {
  tce: { zh: zhScales("吨标准煤"), en: [[1, "tce"], [1e3, "ktce"], [1e6, "Mtce"]] },
  kgce: { zh: [[1, "kgce"], [1e3, "吨标准煤"], [1e7, "万吨标准煤"], [1e11, "亿吨标准煤"]], en: [[1, "kgce"], [1e3, "tce"], [1e6, "ktce"], [1e9, "Mtce"]] },
  t: { zh: zhScales("吨"), en: [[1, "t"], [1e3, "kt"], [1e6, "Mt"]] },
  tCO2: { zh: zhScales("吨CO₂"), en: [[1, "tCO₂"], [1e3, "ktCO₂"], [1e6, "MtCO₂"]] },
  kWh: { zh: zhScales("kWh"), en: [[1, "kWh"], [1e3, "MWh"], [1e6, "GWh"], [1e9, "TWh"]] },
  GJ: { zh: zhScales("GJ"), en: [[1, "GJ"], [1e3, "TJ"], [1e6, "PJ"]] },
  m3: { zh: zhScales("m³"), en: [[1, "m³"], [1e3, "thousand m³"], [1e6, "million m³"]] },
  m2: { zh: zhScales("m²"), en: [[1, "m²"], [1e3, "thousand m²"], [1e6, "million m²"]] },
  s: { zh: [[1, "秒"], [60, "分钟"], [3600, "小时"]], en: [[1, "s"], [60, "min"], [3600, "h"]] },
  CNY: { zh: zhScales("元"), en: [[1, "CNY"], [1e3, "kCNY"], [1e6, "MCNY"]] },
};
// Units that are not scaled, as they are written.
const PLAIN = {
  1: { zh: "", en: "" },
  "%": { zh: "%", en: "%" },
  "kgce/t": { zh: "kgce/t", en: "kgce/t" },
  "tce/10kCNY": { zh: "吨标准煤/万元", en: "tce/10 kCNY" },
  "tCO2/10kCNY": { zh: "吨CO₂/万元", en: "tCO₂/10 kCNY" },
  "tce/t": { zh: "吨标准煤/吨", en: "tce/t" },
  "CNY/kWh": { zh: "元/kWh", en: "CNY/kWh" },
  "kWh/t": { zh: "kWh/吨", en: "kWh/t" },
  kW: { zh: "kW", en: "kW" },
};

// The scale of numbers that stand together: {divisor, unit, name, digits}. `values` in `unit` of the API; null does not count.
export function scaleOf(values, unit, language) {
  const known = SCALES[unit];
  const most = values.reduce((found, value) => (value === null || value === undefined ? found : Math.max(found, Math.abs(value))), 0);
  if (!known) return { divisor: 1, unit, name: PLAIN[unit] ? PLAIN[unit][language] : prettyUnit(unit), digits: digitsTogether(most) };
  const [divisor, name] = known[language].filter(([each]) => most >= each).pop() || known[language][0];
  return { divisor, unit, name, digits: digitsTogether(most / divisor) };
}

// Numbers under each other have as many decimals as each other: by the largest.
function digitsTogether(most) {
  if (most >= 9999.5) return 0;
  return most >= 99.995 ? 1 : 2;
}

const prettyUnit = (unit) => (unit || "").replace(/CO2/g, "CO₂").replace(/m3/g, "m³").replace(/m2/g, "m²");

// Decimals by size: none from 1000 on, one from 100 on, else two.
export function digitsOf(scaled) {
  const size = Math.abs(scaled);
  if (size >= 999.95) return 0;
  return size >= 99.995 ? 1 : 2;
}

const MOST_DIGITS = 9;
// Beyond this no decimals are left to write.
const GREATEST = 1e15;

// `value` as text. `scale` as of scaleOf; `digits` where they are fixed; `limit`, in the unit of the value: what it is
// judged by, from which its text must differ wherever it differs itself.
export function shown(value, { scale = { divisor: 1 }, digits = null, limit = null } = {}) {
  const scaled = value / scale.divisor;
  if (Math.abs(scaled) >= GREATEST) return String(scaled).replace("-", "−");
  let used = digits === null ? digitsOf(scaled) : digits;
  if (limit !== null && limit !== undefined && value !== limit) {
    const bound = limit / scale.divisor;
    while (used < MOST_DIGITS && rounded(scaled, used) === rounded(bound, used)) used += 1;
    if (rounded(scaled, used) === rounded(bound, used)) return `${value < limit ? "<" : ">"}${grouped(rounded(bound, used))}`;
  }
  const text = grouped(rounded(scaled, used));
  // What is there is never written as nothing.
  if (value !== 0 && /^−?0(\.0*)?$/.test(text)) return `${value < 0 ? "−" : ""}<${smallest(used)}`.replace("−<", ">−");
  return text;
}

const smallest = (digits) => (digits === 0 ? "1" : `0.${"0".repeat(digits - 1)}1`);

// Half away from zero, by the decimal that the number is written with, so that 1.005 becomes 1.01.
function rounded(value, digits) {
  const sign = value < 0 ? -1 : 1;
  const moved = Number(`${plain(Math.abs(value))}e${digits}`);
  return (sign * Number(`${Math.round(moved)}e-${digits}`)).toFixed(digits);
}

const plain = (value) => (/e/.test(String(value)) ? value.toFixed(12) : String(value));

function grouped(text) {
  const [whole, part] = text.replace("-", "").split(".");
  const sign = text.startsWith("-") && Number(text) !== 0 ? "−" : "";
  return sign + whole.replace(/\B(?=(\d{3})+$)/g, ",") + (part ? `.${part}` : "");
}

// A number on an axis, which ECharts has chosen to be round: no more decimals than it has.
export function axisText(value, scale) {
  const round = plain(Number((value / scale.divisor).toPrecision(6)));
  return shown(value, { scale, digits: (round.split(".")[1] || "").replace(/0+$/, "").length });
}

// What an axis leaves free beyond what is drawn, of its length, and into how many steps it is cut.
const ROOM = 0.05;
const SPLITS = 5;

// Bounds on round numbers, with room beyond what is drawn and beyond every limit, so that no line lies on the edge.
export function axisBounds(found, limits, fromZero) {
  const all = [found.min, found.max, ...limits].filter(Number.isFinite);
  const [low, high] = [fromZero ? Math.min(0, ...all) : Math.min(...all), fromZero ? Math.max(0, ...all) : Math.max(...all)];
  const spread = high - low || Math.abs(high) || 1;
  const rounded = (step) => {
    const to = (value, side) => Number((side(value / step) * step).toPrecision(12));
    return { least: fromZero && low === 0 ? 0 : to(low - spread * ROOM, Math.floor), most: fromZero && high === 0 ? 0 : to(high + spread * ROOM, Math.ceil) };
  };
  const first = rounded(niceStep(spread / SPLITS));
  // On the steps that the axis then has, so that its ends are steps too.
  return rounded(niceStep((first.most - first.least) / SPLITS));
}

// 1, 2, 3 or 5 of a power of ten, as ECharts steps along an axis.
function niceStep(size) {
  const power = 10 ** Math.floor(Math.log10(size));
  const rest = size / power;
  return power * (rest < 1.5 ? 1 : rest < 2.5 ? 2 : rest < 4 ? 3 : rest < 7 ? 5 : 10);
}

// A share from 0 to 1 in per cent, cut and not rounded: 0.9996 is 99.9 %, so that what is not whole never reads 100.
export function shareCut(share, digits = 1) {
  const factor = 10 ** digits;
  if (share > 0 && share * 100 * factor < 1) return `<${smallest(digits)} %`;
  return `${(Math.floor(Number((share * 100 * factor).toFixed(6))) / factor).toFixed(digits)} %`;
}

// Per cent with one decimal.
export const percent = (value, digits = 1) => `${shown(value, { digits })} %`;

// How much something has changed, with its sign before it: ▲ up, ▾ down.
export function changeText(value, digits = 1, unit = " %") {
  if (Math.abs(value) < 0.5 / 10 ** digits) return `±${(0).toFixed(digits)}${unit}`;
  return `${value > 0 ? "▲" : "▾"}${shown(Math.abs(value), { digits })}${unit}`;
}
