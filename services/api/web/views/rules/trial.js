// A rule tried over the past before it is saved: how many alerts, about whom, where.

import { html, useEffect, useRef, useState } from "../../vendor/preact.js";
import { post } from "../../lib/api.js";
import { addMonths, timeText, toDay } from "../../lib/time.js";
import { nameOf, saidOf, wordsOf } from "../../lib/words.js";
import { Count, Quantity } from "../../parts/number.js";
import { Faults } from "../../parts/states.js";
import { Table } from "../../parts/table.js";
import words from "../rules.words.js";

const t = wordsOf(words);

const WITHOUT_PAST = "rule_without_past";
const thisMonth = () => `${toDay().slice(0, 7)}-01`;

// `read()` gives the body that is to be tried, or throws; `onTried(body)`: it was.
export function Trial({ read, onTried }) {
  const [range, setRange] = useState({ start: addMonths(thisMonth(), -1), end: thisMonth() });
  const [found, setFound] = useState(null);
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const attempt = async () => {
    setBusy(true);
    setProblem(null);
    setFound(null);
    try {
      const body = read();
      setFound(await post("/rules/dry_run", { body, ...range }));
      onTried(body);
    } catch (error) {
      setProblem(error);
      // What is known of the moment only cannot be tried, and is saved all the same.
      if (error.code === WITHOUT_PAST) onTried(read());
    }
    setBusy(false);
  };
  const day = (name) => html`<label>${t(name === "start" ? "try_from" : "try_to")} <input type="date" value=${range[name]} max=${toDay()} onChange=${(event) => setRange({ ...range, [name]: event.target.value })} /></label>`;
  return html`<section aria-label=${t("try_title")}>
    <h3>${t("try_title")}</h3>
    <div class="toolbar">${day("start")}${day("end")}<button type="button" onClick=${attempt} disabled=${busy}>${busy ? t("trying") : t(found ? "try_again" : "try")}</button></div>
    ${problem && html`<div role="alert" class="failure"><${Faults} problem=${problem.errors ? problem : { errors: [], detail: problem.message }} /></div>`}
    <div aria-live="polite">${found && html`<${Found} found=${found} />`}</div>
  </section>`;
}

function Found({ found }) {
  const box = useRef(null);
  useEffect(() => box.current.scrollIntoView({ block: "nearest" }), [found]);
  return html`<div ref=${box}><${Affected} found=${found} /></div>`;
}

function Affected({ found }) {
  if (found.alerts === 0) return html`<p><strong>${t("try_none")}</strong></p>`;
  return html`
    <p><span class="chip">${t("try_mark")}</span> ${t("try_found")} <strong><${Count} value=${found.alerts} /></strong> ${t("try_alerts")} <strong><${Count} value=${found.subjects} /></strong> ${t("try_subjects")}</p>
    <p class="affected-areas" aria-label=${t("try_places")}>${found.areas.map((each) => html`<span class="chip" key=${each.area}>${nameOf(found.names, "area", each.area)} <${Count} value=${each.subjects} /></span>`)}</p>
    <${Table} caption=${t("try_title")} rows=${found.affected} rowKey=${(row) => row.subject} columns=${[
      { key: "subject", title: t("subject"), cell: (row) => html`${saidOf(row, "subject_name") || row.subject}${row.enterprise && html` <span class="note">${nameOf(found.names, "enterprise", row.enterprise)}</span>`}` },
      { key: "area", title: t("place"), order: true, narrow: true, cell: (row) => (row.area ? nameOf(found.names, "area", row.area) : "—") },
      { key: "alerts", title: t("try_count"), number: true, order: true, cell: (row) => html`<${Count} value=${row.alerts} />` },
      { key: "first_fired_at", title: t("try_first"), order: true, cell: (row) => timeText(row.first_fired_at) },
      { key: "value", title: t("try_value"), number: true, narrow: true, order: true, cell: (row) => html`<${Quantity} value=${row.value} unit=${row.unit || "1"} limit=${row.limit} withUnit />` },
      { key: "limit", title: t("try_limit"), number: true, cell: (row) => html`<${Quantity} value=${row.limit} unit=${row.unit || "1"} withUnit />` },
    ]} />`;
}
