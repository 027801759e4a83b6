// ● 实时: how fresh the data are, in the bar above every view; and numbers that move as readings come in.

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { Menu } from "./menu.js";
import { Count, Coverage, Quantity } from "./number.js";
import { Facts } from "./page.js";
import { homeScope, REGION } from "./scope.js";
import { may, signedOut } from "../lib/api.js";
import { leave, live, watch } from "../lib/live.js";
import { shownScope } from "../lib/shown.js";
import { basis, language, link } from "../lib/state.js";
import { agoText, clockText } from "../lib/time.js";
import { areas, saidOf, wordsOf } from "../lib/words.js";
import words from "./live.words.js";

const t = wordsOf(words);
const SAID_MS = 10000;
const SIGNS = { open: "●", connecting: "○", lost: "▲" };

// The scope that the page watches: the area that its view shows, else where the account is at home.
const scopeOf = () => homeScope(shownScope.value.area);

// What the stream tells now; null before it tells anything.
export const useLive = () => live.value.state;

// Calls `reload` when an alert has begun, ended or been handled since.
export function useAlertChanges(reload) {
  const state = useLive();
  const changed = state ? state.alerts.changed_at : null;
  const before = useRef(null);
  useEffect(() => {
    if (changed !== null && before.current !== null && before.current !== changed) reload();
    before.current = changed;
  }, [changed]);
}

// In the bar: whether the stream is there and how old its last data are; on a click what it tells.
export function Live() {
  const scope = may("read") ? scopeOf() : null;
  useEffect(() => {
    if (scope === null || signedOut.value) leave();
    else watch(scope);
  }, [scope, signedOut.value]);
  const now = useNow();
  if (scope === null) return "";
  const { status, state } = live.value;
  const last = state ? state.readings.last_message_at : null;
  const text = status === "lost" ? t("lost") : status === "connecting" && !state ? t("connecting") : t("live");
  return html`<${Menu} align="right" title=${state ? `${t("running", { time: clockText(state.at) })}` : ""} label=${html`<span class=${`live-sign ${status}`}><span aria-hidden="true">${SIGNS[status]}</span> <span class="live-word">${text}</span>${
    last && html`<span class="live-age"> ${agoText(last, language.value, Math.max(now, Date.parse(last)))}</span>`
  }</span>`}>
    ${() => html`<div class="live-facts">${state ? html`<${LiveFacts} state=${state} />` : html`<p class="note">${t("none_yet")}</p>`}</div>`}
  <//><${Announced} status=${status} state=${state} />`;
}

function LiveFacts({ state }) {
  const { readings, gateways, alerts, consumption } = state;
  const tonnes = `tce_${basis.value}`;
  const energy = (part) => part && html`<${Quantity} value=${part[tonnes]} unit="tce" withUnit coverage=${part.coverage} /> <${Coverage} value=${part.coverage} />`;
  const [kind, code] = state.scope.split(":");
  const area = kind === "area" && code !== REGION ? { area: code } : {};
  return html`
    <h2>${t("title", { scope: kind === "area" && areas.value[code] ? saidOf(areas.value[code], "name") : t("own") })}</h2>
    <p class="note">${t("running", { time: clockText(state.at) })}</p>
    <${Facts} facts=${[
      [t("today_energy"), energy(consumption.day)],
      [t("hour_energy"), energy(consumption.hour)],
      [t("readings"), html`<${Count} value=${readings.last_minute} />`],
      [t("last"), readings.last_message_at ? agoText(readings.last_message_at, language.value) : t("none_yet")],
      [t("gateways"), html`<a href=${link("/quality", { ...area, tab: "gateways" })}><${Count} value=${gateways.online} /> / <${Count} value=${gateways.gateways} /></a>${gateways.offline > 0 && html` · ${t("offline")} <${Count} value=${gateways.offline} />`}${gateways.silent > 0 && html` · ${t("silent")} <${Count} value=${gateways.silent} />`}`],
      [t("alerts"), html`<a href=${link("/alerts", area)}><${Count} value=${alerts.firing} /></a>${alerts.severe > 0 && html` · ${t("severe")} <${Count} value=${alerts.severe} />`}`],
    ]} />`;
}

// The time, each few seconds.
function useNow() {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === "visible" && setNow(Date.now()), 5000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

// For who cannot see it: what has changed of the connection and the alerts, at most every ten seconds.
function Announced({ status, state }) {
  const [said, setSaid] = useState("");
  const at = useRef(0);
  const firing = state ? state.alerts.firing : null;
  const first = useRef(true);
  useEffect(() => {
    if (first.current || state === null) {
      first.current = state === null;
      return undefined;
    }
    const say = () => {
      at.current = Date.now();
      setSaid(status === "lost" ? t("said_lost") : t("said_alerts", { count: firing }));
    };
    const timer = setTimeout(say, Math.max(0, at.current + SAID_MS - Date.now()));
    return () => clearTimeout(timer);
  }, [status === "lost", firing]);
  return html`<span class="hidden" aria-live="polite">${said}</span>`;
}
