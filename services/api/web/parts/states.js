// What stands in place of content: being read, slow, failed, nothing found, nothing there at all.

import { html, useEffect, useState } from "../vendor/preact.js";
import { get, lostSince, session } from "../lib/api.js";
import { language } from "../lib/state.js";
import { lengthText, timeText } from "../lib/time.js";
import { t } from "../lib/words.js";

const SKELETON_MS = 150;
const RETRY_MS = 5000;

// What `useGet` has: its content by `children(data)`, or what stands in its place.
export function Read({ of, children, lines = 4 }) {
  const { data, problem, loading, slow, cancel, reload } = of;
  const stale = data !== null && (problem !== null || (loading && slow));
  if (data === null && problem) return html`<${Failure} problem=${problem} retry=${reload} />`;
  if (data === null) return html`<${Loading} slow=${slow} cancel=${cancel} lines=${lines} />`;
  return html`<div class=${stale ? "stale" : ""} aria-busy=${loading}>
    ${problem && problem.status !== 0 && html`<${Failure} problem=${problem} retry=${reload} />`}
    ${stale && html`<p class="note">${t("stale", { time: timeText(of.readAt) })}</p>`}
    ${children(data)}
  </div>`;
}

export function Loading({ slow = false, cancel = null, lines = 4 }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), SKELETON_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!shown) return html`<div class="skeleton" aria-busy="true"></div>`;
  return html`<div class="skeleton" role="status" aria-busy="true">
    <span class="hidden">${t("loading")}</span>
    ${Array.from({ length: lines }, (_, index) => html`<span class="line" key=${index}></span>`)}
    ${slow && html`<p>${t("slow")} ${cancel && html`<button type="button" onClick=${cancel}>${t("cancel")}</button>`}</p>`}
  </div>`;
}

const KNOWN = { 0: "unreachable", 403: "forbidden", 404: "not_found" };

// What went wrong, what to do, and the number by which the administrator finds it.
export function Failure({ problem, retry = null }) {
  const kind = problem.code === "cancelled" ? "cancelled" : problem.code === "too_much" ? "too_much" : KNOWN[problem.status] || "failed";
  const role = session.value ? t(session.value.role) : "";
  return html`<div class="failure" role="alert">
    <p><strong>${t(kind)}</strong>${!["failed", "cancelled"].includes(kind) && html` · ${t(`${kind}_do`, { role })}`}</p>
    ${["failed", "too_much"].includes(kind) && html`<${Faults} problem=${problem} />`}
    ${problem.requestId && html`<p class="note">${t("request_id")} <code>${problem.requestId}</code> <${Copy} text=${problem.requestId} /></p>`}
    ${retry && kind !== "forbidden" && html`<p><button type="button" onClick=${retry}>${t("retry")}</button></p>`}
  </div>`;
}

// In place of everything, where nothing could be read yet: asked again until the server answers, then opened anew.
export function Unreachable() {
  useEffect(() => {
    const again = () => get("/session").catch((problem) => problem).then((answer) => answer.status !== 0 && location.reload());
    const timer = setInterval(again, RETRY_MS);
    return () => clearInterval(timer);
  }, []);
  return html`<section class="card empty" role="alert">
    <h1>${t("unreachable")}</h1>
    <p>${t("unreachable_do")}</p>
    <p class="note">${t("unreachable_note")}</p>
    <p><button type="button" class="primary" onClick=${() => location.reload()}>${t("retry")}</button></p>
  </section>`;
}

// Which fields were wrong, and why.
export function Faults({ problem }) {
  if (!problem.errors.length) return html`<p>${problem.detail || problem.code}</p>`;
  return html`<ul class="faults">${problem.errors.map(
    (each) => html`<li key=${each.field + each.code}><code>${each.field}</code> ${language.value === "zh" && each.reason_zh ? each.reason_zh : each.reason}</li>`,
  )}</ul>`;
}

export function Copy({ text, children = null }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await copied(text);
    setDone(true);
    setTimeout(() => setDone(false), 2000);
  };
  return html`<button type="button" class="small" onClick=${copy}>${done ? t("copied") : children || t("copy")}</button>`;
}

// The clipboard of the browser is there by HTTPS and on this machine only; elsewhere the old way.
export async function copied(text) {
  if (navigator.clipboard && isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "hidden";
  (document.querySelector("dialog[open]") || document.body).append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

// `filters`: [{name, value, remove}], what narrows the list.
export function Nothing({ filters = [], children = null }) {
  if (!filters.length) return html`<p class="nothing">${children || t("nothing")}</p>`;
  return html`<p class="nothing">${t("nothing_because")}${filters.map(
    (each) => html`<button type="button" class="chip" key=${each.name} onClick=${each.remove}>${each.name}${t("colon")}${each.value} ✕<span class="hidden">${t("remove_filter")}</span></button>`,
  )}</p>`;
}

// Over everything, while the API cannot be reached.
export function LostBanner() {
  const [now, setNow] = useState(Date.now());
  const since = lostSince.value;
  useEffect(() => {
    if (since === null) return undefined;
    document.body.classList.add("lost");
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => {
      clearInterval(timer);
      document.body.classList.remove("lost");
    };
  }, [since]);
  if (since === null) return "";
  return html`<p class="banner" role="alert">${t("lost", { age: lengthText((Math.max(now, since) - since) / 1000, language.value) })}</p>`;
}
