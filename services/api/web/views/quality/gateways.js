// Gateways: online, offline, silent, and when each was heard last.

import { html } from "../../vendor/preact.js";
import { useExported } from "../../lib/exported.js";
import { language, link, route, setQuery } from "../../lib/state.js";
import { agoText, timeText } from "../../lib/time.js";
import { nameOf, word, wordsOf } from "../../lib/words.js";
import { Count } from "../../parts/number.js";
import { Card, CountCard } from "../../parts/page.js";
import { Nothing } from "../../parts/states.js";
import { Table } from "../../parts/table.js";
import { Paged, usePaged } from "./paged.js";
import words from "../quality.words.js";

const t = wordsOf(words);
const SIGNS = { online: ["ok", "✓"], offline: ["severe", "▲"], unknown: ["cannot_judge", "●"] };

export function Gateways({ place }) {
  const { query } = route.value;
  const order = query.order || "last_message_at";
  const chosen = ["online", "offline", "unknown", "silent"].includes(query.state) ? query.state : null;
  const narrowed = chosen === null ? {} : chosen === "silent" ? { silent: true } : { state: chosen };
  const gateways = usePaged("/gateways", { ...place, ...narrowed, order, limit: 200, total: true });
  useExported(t("gateways"), gateways.address);
  // How many there are of each, also where the list is narrowed to one of them.
  const all = usePaged(chosen === null ? null : "/gateways", { ...place, limit: 1 });
  const choose = (state) => () => setQuery({ state: chosen === state ? null : state });
  return html`<div class="stack">
    <${Paged} of=${gateways}>${(rows, names, data) => {
      const { counts } = chosen === null ? data : all.data || data;
      const known = chosen === null || all.data !== null;
      const card = (state, count, kind) => html`<${CountCard} name=${t(state)} count=${known ? count : null} kind=${count > 0 ? kind : ""} pressed=${chosen === state} onClick=${choose(state)} />`;
      return html`
        <div class="figures">${card("online", counts.state.online, "")}${card("offline", counts.state.offline, "sign-of severe")}${card("silent", counts.silent, "sign-of warning")}${card("unknown", counts.state.unknown, "")}</div>
        <${Card} title=${t("gateways")} actions=${html`<span class="note"><${Count} value=${data.total} /></span>`}>
          <${Table} caption=${t("table_of", { title: t("gateways") })} rowKey=${(row) => row.code} rows=${rows} order=${order} onOrder=${(next) => setQuery({ order: next === "last_message_at" ? null : next })} filters=${html`<${Nothing} filters=${chosen ? [{ name: t("state"), value: t(chosen), remove: choose(chosen) }] : []} />`}
            onOpen=${(row) => setQuery({ tab: "rejected", gateway: row.code, state: null, order: null }, { replace: false })} columns=${[
            { key: "code", title: t("gateway"), narrow: true, order: true, cell: (row) => html`${row.name || ""} <code>${row.code}</code>` },
            { key: "credit_code", title: t("enterprise"), narrow: true, order: true, cell: (row) => nameOf(names, "enterprise", row.credit_code) },
            { key: "state", title: t("state"), narrow: true, order: true, cell: (row) => html`<${State} row=${row} />` },
            { key: "last_message_at", title: t("last_heard"), narrow: true, order: true, cell: (row) => (row.last_message_at ? html`<span class="nowrap" title=${timeText(row.last_message_at)}>${agoText(row.last_message_at, language.value)}</span>` : t("never")) },
            { key: "stored", title: t("stored_of_days"), number: true, cell: (row) => html`<${Count} value=${row.counters.stored} />` },
            { key: "rejected", title: t("rejected_of_days"), number: true, cell: (row) => html`<${Faults} counters=${row.counters} />` },
            { key: "waiting", title: t("waiting"), narrow: true, cell: (row) => html`<${Waiting} row=${row} />` },
            { key: "meters", title: t("meters"), number: true, order: true, cell: (row) => html`<${Count} value=${row.meters} />` },
          ]} />
        <//>`;
    }}<//>
  </div>`;
}

const State = ({ row }) => html`<span class=${`sign-of ${SIGNS[row.state][0]}`} title=${row.state_since ? t("since", { time: timeText(row.state_since) }) : ""}><span aria-hidden="true">${SIGNS[row.state][1]}</span> ${word("gateway_state", row.state)}</span>
  ${row.cannot_resend && html` <span class="chip" title=${t("cannot_resend_title")}>${t("cannot_resend")}</span>`}
  ${row.silent && html` <span class="sign-of warning" title=${t("silent_title")}><span aria-hidden="true">◆</span> ${t("silent")}</span>`}`;

// Readings and messages that were rejected, with their codes.
function Faults({ counters }) {
  const count = counters.rejected_readings + counters.rejected_messages;
  const said = counters.formats.flatMap((of) => Object.entries({ ...of.rejected_readings, ...of.rejected_messages }).map(([code, many]) => `${word("rejection", code)} ${many}`));
  return count === 0 ? "0" : html`<span title=${said.join("；")}><${Count} value=${count} /></span>`;
}

// What waits for a person: unknown points, and values that are held.
const Waiting = ({ row }) => (row.profile || row.counters.unknown_points + row.counters.held_values > 0) && html`<a href=${link(`/gateways/${encodeURIComponent(row.code)}`)}>${t("waiting_text", { points: row.counters.unknown_points, values: row.counters.held_values })}</a>`;
