// 月报: what was issued, issuing one, and what is said otherwise since.

import { html, useState } from "../vendor/preact.js";
import { may, post, session, useGet } from "../lib/api.js";
import { useExported } from "../lib/exported.js";
import { useShown } from "../lib/shown.js";
import { go, link, setQuery } from "../lib/state.js";
import { addMonths, lastMonth, periodOf, periodText, timeText } from "../lib/time.js";
import { language } from "../lib/state.js";
import { areas, nameOf, saidOf, wordsOf } from "../lib/words.js";
import { Count } from "../parts/number.js";
import { Card, PageHead } from "../parts/page.js";
import { Failure, Read } from "../parts/states.js";
import { Pager, Table } from "../parts/table.js";
import { Differences } from "./bulletins/differences.js";
import words from "../parts/bulletin.words.js";

const t = wordsOf(words);
const PAGE = 100;
const MONTHS_BACK = 24;

export default function Bulletins({ query }) {
  const [limit, setLimit] = useState(PAGE);
  useShown({ area: query.area || null, pickers: [], stays: true });
  const params = { area: query.area, order: query.order, limit, total: true };
  const list = useGet("/bulletins", params);
  useExported(t("issued"), list.address);
  const looked = query.diff ? query.diff.split("/") : null;
  return html`
    <${PageHead} title=${t("title")} note=${t("note")} />
    <div class="stack">
      ${may("issue") && html`<${Issue} onIssued=${list.reload} />`}
      ${looked && html`<${Differences} area=${looked[0]} month=${looked[1]} version=${looked[2]} onClose=${() => setQuery({ diff: null })} />`}
      <${Card} title=${t("issued")}>
        <${Read} of=${list} lines=${6}>${(data) => html`
          <${Table} caption=${t("issued")} columns=${columns(data.names)} rows=${data.data} rowKey=${keyOf} order=${query.order || "-month"}
            onOrder=${(order) => setQuery({ order })} current=${query.diff || null} filters=${html`<p class="nothing">${t("none_issued")}</p>`} />
          ${data.data.length > 0 && html`<${Pager} shown=${data.data.length} total=${data.total} step=${PAGE} onMore=${limit < 1000 ? () => setLimit(limit + PAGE) : null} />`}`}<//>
      <//>
    </div>`;
}

const keyOf = (row) => `${row.area_code}/${row.month}/${row.version}`;
const printed = (row) => link(`/print/area/${row.area_code}/${row.month}`, { version: row.version });

const columns = (names) => [
  { key: "area", title: t("area"), order: "area_code", narrow: true, cell: (row) => html`<a href=${printed(row)}>${nameOf(names, "area", row.area_code)}</a>` },
  { key: "month", title: t("month"), order: true, narrow: true, cell: (row) => periodText(periodOf(row.month), language.value) },
  { key: "version", title: t("version"), number: true, narrow: true, order: true, cell: (row) => html`<${Count} value=${row.version} />` },
  { key: "issued_at", title: t("issued_at"), order: true, cell: (row) => html`<span class="nowrap">${timeText(row.issued_at)}</span>` },
  { key: "issued_by", title: t("issued_by"), order: true },
  { key: "digest", title: t("digest"), cell: (row) => html`<code title=${row.digest}>${row.digest.slice(0, 12)}…</code>` },
  { key: "seal", title: t("seal"), number: true, cell: (row) => (row.seal === null ? html`<span class="note">${t("waits_for_seal")}</span>` : html`<code>${row.seal}</code>`) },
  { key: "act", title: t("acts"), narrow: true, cell: (row) => html`<span class="row-actions">
    <a class="button small" href=${printed(row)}>${t("open_print")}</a>
    <a class="button small" href=${link("/bulletins", { diff: keyOf(row) })}>${t("compare")}</a></span>` },
];

// The area is one of those that the account acts on.
function Issue({ onIssued }) {
  const offered = areasToIssue();
  const months = Array.from({ length: MONTHS_BACK }, (_, back) => addMonths(`${lastMonth()}-01`, -back).slice(0, 7));
  const [area, setArea] = useState(offered.length > 0 ? offered[0].code : "");
  const [month, setMonth] = useState(months[0]);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const issue = async (event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      const bulletin = await post(`/bulletins/${area}/${month}`);
      onIssued();
      go(`/print/area/${area}/${month}`, { version: bulletin.version });
    } catch (refused) {
      setProblem(refused);
    } finally {
      setBusy(false);
    }
  };
  return html`<${Card} title=${t("issue_title")}>
    <form class="toolbar" onSubmit=${issue}>
      <label>${t("area")} <select value=${area} onChange=${(event) => setArea(event.target.value)}>${offered.map((each) => html`<option key=${each.code} value=${each.code}>${each.indent}${saidOf(each, "name")}</option>`)}</select></label>
      <label>${t("month")} <select value=${month} onChange=${(event) => setMonth(event.target.value)}>${months.map((each) => html`<option key=${each} value=${each}>${periodText(periodOf(each), language.value)}</option>`)}</select></label>
      <button type="submit" class="primary" disabled=${busy || !area} aria-busy=${busy}>${busy ? t("issuing") : t("issue")}</button>
      <span class="note spring">${t("issue_note")}</span>
    </form>
    ${problem && html`<${Failure} problem=${problem} />`}
  <//>`;
}

// The areas that are seen, each with those below it under it.
function areasToIssue() {
  const all = Object.values(areas.value);
  const own = session.value.areas;
  const tops = own === null ? all.filter((each) => each.parent_code === null) : all.filter((each) => own.includes(each.code));
  const below = (area, indent) => [
    { ...area, indent },
    ...all.filter((each) => each.parent_code === area.code).flatMap((each) => below(each, `${indent}　`)),
  ];
  return tops.flatMap((area) => below(area, ""));
}
