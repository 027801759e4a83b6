// The profile of a gateway: tried on a message, compared with another version on kept messages, and given.

import { html, useState } from "../../vendor/preact.js";
import { may, post, put, useGet } from "../../lib/api.js";
import { timeText } from "../../lib/time.js";
import { saidOf, word, wordsOf } from "../../lib/words.js";
import { Count } from "../../parts/number.js";
import { Card } from "../../parts/page.js";
import { Failure, Read } from "../../parts/states.js";
import { Table } from "../../parts/table.js";
import words from "../gateway.words.js";

const t = wordsOf(words);

export function Profile({ gateway, onChanged }) {
  const profiles = useGet("/profiles", { limit: 1000 });
  const [chosen, setChosen] = useState({ profile: gateway.profile || "", version: "" });
  return html`<${Read} of=${profiles}>${(data) => html`
    <${Giving} gateway=${gateway} profiles=${data.data} chosen=${chosen} onChoose=${setChosen} onChanged=${onChanged} />
    <${Trying} gateway=${gateway} chosen=${chosen} />`}<//>`;
}

const asked = ({ profile, version }) => ({ profile, ...(version ? { version: Number(version) } : {}) });

function Giving({ gateway, profiles, chosen, onChoose, onChanged }) {
  const [moved, setMoved] = useState(null);
  const [problem, setProblem] = useState(null);
  const path = `/gateways/${encodeURIComponent(gateway.code)}/profile`;
  const doing = (act) => async () => {
    setProblem(null);
    try {
      await act();
    } catch (refused) {
      setProblem(refused);
    }
  };
  const compare = doing(async () => setMoved(await post(`${path}/try`, asked(chosen))));
  const give = doing(async () => {
    await put(path, asked(chosen));
    onChanged();
  });
  return html`<${Card} title=${t("tab_profile")}>
    <p class="toolbar">
      <label>${t("profile")} <select value=${chosen.profile} onChange=${(event) => onChoose({ profile: event.target.value, version: "" })}><option value="">${t("none")}</option>${profiles.map((each) => html`<option key=${each.name} value=${each.name} selected=${each.name === chosen.profile}>${`${each.name} ${each.version} ${saidOf(each, "title")}`}</option>`)}</select></label>
      <label>${t("version")} <input size="4" inputmode="numeric" value=${chosen.version} placeholder=${t("newest")} onInput=${(event) => onChoose({ ...chosen, version: event.target.value })} /></label>
      ${may("register") && gateway.profile && html`<button type="button" disabled=${!chosen.profile} onClick=${compare}>${t("compare")}</button>`}
      ${may("register") && html`<button type="button" class="primary" disabled=${!chosen.profile} onClick=${give}>${t("give")}</button>`}
    </p>
    <p class="note">${t("profile_note")}</p>
    ${problem && html`<${Failure} problem=${problem} />`}
    ${moved && html`<p role="status">${moved.messages === 0 ? t("none_kept") : t("compared", { messages: moved.messages, same: moved.same, changed: moved.changed.length })}</p>`}
    ${moved && moved.changed.length > 0 && html`<${Table} caption=${t("compare")} rows=${moved.changed} rowKey=${(row) => `${row.received_at} ${row.source}`} columns=${[
      { key: "received_at", title: t("received"), narrow: true, cell: (row) => html`${timeText(row.received_at)} <code>${row.source}</code>` },
      { key: "gone", title: t("gone"), narrow: true, cell: (row) => html`<${Values} values=${row.gone} why=${row.nothing_before} />` },
      { key: "added", title: t("added"), narrow: true, cell: (row) => html`<${Values} values=${row.added} why=${row.nothing_after} />` },
    ]} />`}
  <//>`;
}

const Values = ({ values, why }) => html`${why && html`<p class="fault">${why}</p>`}${values.map((each) => html`<p key=${`${each.point} ${each.ts} ${each.value}`}><code>${each.point}</code> ${String(each.value)} ${each.unit} <span class="note">${timeText(each.ts)}</span></p>`)}`;

// What the chosen profile makes of a message that is put in.
function Trying({ gateway, chosen }) {
  const [given, setGiven] = useState({ topic: "", payload: "" });
  const [trial, setTrial] = useState(null);
  const [problem, setProblem] = useState(null);
  const submit = async (event) => {
    event.preventDefault();
    setProblem(null);
    setTrial(null);
    try {
      setTrial(await post("/profiles/try", { ...asked(chosen), gateway: gateway.code, payload: given.payload, ...(given.topic ? { topic: given.topic } : {}) }));
    } catch (refused) {
      setProblem(refused);
    }
  };
  return html`<${Card} title=${t("trying")}><form class="stacked" onSubmit=${submit}>
    <label>${t("topic")} <input value=${given.topic} placeholder=${`x/${gateway.code}/data`} onInput=${(event) => setGiven({ ...given, topic: event.target.value })} /></label>
    <label>${t("payload")} <textarea rows="6" required value=${given.payload} onInput=${(event) => setGiven({ ...given, payload: event.target.value })}></textarea></label>
    <p class="toolbar"><button type="submit" class="primary" disabled=${!chosen.profile}>${t("try_it")}</button><span class="note">${t("try_note")}</span></p>
    ${problem && html`<${Failure} problem=${problem} />`}
    ${trial && (trial.unreadable || trial.nothing) && html`<p class="failure" role="alert">${trial.unreadable ? t("unreadable", { why: trial.unreadable }) : t("yields_nothing", { why: trial.nothing })}</p>`}
    ${trial && trial.values.length > 0 && html`<${Table} caption=${t("trying")} rows=${trial.values} rowKey=${(row) => `${row.point} ${row.ts}`} columns=${[
      { key: "point", title: t("point"), narrow: true, cell: (row) => html`<code>${row.point}</code>` },
      { key: "ts", title: t("time"), narrow: true, cell: (row) => timeText(row.ts) },
      { key: "value", title: t("value"), number: true, narrow: true, cell: (row) => `${row.value} ${row.unit}` },
      { key: "flag", title: t("flag"), cell: (row) => row.flag && word("data_flag", row.flag) },
    ]} />`}
    ${trial && trial.rejected.map((each) => html`<p class="fault" key=${`${each.point} ${each.code}`}><code>${each.point}</code> ${each.value}: ${word("rejection", each.code)} ${each.detail}</p>`)}
    ${trial && Object.entries(trial.dropped).map(([why, count]) => html`<p class="note" key=${why}>${t("left_out", { why })} <${Count} value=${count} /></p>`)}
  </form><//>`;
}
