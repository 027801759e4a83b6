// Days and periods of Asia/Shanghai, wherever the browser stands. A day is a text "2026-11-30"; a range is half-open.

const SHANGHAI_MS = 8 * 3600000;
const DAY_MS = 86400000;
const ENGLISH_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const instantOf = (day) => Date.parse(`${day}T00:00:00Z`);
const dayOf = (ms) => new Date(ms).toISOString().slice(0, 10);
const two = (number) => String(number).padStart(2, "0");

export const toDay = (now = Date.now()) => dayOf(now + SHANGHAI_MS);
export const addDays = (day, days) => dayOf(instantOf(day) + days * DAY_MS);
export const daysBetween = (start, end) => Math.round((instantOf(end) - instantOf(start)) / DAY_MS);

export function addMonths(day, months) {
  const [year, month] = day.split("-").map(Number);
  const all = year * 12 + month - 1 + months;
  return `${Math.floor(all / 12)}-${two((all % 12) + 1)}-01`;
}

const monthOf = (day) => `${day.slice(0, 7)}-01`;
// Monday of the week.
const weekOf = (day) => addDays(day, -((new Date(instantOf(day)).getUTCDay() + 6) % 7));

// The period that a key of the address names, or null. Keys: 2026, 2026-Q4, 2026-11, 2026-11-30, week of 2026-11-30:
// w2026-11-30, twelve months to the end of one: 12m2026-10, days from one to another, both within: 2026-11-01..2026-11-15
export function periodOf(key, now = Date.now()) {
  const range = rangeOf(key);
  if (range === null) return null;
  const today = toDay(now);
  const [kind, start, end] = range;
  if (!isDay(start) || !isDay(end) || start >= end) return null;
  return { key, kind, start, end, days: daysBetween(start, end), running: start <= today && today < end, future: start > today };
}

function rangeOf(key) {
  let found;
  if (/^\d{4}$/.test(key)) return ["year", `${key}-01-01`, `${Number(key) + 1}-01-01`];
  if ((found = /^(\d{4})-Q([1-4])$/.exec(key))) {
    const start = `${found[1]}-${two(found[2] * 3 - 2)}-01`;
    return ["quarter", start, addMonths(start, 3)];
  }
  if (/^\d{4}-\d{2}$/.test(key)) return isDay(`${key}-01`) ? ["month", `${key}-01`, addMonths(`${key}-01`, 1)] : null;
  if ((found = /^12m(\d{4}-\d{2})$/.exec(key))) {
    const end = isDay(`${found[1]}-01`) ? addMonths(`${found[1]}-01`, 1) : null;
    return end === null ? null : ["twelve_months", addMonths(end, -12), end];
  }
  if (/^\d{4}-\d{2}-\d{2}$/.test(key)) return isDay(key) ? ["day", key, addDays(key, 1)] : null;
  if ((found = /^w(\d{4}-\d{2}-\d{2})$/.exec(key))) {
    if (!isDay(found[1])) return null;
    const start = weekOf(found[1]);
    return ["week", start, addDays(start, 7)];
  }
  if ((found = /^(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})$/.exec(key))) {
    return isDay(found[1]) && isDay(found[2]) ? ["days", found[1], addDays(found[2], 1)] : null;
  }
  return null;
}

function isDay(text) {
  const ms = instantOf(text);
  return Number.isFinite(ms) && dayOf(ms) === text;
}

// The key of the period `steps` after (or, below zero, before) another of the same kind and length.
export function stepped(period, steps) {
  const { kind, start, days } = period;
  if (kind === "year") return String(Number(start.slice(0, 4)) + steps);
  if (kind === "quarter") return quarterKey(addMonths(start, 3 * steps));
  if (kind === "month") return addMonths(start, steps).slice(0, 7);
  if (kind === "twelve_months") return `12m${addMonths(period.end, steps - 1).slice(0, 7)}`;
  if (kind === "day") return addDays(start, steps);
  if (kind === "week") return `w${addDays(start, 7 * steps)}`;
  return `${addDays(start, days * steps)}..${addDays(start, days * (steps + 1) - 1)}`;
}

const quarterKey = (day) => `${day.slice(0, 4)}-Q${Math.floor((Number(day.slice(5, 7)) - 1) / 3) + 1}`;

// The periods with a name, as {name, key}.
export function namedPeriods(now = Date.now()) {
  const today = toDay(now);
  const month = monthOf(today);
  const last = addMonths(month, -1);
  return [
    { name: "today", key: today },
    { name: "yesterday", key: addDays(today, -1) },
    { name: "this_week", key: `w${weekOf(today)}` },
    { name: "this_month", key: month.slice(0, 7) },
    { name: "last_month", key: last.slice(0, 7) },
    { name: "this_quarter", key: quarterKey(today) },
    { name: "this_year", key: today.slice(0, 4) },
    { name: "twelve_months", key: `12m${last.slice(0, 7)}` },
  ];
}

// The last month that is over.
export const lastMonth = (now = Date.now()) => addMonths(monthOf(toDay(now)), -1).slice(0, 7);

// How finely a period is drawn: the `bucket` of the API.
export function grainOf(period) {
  if (period.days <= 2) return "15m";
  return period.days <= 93 ? "day" : "month";
}

// The period in words.
export function periodText(period, language) {
  const { kind, start, end } = period;
  const [year, month, day] = start.split("-").map(Number);
  const last = addDays(end, -1);
  if (language === "zh") {
    if (kind === "year") return `${year}年`;
    if (kind === "quarter") return `${year}年${Math.floor((month - 1) / 3) + 1}季度`;
    if (kind === "month") return `${year}年${month}月`;
    if (kind === "twelve_months") return `${start.slice(0, 7)} 至 ${last.slice(0, 7)}（12个月）`;
    if (kind === "day") return `${year}年${month}月${day}日`;
    return `${start} 至 ${last}`;
  }
  if (kind === "year") return String(year);
  if (kind === "quarter") return `Q${Math.floor((month - 1) / 3) + 1} ${year}`;
  if (kind === "month") return `${ENGLISH_MONTHS[month - 1]} ${year}`;
  if (kind === "twelve_months") return `${start.slice(0, 7)} to ${last.slice(0, 7)} (12 months)`;
  if (kind === "day") return `${day} ${ENGLISH_MONTHS[month - 1]} ${year}`;
  return `${start} to ${last}`;
}

const shanghai = (instant) => new Date((typeof instant === "string" ? Date.parse(instant) : instant) + SHANGHAI_MS).toISOString();

// An instant of the API, as people in Shanghai say it: 2026-11-30, 2026-11-30 08:15, 08:15.
export const dayText = (instant) => (instant ? shanghai(instant).slice(0, 10) : "");
export const timeText = (instant) => (instant ? shanghai(instant).slice(0, 16).replace("T", " ") : "");
export const clockText = (instant) => (instant ? shanghai(instant).slice(11, 16) : "");
export const secondText = (instant) => (instant ? shanghai(instant).slice(0, 19).replace("T", " ") : "");

const STEPS = [
  [60, "second"],
  [60, "minute"],
  [24, "hour"],
  [Infinity, "day"],
];
const AGO = {
  zh: { second: "秒", minute: "分钟", hour: "小时", day: "天" },
  en: { second: "second", minute: "minute", hour: "hour", day: "day" },
};

// A length of time, in its greatest unit.
export function lengthText(seconds, language) {
  let amount = Math.max(0, Math.floor(seconds));
  for (const [size, name] of STEPS) {
    if (amount < size) {
      if (language === "zh") return `${amount} ${AGO.zh[name]}`;
      return `${amount} ${AGO.en[name]}${amount === 1 ? "" : "s"}`;
    }
    amount = Math.floor(amount / size);
  }
  return "";
}

// How long ago an instant was, in words.
export function agoText(instant, language, now = Date.now()) {
  if (!instant) return "";
  const length = lengthText((now - Date.parse(instant)) / 1000, language);
  return language === "zh" ? `${length}前` : `${length} ago`;
}
