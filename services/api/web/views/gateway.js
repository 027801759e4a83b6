// A gateway 端设备: what became of what it sent, and, of one that speaks another format, its points, held values and profile.

import { html, useState } from "../vendor/preact.js";
import { may, useGet } from "../lib/api.js";
import { useShown } from "../lib/shown.js";
import { language, link } from "../lib/state.js";
import { agoText, timeText } from "../lib/time.js";
import { word, wordsOf } from "../lib/words.js";
import { Count } from "../parts/number.js";
import { Card, Facts, PageHead, Tabs } from "../parts/page.js";
import { Read } from "../parts/states.js";
import { Table } from "../parts/table.js";
import { Held } from "./gateway/held.js";
import { Points } from "./gateway/points.js";
import { Profile } from "./gateway/profile.js";
import words from "./gateway.words.js";

const t = wordsOf(words);
const TABS = { points: Points, held: Held, profile: Profile };

export default function Gateway({ params, query }) {
  const { code } = params;
  useShown({ pickers: [] });
  const heard = useGet(`/gateways/${encodeURIComponent(code)}/state`);
  const [turn, setTurn] = useState(0);
  const tab = TABS[query.tab] ? query.tab : "points";
  const Shown = TABS[tab];
  // What was done shows in the counters too.
  const changed = () => {
    heard.reload();
    setTurn(turn + 1);
  };
  return html`<${Read} of=${heard}>${(data) => html`
    <${PageHead} title=${`${t("title")} ${code}`} note=${data.name} actions=${may("register") && html`<a class="button" href=${link(`/registry/gateways/${encodeURIComponent(code)}`)}>${t("to_entry")}</a>`} />
    <div class="stack">
      <${Card}>
        <${Facts} facts=${[
          [t("state"), html`${word("gateway_state", data.state)}${data.silent && html` <span class="sign-of warning"><span aria-hidden="true">◆</span> ${t("silent")}</span>`}`],
          [t("last_heard"), data.last_message_at ? html`<span title=${timeText(data.last_message_at)}>${agoText(data.last_message_at, language.value)}</span>` : t("never")],
          [t("resends"), t(data.cannot_resend ? "cannot_resend" : "can_resend")],
          [t("profile"), data.profile ? `${data.profile} ${data.profile_version}` : t("no_profile")],
          [t("unknown_points"), html`<${Count} value=${data.counters.unknown_points} />`],
          [t("held_values"), html`<${Count} value=${data.counters.held_values} />`],
        ]} />
        <h2>${t("counters", { start: data.counters.start })}</h2>
        <${Table} caption=${t("counters", { start: data.counters.start })} rows=${data.counters.formats} rowKey=${(row) => row.format} columns=${[
          { key: "format", title: t("format"), narrow: true, cell: (row) => t(`format_${row.format}`) },
          { key: "messages", title: t("messages"), number: true, narrow: true, cell: (row) => html`<${Count} value=${row.messages} />` },
          { key: "stored", title: t("stored"), number: true, narrow: true, cell: (row) => html`<${Count} value=${row.stored} />` },
          { key: "duplicate", title: t("duplicate"), number: true, cell: (row) => html`<${Count} value=${row.duplicate} />` },
          { key: "rejected_readings", title: t("rejected_readings"), cell: (row) => byCode(row.rejected_readings) },
          { key: "rejected_messages", title: t("rejected_messages"), cell: (row) => byCode(row.rejected_messages) },
        ]} />
      <//>
      <${Tabs} path=${`/gateways/${encodeURIComponent(code)}`} label=${t("title")} current=${tab} tabs=${Object.keys(TABS).map((key) => ({ key, title: t(`tab_${key}`) }))} />
      <${Shown} key=${`${tab} ${turn}`} gateway=${data} onChanged=${changed} />
    </div>`}<//>`;
}

const byCode = (counts) => Object.entries(counts).map(([code, count]) => html`<span class="chip" key=${code}>${word("rejection", code)} <${Count} value=${count} /></span>`);
