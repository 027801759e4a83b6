// 数据质量: how whole, in time and believable the data are; what is silent, suspect, rejected; and what people did about it.

import { html, useState } from "../vendor/preact.js";
import { may, session, useGet } from "../lib/api.js";
import { useShown } from "../lib/shown.js";
import { language, link, setQuery } from "../lib/state.js";
import { periodText } from "../lib/time.js";
import { areas, saidOf, wordsOf } from "../lib/words.js";
import { PageHead, Tabs } from "../parts/page.js";
import { Breadcrumbs, homeArea } from "../parts/scope.js";
import { MeterDay } from "./quality/day.js";
import { Days } from "./quality/days.js";
import { Gateways } from "./quality/gateways.js";
import { Marked } from "./quality/marked.js";
import { Recorded } from "./quality/recorded.js";
import { Rejected } from "./quality/rejected.js";
import words from "./quality.words.js";

const t = wordsOf(words);
const TABS = { days: Days, readings: Marked, rejected: Rejected, corrections: Recorded, gateways: Gateways };

export default function Quality({ query }) {
  const who = session.value;
  const enterprise = who.enterprise || query.enterprise || null;
  const area = enterprise ? null : query.area || homeArea();
  const one = useGet(enterprise && !who.enterprise ? `/enterprises/${encodeURIComponent(enterprise)}` : null);
  const period = useShown({ area, stays: true, pickers: ["period"] });
  const [turn, setTurn] = useState(0);
  const tab = TABS[query.tab] ? query.tab : "days";
  const Shown = TABS[tab];
  // Of which meters: as lists are narrowed, and as scores are scoped.
  const place = enterprise ? { enterprise } : { area };
  const scope = enterprise ? `enterprise:${enterprise}` : `area:${area}`;
  const name = who.enterprise ? t("own") : enterprise ? (one.data ? saidOf(one.data, "name") : enterprise) : areas.value[area] ? saidOf(areas.value[area], "name") : area;
  const day = query.day && query.meter ? { meter: query.meter, day: query.day } : null;
  // A meter's day stands in the address too: it can be sent to somebody.
  const openDay = (meter, at) => setQuery({ meter, day: at }, { replace: day !== null });
  const shutDay = () => setQuery({ meter: null, day: null });
  return html`
    <${PageHead} title=${t("title")} trail=${area ? html`<${Breadcrumbs} area=${area} more=${[{ name: t("title") }]} />` : one.data && html`<${Breadcrumbs} area=${one.data.membership ? one.data.membership.area_code : homeArea()} more=${[{ name, href: link(`/enterprise/${enterprise}`) }, { name: t("title") }]} />`}
      note=${t("note", { place: name, period: periodText(period, language.value) })} />
    <${Tabs} path="/quality" name="tab" label=${t("title")} current=${tab} tabs=${Object.keys(TABS).map((key) => ({ key, title: t(`tab_${key}`) }))} keep=${{ area: query.area, enterprise: query.enterprise }} />
    <${Shown} key=${`${tab} ${scope} ${turn}`} scope=${scope} place=${place} period=${period} openDay=${openDay} />
    ${day && html`<${MeterDay} key=${`${day.meter} ${day.day}`} meter=${day.meter} day=${day.day} onDay=${(at) => openDay(day.meter, at)} onClose=${shutDay} onChanged=${() => setTurn(turn + 1)} mayCorrect=${may("correct")} />`}`;
}
