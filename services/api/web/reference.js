// The reference of the API: its OpenAPI document as a page, from this server alone. Whoever is signed in tries it as oneself, by the session
// of this browser; a key that is entered under Authorize goes before it.

import { readSession, session } from "./lib/api.js";
import { shownTheme } from "./lib/theme.js";
import { effect } from "./vendor/preact.js";

const SAFE = ["GET", "HEAD", "OPTIONS"];
const WORDS = {
  zh: { as: "以 {name} 的身份试用：请求会真正执行，权限与您的账户相同。", nobody: "尚未登录：可以阅读；试用请先登录，或在 Authorize 中填入密钥。" },
  en: { as: "You try it as {name}: requests are really made, with the rights of your account.", nobody: "Nobody is signed in: read on; to try it sign in, or enter a key under Authorize." },
};

async function start() {
  const text = WORDS[remembered() === "en" ? "en" : "zh"];
  try {
    await readSession();
  } catch (problem) {
    if (problem.status !== 401) throw problem;
  }
  document.querySelector("#who").textContent = session.value ? text.as.replace("{name}", session.value.display_name || session.value.name) : text.nobody;
  window.SwaggerUIBundle({
    url: "/openapi.json",
    domNode: document.querySelector("#reference"),
    docExpansion: "none",
    defaultModelsExpandDepth: 0,
    filter: true,
    tryItOutEnabled: true,
    validatorUrl: null,
    requestInterceptor: signed,
  });
}

// A write by the session of this browser says that it comes from a page of Enermon.
function signed(request) {
  const hasKey = Object.keys(request.headers || {}).some((name) => name.toLowerCase() === "authorization");
  if (session.value && !hasKey && !SAFE.includes((request.method || "GET").toUpperCase())) request.headers["X-CSRF-Token"] = session.value.csrf_token;
  return request;
}

function remembered() {
  try {
    return localStorage.getItem("language");
  } catch {
    return null;
  }
}

// As light or dark as the console: the page of the reference knows a class for it.
effect(() => {
  document.documentElement.classList.toggle("dark-mode", shownTheme.value === "dark");
});

start();
