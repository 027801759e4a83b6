// 晴雨表: the light of each area, I before II before III, and how far each has come.

import { html } from "../../vendor/preact.js";
import { language, link, setQuery } from "../../lib/state.js";
import { nameOf, wordsOf } from "../../lib/words.js";
import { Quantity } from "../../parts/number.js";
import { Facet } from "../../parts/page.js";
import { Table } from "../../parts/table.js";
import { Light } from "../../parts/verdict.js";
import words from "../dual_control.words.js";

const t = wordsOf(words);
const LEVELS = ["I", "II", "III", "none"];
const text = (light) => (language.value === "zh" ? light.text_zh : light.text);
const rank = (row) => LEVELS.indexOf(row.lights.intensity.level || "none");

export function Lights({ data, area, query }) {
  const chosen = query.light ? query.light.split(",") : [];
  const rows = data.data.filter((row) => !chosen.length || chosen.includes(row.lights.intensity.level || "none"));
  const values = LEVELS.map((key) => ({ key, title: key === "none" ? t("not_told") : html`<${Light} level=${key} />`, count: data.facets.light[key] || 0 }));
  const columns = [
    { key: "area", title: t("area"), narrow: true, order: (one, other) => one.area.code.localeCompare(other.area.code), cell: (row) => html`<a href=${link(`/dual-control/${row.area.code}`, { year: query.year, light: query.light })} class=${row.area.level === "banner" ? "below" : ""}>${nameOf(data.names, "area", row.area.code)}</a>` },
    { key: "light", title: t("intensity"), narrow: true, order: (one, other) => rank(one) - rank(other), cell: (row) => html`<${Light} level=${row.lights.intensity.level} title=${text(row.lights.intensity)} />` },
    { key: "total", title: t("total"), cell: (row) => html`<${Light} level=${row.lights.total.level} title=${text(row.lights.total)} />` },
    { key: "fall", title: t("fall_short"), unit: "%", number: true, narrow: true, order: (one, other) => (one.cumulative_percent ?? -Infinity) - (other.cumulative_percent ?? -Infinity), className: () => "nowrap", cell: (row) => html`<${Quantity} value=${row.cumulative_percent} unit="%" limit=${row.required_percent} /><span class="note"> / </span><${Quantity} value=${row.required_percent} unit="%" state=${row.required_percent === null ? "not_applicable" : null} />` },
  ];
  return html`<${Facet} title=${t("light_of_intensity")} values=${values} chosen=${chosen} onChoose=${(keys) => setQuery({ light: keys.length ? keys.join(",") : null })} />
    <div class="lights-list"><${Table} caption=${t("lights")} columns=${columns} rows=${rows} rowKey=${(row) => row.area.code} current=${area} /></div>`;
}
