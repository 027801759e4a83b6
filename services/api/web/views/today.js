// Preview of the parts.
import { html, useState } from "../vendor/preact.js";
import { useGet } from "../lib/api.js";
import { useShown } from "../lib/shown.js";
import { basis, language } from "../lib/state.js";
import { scaleOf } from "../lib/format.js";
import { nameOf } from "../lib/words.js";
import { Coverage, Quantity } from "../parts/number.js";
import { Read } from "../parts/states.js";
import { Table } from "../parts/table.js";
import { Severity, Verdict } from "../parts/verdict.js";

export default function Today() {
  const period = useShown({ pickers: ["period", "comparison", "basis"] });
  const balance = useGet("/energy/balance", { bucket: "total", by: "league", start: period.start, end: period.end, basis: null });
  const alerts = useGet("/alerts", { limit: 100 });
  return html`
    <div class="page-head"><h1>今日待办</h1></div>
    <div class="grid">
    <section class="card span-7"><h2>盟市</h2><${Read} of=${balance}>${(data) => {
      const value = (row) => row[basis.value].consumption_tce;
      const scale = scaleOf(data.data.map(value), "tce", language.value);
      return html`<${Table} caption="盟市" rowKey=${(row) => row.area} rows=${data.data} columns=${[
        { key: "area", title: "盟市", order: true, cell: (row) => nameOf(null, "area", row.area) },
        { key: "value", title: "综合能源消费量", unit: scale.name, number: true, narrow: true, order: (a, b) => value(a) - value(b), cell: (row) => html`<${Quantity} value=${value(row)} scale=${scale} coverage=${row.coverage} explain=${{ path: "/energy/balance", params: {} }} label="x" />` },
        { key: "coverage", title: "完整率", number: true, narrow: true, order: true, cell: (row) => html`<${Coverage} value=${row.coverage} />` },
      ]} total=${{ value: html`<${Quantity} value=${data.data.reduce((s, r) => s + value(r), 0)} scale=${scale} />` }} />`;
    }}<//></section>
    <section class="card span-5"><h2>预警</h2><${Read} of=${alerts}>${(data) => html`<${Table} caption="预警" rowKey=${(row) => row.alert_id} rows=${data.data} columns=${[
      { key: "subject", title: "对象", cell: (row) => row.subject_name_zh },
      { key: "severity", title: "级别", narrow: true, cell: (row) => html`<${Severity} severity=${row.severity} />` },
      { key: "v", title: "值", number: true, narrow: true, cell: (row) => html`<${Quantity} value=${row.last_value.value} limit=${row.last_value.limit} unit=${row.last_value.unit} withUnit />` },
      { key: "verdict", title: "判定", cell: (row) => html`<${Verdict} verdict=${row.last_value.verdict} />` },
    ]} onOpen=${() => {}} />`}<//></section>
    </div>`;
}
