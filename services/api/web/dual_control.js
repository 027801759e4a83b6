"use strict";

const REGION = "150000";
const asked = new URLSearchParams(location.search);
let language = localStorage.getItem("language") || (navigator.language.startsWith("zh") ? "zh" : "en");
let area = asked.get("area");
let year = Number(asked.get("year")) || new Date().getFullYear();
let whole = null;
let list = [];

const words = {
  noPlan: { zh: "该年份未载入规划：只显示趋势", en: "No plan is loaded for the year: trends alone" },
  plan: { zh: "规划", en: "Plan" },
  running: { zh: "（预计）", en: " (forecast)" },
  failed: { zh: "无法读取：", en: "Cannot read: " },
  waiting: { zh: "等待数据…", en: "Waiting for data…" },
  unverified: { zh: "（未核实）", en: " (unverified)" },
};
const say = (word) => words[word][language];
const text = (entry) => (entry ? (language === "zh" ? entry.text_zh : entry.text) : "–");
const named = (entry) => entry[`name_${language}`] || entry.name_zh;
const amount = (value) =>
  value === null ? "–" : value.toLocaleString(language, { maximumFractionDigits: Math.abs(value) < 100 ? 4 : 0 });

function cell(row, shown, ...classes) {
  const made = row.insertCell();
  made.append(shown);
  made.classList.add(...classes);
}

function showMetrics() {
  document.querySelector("#area").textContent = named(whole.area);
  document.querySelector("#plan").textContent = whole.plan ? `${say("plan")} ${whole.plan.code}` : say("noPlan");
  document.querySelector("#own").textContent = language === "zh" ? whole.own_rules_zh : whole.own_rules;
  const body = document.querySelector("#metrics tbody");
  body.replaceChildren();
  for (const metric of whole.metrics) {
    const row = body.insertRow();
    row.title = language === "zh" ? metric.left_out_zh : metric.left_out;
    cell(row, named(metric));
    cell(row, amount(metric.actual) + (metric.running && metric.actual !== null ? say("running") : ""), "number");
    cell(row, amount(metric.path), "number");
    cell(row, metric.unit);
    cell(row, text(metric.trend));
    cell(row, text(metric));
    cell(row, metric.light.level || "–");
    cell(row, text(metric.grade));
  }
  document.querySelector("#national").replaceChildren(
    ...whole.national.map((aim) => {
      const line = document.createElement("li");
      const value = aim.value === null ? "" : ` ${aim.value} ${aim.unit}`;
      line.textContent = named(aim) + value + ` — ${aim.source}` + (aim.verified ? "" : say("unverified"));
      return line;
    }),
  );
}

function showAreas() {
  const body = document.querySelector("#areas tbody");
  body.replaceChildren();
  for (const line of list) {
    const of = Object.fromEntries(line.metrics.map((metric) => [metric.metric, metric]));
    const row = body.insertRow();
    const link = document.createElement("a");
    link.href = `/dual-control?area=${line.area.code}&year=${year}`;
    link.textContent = named(line.area);
    cell(row, link);
    cell(row, text(of.energy_intensity_assessed.trend));
    cell(row, text(of.co2_intensity.trend));
    cell(row, `${line.lights.intensity.level || "–"} / ${line.lights.total.level || "–"}`);
    cell(row, text(line.grade));
  }
}

function show() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const element of document.querySelectorAll("[data-zh]")) element.textContent = element.dataset[language];
  document.querySelector("#language").textContent = language === "zh" ? "English" : "中文";
  document.querySelector("#year").textContent = year;
  if (whole) showMetrics();
  showAreas();
}

async function read(path) {
  const answer = await fetch(path);
  const body = await answer.json();
  if (answer.status === 401 || body.code === "password_to_change") document.querySelector("#login").hidden = false;
  if (!answer.ok) throw new Error(body.detail);
  return body;
}

async function load() {
  const state = document.querySelector("#state");
  state.textContent = say("waiting");
  try {
    // No area: that of the account, or the region.
    area ||= ((await read("/api/v1/session")).areas || [REGION])[0];
    const [one, all] = await Promise.all([
      read(`/api/v1/progress?area=${encodeURIComponent(area)}&year=${year}`),
      read(`/api/v1/progress?year=${year}&limit=100`),
    ]);
    whole = one;
    list = all.data;
    state.textContent = "";
  } catch (error) {
    state.textContent = say("failed") + error.message;
  }
  show();
}

function turn(years) {
  year += years;
  history.replaceState(null, "", `/dual-control?area=${area}&year=${year}`);
  load();
}

document.querySelector("#before").addEventListener("click", () => turn(-1));
document.querySelector("#after").addEventListener("click", () => turn(1));
document.querySelector("#language").addEventListener("click", () => {
  language = language === "zh" ? "en" : "zh";
  localStorage.setItem("language", language);
  show();
});

show();
load();
