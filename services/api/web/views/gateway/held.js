// Values that are held: of points that were unknown, or of which the sender says that they are not good.

import { html, useState } from "../../vendor/preact.js";
import { addressOf, may, post, useGet } from "../../lib/api.js";
import { useExported } from "../../lib/exported.js";
import { timeText } from "../../lib/time.js";
import { word, wordsOf } from "../../lib/words.js";
import { Card } from "../../parts/page.js";
import { Failure, Read } from "../../parts/states.js";
import { Table } from "../../parts/table.js";
import words from "../gateway.words.js";

const t = wordsOf(words);

export function Held({ gateway, onChanged }) {
  const list = useGet("/held-readings", { gateway: gateway.code, outcome: "open", limit: 500, total: true });
  useExported(t("tab_held"), list.address);
  const [told, setTold] = useState(null);
  const [problem, setProblem] = useState(null);
  const take = async (more = {}) => {
    setProblem(null);
    try {
      setTold(await post(addressOf("/held-readings/take", { gateway: gateway.code, ...more }).replace("/api/v1", "")));
      list.reload();
    } catch (refused) {
      setProblem(refused);
    }
  };
  const register = may("register");
  return html`<${Card} title=${t("tab_held")} actions=${register && html`<button type="button" class="primary" onClick=${() => take()}>${t("take")}</button>`}>
    <p class="note">${t("held_note")}</p>
    ${told && html`<p role="status">${t("taken_told", { stored: told.stored, duplicate: told.duplicate, conflict: told.conflict, refused: told.refused, more: told.more ? t("and_more") : "" })} <button type="button" class="small" onClick=${onChanged}>${t("refresh")}</button></p>`}
    ${problem && html`<${Failure} problem=${problem} />`}
    <${Read} of=${list}>${(data) => html`
      <${Table} caption=${t("tab_held")} rows=${data.data} rowKey=${(row) => row.id} filters=${html`<p class="nothing">${t("none_held")}</p>`} columns=${[
        { key: "point", title: t("point"), narrow: true, cell: (row) => html`<code>${row.point}</code>` },
        { key: "ts", title: t("time"), narrow: true, cell: (row) => timeText(row.ts) },
        { key: "value", title: t("value"), number: true, narrow: true, cell: (row) => `${row.value} ${row.unit}` },
        { key: "why", title: t("why"), cell: (row) => (row.flag ? word("data_flag", row.flag) : word("held_why", row.why)) },
        { key: "received_at", title: t("received"), cell: (row) => timeText(row.received_at) },
        ...(register ? [{ key: "act", title: t("acts"), cell: (row) => row.why === "flag" && html`<button type="button" class="small" title=${t("accept_title", { point: row.point })} onClick=${() => take({ point: row.point, accept_flags: true })}>${t("accept")}</button>` }] : []),
      ]} />
      ${data.total > data.data.length && html`<p class="note">${t("first_of", { shown: data.data.length, total: data.total })}</p>`}`}<//>
  <//>`;
}
