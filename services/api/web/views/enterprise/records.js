// What was raised about an enterprise, and what is registered of it.

import { html } from "../../vendor/preact.js";
import { may, useGet } from "../../lib/api.js";
import { useExported } from "../../lib/exported.js";
import { link, visit } from "../../lib/state.js";
import { timeText } from "../../lib/time.js";
import { nameOf, saidOf, word, wordsOf } from "../../lib/words.js";
import { Quantity } from "../../parts/number.js";
import { Facts } from "../../parts/page.js";
import { Nothing, Read } from "../../parts/states.js";
import { Table } from "../../parts/table.js";
import { Severity } from "../../parts/verdict.js";
import words from "../enterprise.words.js";

const t = wordsOf(words);

export function Alerts({ code }) {
  const alerts = useGet("/alerts", { enterprise: code, limit: 100 });
  useExported(t("tab_alerts"), alerts.address);
  return html`<${Read} of=${alerts}>${(data) =>
    data.data.length
      ? html`<${Table} caption=${t("tab_alerts")} rows=${data.data} rowKey=${(row) => row.alert_id} onOpen=${(row) => visit(link(`/alerts/${row.alert_id}`))} columns=${[
          { key: "subject", title: t("alert"), wide: true, cell: (row) => html`<a href=${link(`/alerts/${row.alert_id}`)}>${saidOf(row, "text") || saidOf(row, "subject_name")}</a>` },
          { key: "severity", title: t("severity"), narrow: true, cell: (row) => html`<${Severity} severity=${row.severity} />` },
          { key: "status", title: t("status"), narrow: true, cell: (row) => html`${word("alert_state", row.state)} · ${word("handling", row.status)}` },
          { key: "fired_at", title: t("since"), order: true, cell: (row) => timeText(row.fired_at) },
        ]} />`
      : html`<${Nothing}>${t("no_alerts")}<//>`
  }<//>`;
}

export function Registered({ found, code }) {
  const units = useGet("/units", { enterprise: code, limit: 1000 });
  useExported(t("unit"), units.address);
  const place = (each) => [nameOf(found.names, "area", each.area_code), each.park_code && nameOf(found.names, "park", each.park_code)].filter(Boolean).join(" · ");
  return html`<div class="stack">
    <${Facts} facts=${[
      [t("credit_code"), html`<code>${found.credit_code}</code>`],
      [t("trade"), word("trade", found.trade)],
      [t("memberships"), html`<ul>${found.memberships.map((each) => html`<li key=${each.valid_from}>${place(each)} <span class="note">${t("since_when", { day: each.valid_from })}</span></li>`)}</ul>`],
    ]} />
    <${Read} of=${units}>${(data) => html`<${Table} caption=${t("unit")} rows=${data.data} rowKey=${(row) => row.code} columns=${[
      { key: "code", title: t("unit"), wide: true, cell: (row) => html`${saidOf(row, "name")} <code class="note">${row.code}</code>` },
      { key: "process", title: t("process"), cell: (row) => (row.process ? nameOf(data.names, "process", row.process) : "—") },
      { key: "status", title: t("status_of"), narrow: true, cell: (row) => word("unit_status", row.status) },
      { key: "commissioned_on", title: t("commissioned"), cell: (row) => row.commissioned_on || "—" },
      { key: "approved", title: t("approved"), number: true, cell: (row) => html`<${Quantity} value=${row.approved_energy_tce} unit="tce" withUnit state=${row.approved_energy_tce === null ? "not_applicable" : null} />` },
      { key: "design", title: t("design"), number: true, cell: (row) => html`<${Quantity} value=${row.design_energy_tce} unit="tce" withUnit state=${row.design_energy_tce === null ? "not_applicable" : null} />` },
    ]} />`}<//>
    ${may("register") && html`<p><a class="button" href=${link(`/registry/enterprises/${code}`)}>${t("in_registry")}</a></p>`}
  </div>`;
}

