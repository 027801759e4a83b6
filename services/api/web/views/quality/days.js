// The scores of a place, and the days of its enterprises and meters as a field.

import { html, useMemo, useState } from "../../vendor/preact.js";
import { get, useGet } from "../../lib/api.js";
import { useExported } from "../../lib/exported.js";
import { language, link, route, setQuery } from "../../lib/state.js";
import { agoText, timeText } from "../../lib/time.js";
import { nameOf, word, wordsOf } from "../../lib/words.js";
import { columnsOf, daysOf, rowOf, stepTexts } from "../../parts/day_field.js";
import { HeatMap } from "../../parts/heatmap.js";
import { Count, Quantity, Share } from "../../parts/number.js";
import { Card } from "../../parts/page.js";
import { Failure, Nothing, Read } from "../../parts/states.js";
import { Sign } from "../../parts/verdict.js";
import words from "../quality.words.js";

const t = wordsOf(words);
const SCORES = ["completeness", "timeliness", "validity", "accuracy", "consistency", "composite"];
// Of each score what it is held of, as whole numbers of the answer.
const PARTS = {
  completeness: ["measured", "measured_s", "expected_s", 3600],
  timeliness: ["on_time", "on_time", "timed", 1],
  validity: ["valid", "valid", "received", 1],
};
const PAGE = 200;

export function Days({ scope, place, period, openDay }) {
  const asked = SCORES.includes(route.value.query.score) ? route.value.query.score : "completeness";
  const { start, end } = daysOf(period);
  const scored = useGet("/quality", { scope, start, end, bucket: "total" });
  const matrix = useGet("/quality/matrix", { scope, start, end, by: "enterprise", score: asked, limit: PAGE });
  const gateways = useGet("/gateways", { ...place, order: "last_message_at", limit: 5 });
  useExported(t("scores"), scored.address);
  useExported(t("field", { score: word("quality_score", asked) }), matrix.address);
  return html`<div class="stack">
    <${Read} of=${scored}>${(data) => html`<${Pending} pending=${data.pending} /><${Scores} row=${data.data[0] || null} asked=${asked} />`}<//>
    <${Card} title=${t("gateways")} actions=${html`<a href=${link("/quality", { ...place, tab: "gateways" })}>${t("more")}</a>`}>
      <${Read} of=${gateways} lines=${1}>${(data) => html`<${Heard} data=${data} />`}<//>
    <//>
    <${Card} title=${t("field", { score: word("quality_score", asked) })} actions=${html`<span class="note">${t("field_note")}</span>`}>
      <${Read} of=${matrix} lines=${10}>${(data) => html`<${Field} key=${asked} data=${data} score=${asked} openDay=${openDay} asked=${{ scope, start, end }} />`}<//>
    <//>
  </div>`;
}

// What has come and was not looked at yet reads as missing until it is.
const Pending = ({ pending }) => pending && html`<p class="note" role="status"><${Sign} of="due">${t("pending_before")} <${Count} value=${pending.meter_days} /> ${t("pending_after", { since: pending.since })}<//></p>`;

function Scores({ row, asked }) {
  if (row === null) return html`<${Nothing}>${t("no_data")}<//>`;
  return html`<div class="figures" role="group" aria-label=${t("choose_score")}>${SCORES.map((name) => {
    const more = row[name] === null && name === "timeliness"
      ? t("history")
      : PARTS[name]
      ? html`<${Parts} row=${row} parts=${PARTS[name]} />`
      : t({ accuracy: "in_calibration", consistency: "without_finding", composite: "weighted" }[name]);
    return html`<button type="button" class="figure-card" key=${name} aria-pressed=${name === asked} onClick=${() => setQuery({ score: name === SCORES[0] ? null : name })}>
      <span class="name">${word("quality_score", name)}</span>
      <span class="big">${row[name] === null ? html`<span class="number none" title=${t("not_judged_title")}>${t("not_judged")}</span>` : html`<${Share} value=${row[name]} cut />`}</span>
      <span class="more">${more}</span>
    </button>`;
  })}</div>`;
}

// What a score is a ratio of. Of a running period a reading may have come before its time counts as a whole one.
function Parts({ row, parts: [name, part, whole, divisor] }) {
  const scale = { divisor, name: divisor > 1 ? "h" : "", digits: 0 };
  return html`<span>${t(name)} <${Quantity} value=${row[part]} scale=${scale} /> / <${Quantity} value=${Math.max(row[part], row[whole])} scale=${scale} withUnit /></span>`;
}

// The enterprises; one of them may be open to its meters.
function Field({ data, score, openDay, asked }) {
  const [more, setMore] = useState({ rows: [], next: data.next, names: {} });
  // One alone is shown with its meters.
  const [open, setOpen] = useState(data.data.length === 1 ? data.data[0].enterprise : null);
  const [byName, setByName] = useState(false);
  const [problem, setProblem] = useState(null);
  const meters = useGet(open && "/quality/matrix", { ...asked, scope: `enterprise:${open}`, by: "meter", score, limit: 1000 });
  const names = useMemo(() => [data.names, more.names].reduce((all, each) => ({ ...all, enterprise: { ...all.enterprise, ...each.enterprise } }), {}), [data, more]);
  const columns = useMemo(() => columnsOf(data.days), [data.days]);
  const rows = useMemo(() => {
    const all = [...data.data, ...more.rows].map((row) => rowOf(row, row.enterprise, nameOf(names, "enterprise", row.enterprise), data));
    all.sort(byName ? (one, other) => one.name.localeCompare(other.name, "zh-CN") : (one, other) => one.mean - other.mean);
    if (!open || !meters.data || meters.data.scope !== `enterprise:${open}`) return all.map((row) => ({ ...row, open: row.key === open }));
    const under = meters.data.data.map((row) => ({ ...rowOf(row, row.meter, nameOf(meters.data.names, "meter", row.meter), data), depth: 1, open: null }));
    return all.flatMap((row) => (row.key === open ? [{ ...row, open: true }, ...under] : [{ ...row, open: false }]));
  }, [data, more, names, byName, open, meters.data]);
  const readOn = () => get("/quality/matrix", { ...asked, by: "enterprise", score, limit: PAGE, cursor: more.next })
    .then((part) => setMore({ rows: [...more.rows, ...part.data], next: part.next, names: { enterprise: { ...more.names.enterprise, ...part.names.enterprise } } }))
    .catch(setProblem);
  if (!rows.length) return html`<${Nothing}>${t("no_data")}<//>`;
  const turn = (row) => setOpen(row.key === open ? null : row.key);
  const opened = (row, column) => (row.depth ? openDay(row.key, column.key) : turn(row));
  return html`
    <div class="toolbar" role="group">${[false, true].map((each) => html`<button type="button" class="chip" key=${each} aria-pressed=${byName === each} onClick=${() => setByName(each)}>${t(each ? "by_name" : "lowest_first")}</button>`)}</div>
    <${HeatMap} caption=${t("field", { score: word("quality_score", score) })} columns=${columns} rows=${rows} legend=${stepTexts()} onOpen=${opened} onTurn=${turn} corner=${t("enterprise")} />
    ${(meters.problem || problem) && html`<${Failure} problem=${meters.problem || problem} />`}
    ${more.next && html`<p class="pager"><button type="button" onClick=${readOn}>${t("more")}</button></p>`}`;
}

// How many gateways are heard, and which are not.
function Heard({ data }) {
  const { counts, names } = data;
  const all = counts.state.offline === 0 && counts.silent === 0;
  return html`<p class="heard">
      <span>${t("online")} <${Count} value=${counts.state.online} /></span>
      <span class=${counts.state.offline ? "sign-of severe" : ""}><span aria-hidden="true">${counts.state.offline ? "▲ " : ""}</span>${t("offline")} <${Count} value=${counts.state.offline} /></span>
      <span class=${counts.silent ? "sign-of warning" : ""}><span aria-hidden="true">${counts.silent ? "◆ " : ""}</span>${t("silent")} <${Count} value=${counts.silent} /></span>
      ${all && html`<span class="note">✓ ${t("all_heard")}</span>`}
    </p>
    <ul class="heard">${data.data.filter((row) => row.state === "offline" || row.silent).map((row) => html`<li key=${row.code}>${nameOf(names, "enterprise", row.credit_code)} <span class="note">${row.name || row.code} · <span title=${timeText(row.last_message_at)}>${t("last_heard")} ${row.last_message_at ? agoText(row.last_message_at, language.value) : t("never")}</span></span></li>`)}</ul>`;
}
