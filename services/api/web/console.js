"use strict";

const DAY_MS = 86400000;
const SHANGHAI_MS = 8 * 3600000;
const REFRESH_MS = 60000;
const LOW_COVERAGE = 0.9;

let language = localStorage.getItem("language") || (navigator.language.startsWith("zh") ? "zh" : "en");
let carriers = {};
let areas = {};
let today = null;
let leagues = [];

const words = {
  missing: { zh: "缺数", en: "missing" },
  connected: { zh: "实时连接，更新于", en: "Live, as of" },
  lost: { zh: "连接中断，正在重连…", en: "Connection lost, trying again…" },
  failed: { zh: "无法读取：", en: "Cannot read: " },
  waiting: { zh: "等待数据…", en: "Waiting for data…" },
};

const say = (word) => words[word][language];
const named = (entry, code) => (entry ? entry[`name_${language}`] || entry.name_zh : code);
const amount = (value, divisor = 1) =>
  value === null
    ? say("missing")
    : (value / divisor).toLocaleString(language, { maximumFractionDigits: Math.abs(value) < 100 * divisor ? 2 : 0 });
const share = (value) => (value === null ? "–" : (100 * value).toFixed(1) + " %");

function cell(row, text, ...classes) {
  const made = row.insertCell();
  made.textContent = text;
  made.classList.add(...classes);
}

function coverageCell(row, value) {
  cell(row, share(value), "number", ...(value !== null && value < LOW_COVERAGE ? ["low"] : []));
}

function showToday() {
  if (!today) return;
  const body = document.querySelector("#today tbody");
  body.replaceChildren();
  const hour = Object.fromEntries(today.hour.map((line) => [line.carrier, line]));
  for (const line of today.day) {
    const row = body.insertRow();
    cell(row, named(carriers[line.carrier], line.carrier));
    cell(row, hour[line.carrier] ? amount(hour[line.carrier].quantity) : "–", "number");
    cell(row, amount(line.quantity), "number");
    cell(row, line.quantity_unit);
    coverageCell(row, line.coverage);
  }
  const at = new Date(today.at).toLocaleTimeString(language, { timeZone: "Asia/Shanghai" });
  document.querySelector("#state").textContent = `${say("connected")} ${at}`;
}

function showLeagues() {
  const body = document.querySelector("#leagues tbody");
  body.replaceChildren();
  for (const line of leagues) {
    const row = body.insertRow();
    cell(row, named(areas[line.area], line.area));
    cell(row, line.electricity ? amount(line.electricity.quantity, 1000) : "–", "number");
    cell(row, amount(line.equivalent.consumption_tce), "number");
    coverageCell(row, line.coverage);
  }
}

function showWords() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const element of document.querySelectorAll("[data-zh]")) element.textContent = element.dataset[language];
  document.querySelector("#language").textContent = language === "zh" ? "English" : "中文";
  showToday();
  showLeagues();
}

async function read(path) {
  const answer = await fetch(path);
  const body = await answer.json();
  if (answer.status === 401 || body.code === "password_to_change") document.querySelector("#login").hidden = false;
  if (!answer.ok) throw new Error(body.detail);
  return body;
}

const byCode = (page) => Object.fromEntries(page.data.map((entry) => [entry.code, entry]));

async function readLeagues() {
  const now = Date.now() + SHANGHAI_MS;
  const start = new Date(now - 30 * DAY_MS).toISOString().slice(0, 10);
  // No scope: what the account sees, the region or its own area or enterprise.
  const asked = `bucket=total&by=league&start=${start}`;
  const [electricity, balance] = await Promise.all([
    read(`/api/v1/energy?${asked}&carrier=electricity`),
    read(`/api/v1/energy/balance?${asked}`),
  ]);
  const electricityOf = Object.fromEntries(electricity.data.map((line) => [line.area, line]));
  leagues = balance.data
    .map((line) => ({ ...line, electricity: electricityOf[line.area] }))
    .sort((a, b) => b.equivalent.consumption_tce - a.equivalent.consumption_tce);
  showLeagues();
}

function watch() {
  const stream = new EventSource("/api/v1/live");
  stream.addEventListener("energy", (event) => {
    today = JSON.parse(event.data);
    showToday();
  });
  stream.onerror = () => { document.querySelector("#state").textContent = say("lost"); };
}

document.querySelector("#language").addEventListener("click", () => {
  language = language === "zh" ? "en" : "zh";
  localStorage.setItem("language", language);
  showWords();
});

function showFailure(error) {
  document.querySelector("#state").textContent = say("failed") + error.message;
}

async function start() {
  showWords();
  document.querySelector("#state").textContent = say("waiting");
  try {
    [carriers, areas] = (await Promise.all([read("/api/v1/carriers"), read("/api/v1/areas?level=league")])).map(byCode);
    await readLeagues();
    setInterval(() => readLeagues().catch(showFailure), REFRESH_MS);
  } catch (error) {
    showFailure(error);
  }
  watch();
}

start();
