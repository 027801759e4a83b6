"use strict";

const next = document.body.dataset.next;
let language = localStorage.getItem("language") || "zh";
let session = null;
let shown = () => "";

const words = {
  wrong_credentials: { zh: "账号或口令错误", en: "Account or password is wrong" },
  wrong_password: { zh: "原口令错误", en: "The old password is wrong" },
  too_many_tries: { zh: "尝试次数过多，请稍后再试，需等待（秒）：", en: "Too many tries. Seconds to wait: " },
  sign_in_busy: { zh: "系统繁忙，请稍后再试", en: "Busy; try again in a few seconds" },
  provider: { zh: "统一身份认证登录失败，请重试或联系管理员", en: "Your organisation did not sign you in; try again, or ask the administrator" },
  differ: { zh: "两次输入的新口令不一致", en: "The new passwords differ" },
  failed: { zh: "无法完成：", en: "It failed: " },
};
const say = (word) => words[word][language];
const form = (name) => document.querySelector(name);

async function ask(method, path, body) {
  const headers = body ? { "Content-Type": "application/json" } : {};
  if (session && session.csrf_token) headers["X-CSRF-Token"] = session.csrf_token;
  const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  const read = answer.status === 204 ? null : await answer.json();
  return { ok: answer.ok, status: answer.status, read, wait: answer.headers.get("Retry-After") };
}

function tell(text) {
  shown = text;
  document.querySelector("#state").textContent = text();
}

function tellFailure({ read, wait }) {
  if (read.errors) tell(() => read.errors.map((each) => (language === "zh" ? each.reason_zh : each.reason)).join("; "));
  else if (read.code === "too_many_tries") tell(() => say("too_many_tries") + wait);
  else if (words[read.code]) tell(() => say(read.code));
  else tell(() => say("failed") + read.detail);
}

function show() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const element of document.querySelectorAll("[data-zh]")) element.textContent = element.dataset[language];
  document.querySelector("#language").textContent = language === "zh" ? "English" : "中文";
  const change = session !== null && session.must_change_password;
  form("#sign-in").hidden = session !== null;
  form("#change").hidden = !change;
  form("#signed-in").hidden = session === null || change;
  document.querySelector("#who").textContent = session ? `${session.display_name} (${session.account})` : "";
  document.querySelector("#state").textContent = shown();
}

function signedIn(read) {
  session = read;
  if (session.must_change_password) {
    form("#change").elements.name.value = session.account;
    form("#change").elements.old.value = form("#sign-in").elements.password.value;
    tell(() => "");
    show();
  } else {
    location.assign(next);
  }
}

function submitted(name, send) {
  form(name).addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form(`${name} button`);
    button.disabled = true;
    try {
      await send(form(name).elements);
    } catch (error) {
      tell(() => say("failed") + error.message);
    }
    button.disabled = false;
  });
}

submitted("#sign-in", async ({ name, password }) => {
  const answer = await ask("POST", "/api/v1/session", { name: name.value, password: password.value });
  if (answer.ok) signedIn(answer.read);
  else tellFailure(answer);
});

submitted("#change", async (fields) => {
  if (fields.new.value !== fields.again.value) {
    tell(() => say("differ"));
    return;
  }
  const body = { old_password: fields.old.value, new_password: fields.new.value };
  const answer = await ask("POST", "/api/v1/session/password", body);
  if (answer.ok) signedIn(answer.read);
  else tellFailure(answer);
});

document.querySelector("#sign-out").addEventListener("click", async () => {
  const answer = await ask("DELETE", "/api/v1/session");
  if (!answer.ok) tellFailure(answer);
  else session = null;
  show();
});

document.querySelector("#language").addEventListener("click", () => {
  language = language === "zh" ? "en" : "zh";
  localStorage.setItem("language", language);
  show();
});

function showColours() {
  const chosen = localStorage.getItem("theme");
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}

async function start() {
  showColours();
  const answer = await ask("GET", "/api/v1/session");
  if (answer.ok) session = answer.read;
  if (new URLSearchParams(location.search).has("refused")) tell(() => say("provider"));
  show();
}

start();
