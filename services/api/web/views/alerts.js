// 预警: cases at the left, the most urgent first; the one that is looked at, at the right. J and K go through them, A acknowledges.

import { html, useEffect, useState } from "../vendor/preact.js";
import { may, useGet } from "../lib/api.js";
import { useExported } from "../lib/exported.js";
import { useKeys } from "../lib/keys.js";
import { useShown } from "../lib/shown.js";
import { go, setQuery } from "../lib/state.js";
import { saidOf, t as common, word, wordsOf } from "../lib/words.js";
import { AlertDetail } from "../parts/alert.js";
import { CountCard, Facet, PageHead } from "../parts/page.js";
import { Nothing, Read } from "../parts/states.js";
import { Pager } from "../parts/table.js";
import { BulkBar } from "./alerts/bulk.js";
import { CaseLine } from "./alerts/line.js";
import words from "./alerts.words.js";

const t = wordsOf(words);
const SEVERITIES = ["severe", "warning", "notice"];
const STATUSES = ["open", "acknowledged", "explained", "planned", "verified", "closed"];
const ORDERS = { urgency: null, newest: "-fired_at", severity: "-severity,urgency" };
const PAGE = 50;
const NARROW = "(max-width: 1180px)";

const listed = (text) => (text ? text.split(",") : []);

export default function Alerts({ query }) {
  const [limit, setLimit] = useState(PAGE);
  const [picked, setPicked] = useState(new Set());
  const [asked, setAsked] = useState(null);
  useShown({ area: query.area || null, pickers: [] });
  const filters = { area: query.area, severity: query.severity, awaiting: query.awaiting, due: query.due, status: query.status, q: query.q, at_rest: query.rest, subject: query.subject };
  const cases = useGet("/cases", { ...filters, order: ORDERS[query.order] || null, limit, total: true }, { everyMs: 60000 });
  useExported(t("cases"), cases.address);
  const rows = cases.data ? cases.data.data : [];
  const current = rows.find((each) => each.subject === query.case) || rows[0] || null;
  const alert = current && (current.alerts.find((each) => String(each.alert_id) === query.alert) || current.alerts[0]);

  const show = (found) => {
    if (!found) return;
    if (matchMedia(NARROW).matches) go(`/alerts/${found.alerts[0].alert_id}`);
    else setQuery({ case: found.subject, alert: null });
  };
  const step = (by) => () => {
    const next = rows[Math.min(rows.length - 1, Math.max(0, rows.indexOf(current) + by))];
    if (next) setQuery({ case: next.subject, alert: null });
  };
  useKeys(
    [
      { keys: "j", text: () => t("key_next"), run: step(1) },
      { keys: "k", text: () => t("key_before"), run: step(-1) },
      { keys: "a", text: () => t("key_acknowledge"), run: () => may("explain") && setAsked("acknowledge") },
      { keys: "o", text: () => t("key_open"), run: () => alert && go(`/alerts/${alert.alert_id}`) },
    ],
    [cases.data, current && current.subject, alert && alert.alert_id],
  );
  useEffect(() => {
    // The list alone is scrolled, so that the page stays where it is.
    const line = document.querySelector(".case-list [aria-current=true]");
    const side = line && line.closest(".case-side");
    if (!side || !query.case) return;
    const [at, box] = [line.getBoundingClientRect(), side.getBoundingClientRect()];
    if (at.top < box.top) side.scrollTop += at.top - box.top;
    else if (at.bottom > box.bottom) side.scrollTop += at.bottom - box.bottom;
  }, [current && current.subject]);
  useEffect(() => setPicked(new Set()), [JSON.stringify(filters)]);

  const narrowed = (name) => (values) => setQuery({ [name]: values.join(",") || null, case: null, alert: null });
  const facet = (name, title, keys, said, counts) =>
    html`<${Facet} title=${title} chosen=${listed(query[name])} onChoose=${narrowed(name)} values=${keys.map((key) => ({ key, title: said(key), count: counts ? counts[key] : null }))} />`;
  const counts = cases.data && cases.data.counts;
  const active = ["severity", "awaiting", "due", "status", "q", "area", "subject"].filter((name) => query[name]);
  const nothing = html`<${Nothing} filters=${active.map((name) => ({ name: filterName(name), value: query[name], remove: () => setQuery({ [name]: null }) }))}>${t("nothing_open")}<//>`;

  return html`
    <${PageHead} title=${t("title")} note=${t("note")} />
    ${counts && html`<div class="figures">
      <${CountCard} name=${t("cases")} count=${counts.cases} more=${html`${t("alerts")} ${counts.alerts}`} />
      <${CountCard} name=${word("severity", "severe")} count=${counts.severity_of_cases.severe} kind="sign-of severe" pressed=${query.severity === "severe"} onClick=${() => narrowed("severity")(query.severity === "severe" ? [] : ["severe"])} />
      <${CountCard} name=${t("to_do")} count=${counts.awaiting.body} pressed=${query.awaiting === "body"} onClick=${() => narrowed("awaiting")(query.awaiting === "body" ? [] : ["body"])} more=${overdueOf(counts.overdue.body)} />
      <${CountCard} name=${t("with_enterprises")} count=${counts.awaiting.enterprise} pressed=${query.awaiting === "enterprise"} onClick=${() => narrowed("awaiting")(query.awaiting === "enterprise" ? [] : ["enterprise"])} more=${overdueOf(counts.overdue.enterprise)} />
    </div>`}
    <div class="cases">
      <section class="card case-side" aria-label=${t("list")}>
        <form class="toolbar" role="search" onSubmit=${(event) => event.preventDefault()}>
          <input type="search" class="spring" aria-label=${t("search")} placeholder=${t("search")} value=${query.q || ""} onChange=${(event) => setQuery({ q: event.target.value.trim() || null, case: null })} />
          <select aria-label=${t("order")} value=${query.order || "urgency"} onChange=${(event) => setQuery({ order: event.target.value === "urgency" ? null : event.target.value })}>${Object.keys(ORDERS).map((each) => html`<option key=${each} value=${each}>${t(`order_${each}`)}</option>`)}</select>
        </form>
        <details class="case-filters" open=${active.length > 0}><summary>${t("filters")}</summary>
          ${facet("severity", t("severity"), SEVERITIES, (key) => word("severity", key), counts && counts.severity)}
          ${facet("awaiting", t("awaiting"), ["body", "enterprise"], (key) => t(key), counts && counts.awaiting)}
          ${facet("due", t("due"), ["overdue", "week"], (key) => t(`due_${key}`), null)}
          ${facet("status", t("status"), STATUSES, (key) => word("handling", key), counts && counts.status)}
          <label><input type="checkbox" checked=${Boolean(query.rest)} onChange=${(event) => setQuery({ rest: event.target.checked ? "true" : null })} /> ${t("at_rest")}</label>
        </details>
        <${BulkBar} rows=${rows} picked=${picked} setPicked=${setPicked} onChanged=${cases.reload} />
        <${Read} of=${cases} lines=${8}>${(data) => html`
          ${data.data.length === 0 ? nothing : html`<ul class="case-list">${data.data.map((each) => html`<${CaseLine} key=${each.subject} line=${each} current=${current && each.subject === current.subject} picked=${picked} setPicked=${setPicked} onOpen=${() => show(each)} />`)}</ul>`}
          <${Pager} shown=${data.data.length} total=${data.total} step=${PAGE} onMore=${limit < 1000 ? () => setLimit(Math.min(1000, limit + PAGE)) : null} />`}<//>
      </section>
      <div class="case-detail">${alert ? html`
        ${current.alerts.length > 1 && html`<nav class="tabs" aria-label=${t("in_case")}>${current.alerts.map((each) => html`<button type="button" key=${each.alert_id} aria-selected=${each.alert_id === alert.alert_id} onClick=${() => setQuery({ alert: each.alert_id })}>${saidOf(each, "title") || each.rule}</button>`)}</nav>`}
        <${AlertDetail} key=${alert.alert_id} id=${alert.alert_id} onChanged=${cases.reload} asked=${asked} onAsked=${setAsked} />` : cases.data && html`<p class="nothing">${rows.length === 0 ? t("nothing_open") : t("choose")}</p>`}
      </div>
    </div>`;
}

const overdueOf = (count) => (count > 0 ? html`<span class="sign-of overdue">◷ ${t("overdue")} ${count}</span>` : null);

const filterName = (name) => (name === "q" ? common("search") : name === "area" ? common("scope") : name === "subject" ? t("list") : t(name));
