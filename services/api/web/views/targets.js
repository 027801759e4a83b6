// 目标与依据: every number that the plans print, where it stands, and what is measured of it today.

import { html } from "../vendor/preact.js";
import { addressOf, may, session, useGet } from "../lib/api.js";
import { useExported } from "../lib/exported.js";
import { useShown } from "../lib/shown.js";
import { setQuery } from "../lib/state.js";
import { areas, saidOf, word, wordsOf } from "../lib/words.js";
import { Count } from "../parts/number.js";
import { Card, Facet, PageHead } from "../parts/page.js";
import { homeArea, ownAreas } from "../parts/scope.js";
import { Nothing, Read } from "../parts/states.js";
import { Table } from "../parts/table.js";
import { TargetDetail } from "./targets/detail.js";
import { Asked, Changes, Measured, Standing } from "./targets/cells.js";
import words from "./targets.words.js";

const t = wordsOf(words);
const MOST = 500;
const PLANS = ["14", "13"];
const KINDS = ["target", "threshold", "actual"];
const NATURES = ["binding", "expected", "incentive", "unlabelled"];
const REDUCTION = "energy_intensity_gdp_reduction";

export default function Targets({ query }) {
  useShown({ pickers: [] });
  // An enterprise sees what the plans print, of every area; what is measured of areas it does not see.
  const area = session.value.enterprise ? null : query.area && areas.value[query.area] ? query.area : homeArea();
  const plan = query.plan === "all" ? null : query.plan || PLANS[0];
  const listed = useGet("/targets", { area, plan, q: query.q, kind: query.kind, nature: query.nature, actual: area !== null || null, limit: MOST });
  const progress = useGet(may("survey") && plan ? "/progress" : null, { area, plan });
  useExported(t("title"), addressOf("/targets", { area, plan, q: query.q, nature: query.nature, kind: query.kind, actual: area !== null || null }));
  const natures = query.nature ? query.nature.split(",") : [];
  const kinds = query.kind ? query.kind.split(",") : [];
  return html`
    <${PageHead} title=${t("title")} note=${t("note")} />
    <${Card}>
      <div class="toolbar">
        ${area !== null && html`<label>${t("area")} <select value=${area} onChange=${(event) => setQuery({ area: event.target.value, row: null })}>${choices(area).map((code) => html`<option key=${code} value=${code}>${saidOf(areas.value[code], "name")}</option>`)}</select></label>`}
        <label>${t("plan")} <select value=${plan || "all"} onChange=${(event) => setQuery({ plan: event.target.value === PLANS[0] ? null : event.target.value, row: null })}>
          ${PLANS.map((each) => html`<option key=${each} value=${each}>${t(`plan_${each}`)}</option>`)}<option value="all">${t("all_plans")}</option></select></label>
        <input type="search" class="spring" aria-label=${t("find")} placeholder=${t("find")} value=${query.q || ""} onChange=${(event) => setQuery({ q: event.target.value.trim() || null, row: null })} />
        ${area !== null && html`<label><input type="checkbox" checked=${query.measured === "1"} onChange=${(event) => setQuery({ measured: event.target.checked ? "1" : null })} /> ${t("measured_only")}</label>`}
      </div>
      <${Read} of=${listed} lines=${12}>${(data) => {
        const fall = fallSoFar(progress.data);
        const all = data.data.map((row) => (row.actual === null && row.indicator === REDUCTION && fall !== null ? { ...row, fall } : row));
        const rows = [...all].sort(measuredFirst).filter((row) => query.measured !== "1" || isMeasured(row));
        const open = all.find((row) => row.code === query.row) || null;
        return html`
          <div class="facets">
            <${Facet} title=${t("kind")} values=${counted(KINDS, data.facets.kind, "target_kind")} chosen=${kinds} onChoose=${(values) => setQuery({ kind: values.join(",") || null })} />
            <${Facet} title=${t("nature")} values=${counted(NATURES, data.facets.nature, "target_nature")} chosen=${natures} onChoose=${(values) => setQuery({ nature: values.join(",") || null })} />
          </div>
          <p class="note">${t("count_before")} <${Count} value=${rows.length} /> ${t("count_after")}</p>
          ${all.length === 0 && !query.q && !query.kind && !query.nature ? html`<${Nothing}>${t("no_area")}<//>` : html`<${Table} caption=${t("title")} rows=${rows} rowKey=${(row) => row.code} columns=${COLUMNS()} current=${query.row || null} onOpen=${(row) => setQuery({ row: row.code })} />`}
          ${open && html`<${TargetDetail} row=${open} onClose=${() => setQuery({ row: null })} />`}`;
      }}<//>
    <//>`;
}

const isMeasured = (row) => (row.actual !== null && row.actual.value !== null) || row.fall !== undefined;
const measuredFirst = (one, other) => rankOf(one) - rankOf(other);
const rankOf = (row) => (isMeasured(row) ? 0 : row.actual ? 1 : 2);
const counted = (codes, counts, kind) => codes.map((code) => ({ key: code, title: word(kind, code), count: counts[code] })).filter((each) => each.count > 0);

// The region and its leagues, and what lies below the one that is shown.
function choices(area) {
  const seen = ownAreas();
  const near = seen.filter((each) => each.level !== "banner" || each.code === area || each.parent_code === area || (areas.value[area] && each.parent_code === areas.value[area].parent_code && areas.value[area].level === "banner"));
  const codes = near.map((each) => each.code);
  return codes.includes(area) ? codes : [area, ...codes];
}

// By how much the intensity has fallen by the year that is judged, in per cent; null where it cannot be told.
function fallSoFar(progress) {
  if (!progress || !progress.years) return null;
  const year = progress.years.find((each) => each.year === progress.year);
  return year && year.cumulative_percent !== null ? { value: year.cumulative_percent, year: year.year } : null;
}

// What is measured of an area is not of an enterprise.
const COLUMNS = () => [
  { key: "indicator_zh", title: t("indicator"), order: true, narrow: true, wide: true, cell: (row) => html`${session.value.enterprise && html`<span class="note">${saidOf(row, "area_name")}</span> `}${saidOf(row, "indicator")}${row.subject && html` <span class="note">（${word("target_subject", row.subject)}）</span>`}` },
  { key: "target", title: t("target"), number: true, narrow: true, cell: (row) => html`<${Asked} row=${row} />` },
  { key: "target_year", title: t("year"), order: true, cell: (row) => row.target_year || "" },
  { key: "nature", title: t("nature"), order: true, cell: (row) => `${word("target_nature", row.nature)}${row.stage ? ` · ${word("target_stage", row.stage)}` : ""}` },
  { key: "actual", title: t("actual"), number: true, narrow: true, cell: (row) => html`<${Measured} row=${row} />` },
  { key: "met", title: t("judged"), narrow: true, cell: (row) => html`<${Standing} row=${row} />` },
  { key: "change", title: t("change"), number: true, cell: (row) => html`<${Changes} row=${row} />` },
  { key: "document", title: t("document"), order: true, cell: (row) => html`<span class="nowrap">${row.document.length > 16 ? html`<span title=${row.document}>${row.document.slice(0, 15)}…</span>` : row.document}</span> <span class="note nowrap">${row.clause || ""}</span>${row.conflicts.length > 0 && html` <span class="sign-of warning" title=${t("conflict")}><span aria-hidden="true">⚑</span><span class="hidden">${t("conflict")}</span></span>`}${!row.verified && html` <span class="note">${t("unverified")}</span>`}` },
].filter((column) => !session.value.enterprise || !["actual", "met", "change"].includes(column.key));
