// What was not taken: messages and readings as they came, why, and trying again.

import { html, useState } from "../../vendor/preact.js";
import { may, post } from "../../lib/api.js";
import { useExported } from "../../lib/exported.js";
import { route, setQuery } from "../../lib/state.js";
import { timeText } from "../../lib/time.js";
import { word, wordsOf } from "../../lib/words.js";
import { Dialog } from "../../parts/dialog.js";
import { Count } from "../../parts/number.js";
import { Card, Facet, Facts } from "../../parts/page.js";
import { Failure } from "../../parts/states.js";
import { Table } from "../../parts/table.js";
import { Paged, usePaged } from "./paged.js";
import words from "../quality.words.js";

const t = wordsOf(words);
const OUTCOMES = ["open", "taken", "conflict", "refused"];

export function Rejected() {
  const { query } = route.value;
  const gateway = query.gateway || null;
  const outcome = (query.outcome || "open").split(",");
  const messages = usePaged("/rejected-messages", { gateway, limit: 100 });
  const readings = usePaged("/rejected-readings", { gateway, outcome, limit: 100 });
  useExported(t("rejected_messages"), messages.address);
  useExported(t("rejected_readings"), readings.address);
  const [shown, setShown] = useState(null);
  const reload = () => [messages, readings].forEach((each) => each.reload());
  return html`<div class="stack">
    ${may("register") && html`<${Retry} gateway=${gateway} onDone=${reload} />`}
    ${gateway && html`<p><button type="button" class="chip" aria-pressed="true" onClick=${() => setQuery({ gateway: null })}>${t("gateway")}${t("colon")}${gateway} ✕</button></p>`}
    <${Card} title=${t("rejected_messages")}>
      <${Paged} of=${messages}>${(rows) => html`<${Table} caption=${t("table_of", { title: t("rejected_messages") })} rowKey=${(row) => row.id} rows=${rows} onOpen=${setShown} columns=${[
        { key: "received_at", title: t("received"), narrow: true, order: true, cell: (row) => html`<span class="nowrap">${timeText(row.received_at)}</span>` },
        { key: "gateway", title: t("gateway"), narrow: true, cell: (row) => html`<${OfGateway} row=${row} />` },
        { key: "code", title: t("code"), narrow: true, cell: (row) => word("rejection", row.code) },
        { key: "detail", title: t("detail"), cell: (row) => html`<span class="note">${row.detail}</span>` },
        { key: "payload_bytes", title: t("bytes"), number: true, order: true, cell: (row) => html`<${Count} value=${row.payload_bytes} />` },
        { key: "sample", title: t("sample"), wide: true, cell: (row) => html`<code>${sampleOf(row).text.slice(0, 60)}</code>` },
      ]} />`}<//>
    <//>
    <${Card} title=${t("rejected_readings")}>
      <${Facet} title=${t("outcome")} chosen=${outcome} values=${OUTCOMES.map((each) => ({ key: each, title: word("rejected_outcome", each) }))} onChoose=${(chosen) => setQuery({ outcome: chosen.length ? chosen.join(",") : null })} />
      <${Paged} of=${readings}>${(rows) => html`<${Table} caption=${t("table_of", { title: t("rejected_readings") })} rowKey=${(row) => row.id} rows=${rows} columns=${[
        { key: "received_at", title: t("received"), narrow: true, order: true, cell: (row) => html`<span class="nowrap">${timeText(row.received_at)}</span>` },
        { key: "gateway", title: t("gateway"), cell: (row) => html`<${OfGateway} row=${row} />` },
        { key: "meter", title: t("meter"), narrow: true, order: true, cell: (row) => html`<code>${row.meter}</code>` },
        { key: "ts", title: t("time"), cell: (row) => html`<code class="nowrap">${/^-?\d+$/.test(row.ts) ? timeText(Number(row.ts)) : row.ts}</code>` },
        { key: "value", title: t("stored"), number: true, cell: (row) => html`<code>${row.value}</code>` },
        { key: "code", title: t("code"), narrow: true, cell: (row) => html`${word("rejection", row.code)} <span class="note">${row.detail}</span>` },
        { key: "outcome", title: t("outcome"), cell: (row) => html`<span title=${timeText(row.retried_at)}>${word("rejected_outcome", row.outcome || "open")}</span>` },
      ]} />`}<//>
    <//>
    ${shown && html`<${Message} row=${shown} onClose=${() => setShown(null)} />`}
  </div>`;
}

const OfGateway = ({ row }) => (row.gateway ? html`<button type="button" class="plain" onClick=${() => setQuery({ gateway: row.gateway })}><code>${row.gateway}</code></button>` : html`${t("gateway_unknown")}${row.claimed && html` <span class="note">${t("claims", { code: row.claimed })}</span>`}`);

// The first bytes of a message: {text, isText, bytes}. What is no UTF-8 is shown as hexadecimal.
export function sampleOf(row) {
  const bytes = Uint8Array.from(atob(row.payload_base64), (sign) => sign.charCodeAt(0));
  // A sign that was cut at the end is no fault of the message.
  const text = new TextDecoder("utf-8").decode(bytes, { stream: true });
  const isText = !/[\u0000-\u0008\u000e-\u001f\ufffd]/.test(text);
  const hexadecimal = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return { text: isText ? text : hexadecimal, isText, hexadecimal };
}

function Message({ row, onClose }) {
  const sample = sampleOf(row);
  const [raw, setRaw] = useState(!sample.isText);
  return html`<${Dialog} wide title=${word("rejection", row.code)} onClose=${onClose}>
    <${Facts} facts=${[
      [t("received"), timeText(row.received_at)],
      [t("gateway"), row.gateway || t("gateway_unknown")],
      [t("topic"), html`<code>${row.topic}</code>`],
      [t("bytes"), html`<${Count} value=${row.payload_bytes} />`],
      [t("detail"), row.detail],
    ]} />
    <h3>${t("sample")}</h3>
    ${sample.isText && html`<p role="group">${[false, true].map((each) => html`<button type="button" class="chip" key=${each} aria-pressed=${raw === each} onClick=${() => setRaw(each)}>${t(each ? "as_hex" : "as_text")}</button>`)}</p>`}
    <pre>${raw ? sample.hexadecimal : pretty(sample.text)}</pre>
  <//>`;
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // A message that is no JSON, or was cut, is shown as it came.
    return text;
  }
}

function Retry({ gateway, onDone }) {
  const [answer, setAnswer] = useState(null);
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    setProblem(null);
    try {
      setAnswer(await post(`/rejected-readings/retry${gateway ? `?gateway=${encodeURIComponent(gateway)}` : ""}`));
      onDone();
    } catch (failed) {
      setProblem(failed);
    }
    setBusy(false);
  };
  return html`<div class="card"><div class="toolbar"><button type="button" class="primary" disabled=${busy} onClick=${run}>${t("retry")}${gateway ? ` · ${t("retry_of", { gateway })}` : ""}</button> <span class="note">${t("retry_text")}</span></div>
    ${answer && html`<p role="status">✓ ${t("retried", answer)}</p>`}${problem && html`<${Failure} problem=${problem} />`}</div>`;
}
