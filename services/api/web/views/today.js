// 今日: what waits for a decision today, by deadline; since last evening; warning levels; yesterday's use.

import { html, useState } from "../vendor/preact.js";
import { addressOf, may, session, useGet } from "../lib/api.js";
import { useExported } from "../lib/exported.js";
import { useShown } from "../lib/shown.js";
import { basis, link } from "../lib/state.js";
import { addDays, clockText, toDay } from "../lib/time.js";
import { wordsOf } from "../lib/words.js";
import { CountCard, PageHead } from "../parts/page.js";
import { Count } from "../parts/number.js";
import { homeArea, homeScope } from "../parts/scope.js";
import { Read } from "../parts/states.js";
import { FirstCases, waitsFor } from "./today/cases.js";
import { Acknowledge } from "./today/acknowledge.js";
import { Faults, Lights, Reasons, Since } from "./today/beside.js";
import { Use } from "./today/use.js";
import words from "./today.words.js";

const t = wordsOf(words);
const EVERY_MS = 60000;
const DAYS_OF_USE = 14;
const WEEK = 7;

export default function Today() {
  useShown({ pickers: ["basis"] });
  const [taking, setTaking] = useState(null);
  const home = session.value.enterprise ? null : homeArea();
  const today = toDay();
  const month = `${addDays(today, -1).slice(0, 7)}-01`;
  const scope = homeScope();
  const work = useGet("/worklist", { area: home, first: 20 }, { everyMs: EVERY_MS });
  const days = useGet("/energy/balance", { scope, bucket: "day", start: addDays(today, -DAYS_OF_USE), end: today, compare: addDays(today, -DAYS_OF_USE - WEEK) });
  const soFar = useGet("/energy/balance", { scope, bucket: "month", start: month, end: today, compare: "previous" });
  const lights = useGet(may("survey") ? "/progress" : null, { area: home, below: true, limit: 200 });
  useExported(t("all_cases"), addressOf("/cases", { area: home, awaiting: waitsFor(), order: "urgency" }));
  useExported(t("use"), days.address);
  useExported(t("lights"), lights.address);
  return html`
    <${PageHead} title=${t("title")} note=${work.data && html`<${Moment} at=${work.data.at} day=${work.data.today} />`} />
    <${Read} of=${work} lines=${10}>${(data) => html`
      <${Counts} work=${data} />
      <div class="grid">
        <div class="stack span-8">
          <${FirstCases} work=${data} onAcknowledge=${may("explain") && waitsFor() === "body" ? setTaking : null} />
          <${Use} scope=${scope} days=${days} month=${soFar} basis=${basis.value} today=${today} />
        </div>
        <div class="stack span-4">
          <${Since} since=${data.since_last_evening} />
          ${may("survey") && html`<${Lights} of=${lights} home=${home} />`}
          <${Reasons} found=${data.cannot_judge} />
          <${Faults} silent=${data.silent_gateways} findings=${data.findings} />
        </div>
      </div>`}<//>
    ${taking && html`<${Acknowledge} alerts=${taking} onClose=${() => setTaking(null)} onDone=${work.reload} />`}`;
}

function Moment({ at, day }) {
  const weekday = t("weekdays").split(" ")[new Date(`${day}T00:00:00Z`).getUTCDay()];
  return t("at", { day, weekday, clock: clockText(at) });
}

// How much waits, each leading to the list of it: for a body what it has to do, for an enterprise its own.
function Counts({ work }) {
  const isBody = waitsFor() === "body";
  const subjects = (list) => list.count > 0 && html`<span>${t("subjects_before")} <${Count} value=${list.subjects} /> ${t("subjects_after")}</span>`;
  const faults = work.silent_gateways.count + work.findings.count;
  return html`<div class="figures many">
    ${isBody && html`
    <${CountCard} name=${t("overdue_ours")} count=${work.overdue_ours.count} kind=${work.overdue_ours.count ? "sign-of severe" : ""} more=${subjects(work.overdue_ours)} href=${link("/alerts", { awaiting: "body", due: "overdue" })} />
    <${CountCard} name=${t("to_acknowledge")} count=${work.to_acknowledge.count} more=${subjects(work.to_acknowledge)} href=${link("/alerts", { awaiting: "body", status: "open" })} />
    <${CountCard} name=${t("to_answer")} count=${work.to_answer.count} more=${subjects(work.to_answer)} href=${link("/alerts", { awaiting: "body", status: "acknowledged,explained" })} />
    <${CountCard} name=${t("to_verify")} count=${work.to_verify.count} more=${subjects(work.to_verify)} href=${link("/alerts", { awaiting: "body", status: "planned" })} />
    <${CountCard} name=${t("to_close")} count=${work.to_close.count} more=${subjects(work.to_close)} href=${link("/alerts", { awaiting: "body", status: "verified" })} />`}
    <${CountCard} name=${t(isBody ? "overdue_enterprises" : "overdue_own")} count=${work.overdue_enterprises.count} kind=${work.overdue_enterprises.count ? "sign-of warning" : ""} more=${html`<span>${t(isBody ? "with_enterprises" : "with_own")} <${Count} value=${work.with_enterprises.count} /></span>`} href=${link("/alerts", { awaiting: "enterprise", due: work.overdue_enterprises.count ? "overdue" : null })} />
    <${CountCard} name=${t("cannot_judge")} count=${work.cannot_judge.subjects} kind="sign-of cannot_judge" more=${html`<span>${t("subjects_after")}</span>`} href="#cannot-judge" />
    <${CountCard} name=${t("data_faults")} count=${faults} more=${html`<span>${t("silent")} <${Count} value=${work.silent_gateways.count} /> · ${t("findings")} <${Count} value=${work.findings.count} /></span>`} href=${link("/quality")} />
  </div>`;
}
