// 能耗双控: the lights of all areas, and of one of them path, total, targets as printed, metrics, and a trial of the year.

import { html } from "../vendor/preact.js";
import { addressOf, useGet } from "../lib/api.js";
import { useExported } from "../lib/exported.js";
import { useShown } from "../lib/shown.js";
import { language, link, setQuery } from "../lib/state.js";
import { saidOf, word, wordsOf } from "../lib/words.js";
import { Count, Quantity } from "../parts/number.js";
import { Folding } from "../parts/narrowing.js";
import { Card, Figure, PageHead } from "../parts/page.js";
import { homeArea } from "../parts/scope.js";
import { SeriesChart } from "../parts/series.js";
import { Nothing, Read } from "../parts/states.js";
import { Light, Sign } from "../parts/verdict.js";
import { Waterfall } from "../parts/waterfall.js";
import { Lights } from "./dual_control/lights.js";
import { Metrics, National, Targets } from "./dual_control/metrics.js";
import { assumedOf, Trial } from "./dual_control/trial.js";
import words from "./dual_control.words.js";

const t = wordsOf(words);
const text = (entry) => (entry ? entry[language.value === "zh" ? "text_zh" : "text"] : "");

export default function DualControl({ params, query }) {
  const area = params.area || query.area || homeArea();
  useShown({ area, pickers: [] });
  const list = useGet("/progress", { year: query.year, limit: 200 });
  const year = query.year || (list.data ? list.data.year : null);
  const one = useGet(year ? "/progress" : null, { area, year, ...assumedOf(query) });
  useExported(t("lights"), list.address && addressOf("/progress", { year: query.year, light: query.light }));
  return html`
    <${PageHead} title=${t("title")} note=${html`<${Shown} list=${list.data} />`} actions=${html`<${YearPicker} year=${Number(year)} />`} />
    <div class="grid">
      <${Card} span=${4} kind="narrowing below-on-phone"><${Folding} title=${t("lights")}><${Read} of=${list} lines=${10}>${(data) => html`<${Lights} data=${data} area=${area} query=${query} />`}<//><//><//>
      <div class="span-8"><${Read} of=${one} lines=${10}>${(data) => html`<div class="stack"><${OfArea} data=${data} query=${query} /></div>`}<//></div>
    </div>`;
}

// Which year is shown, and why.
function Shown({ list }) {
  if (!list) return "";
  const plan = list.plan ? t("plan_years", { plan: words.zh[`plan_${list.plan.code}`] ? t(`plan_${list.plan.code}`) : list.plan.code, from: list.plan.first_year, to: list.plan.last_year }) : t("no_plan");
  return html`${t("year_shown", { year: list.year })} · ${word("year_choice", list.year_from)} · ${plan}`;
}

function YearPicker({ year }) {
  if (!year) return "";
  const turn = (by) => () => setQuery({ year: year + by });
  return html`<div class="picker" role="group" aria-label=${t("year")}>
    <button type="button" class="plain" aria-label=${t("earlier")} onClick=${turn(-1)}>◀</button>
    <strong>${t("year_shown", { year })}</strong>
    <button type="button" class="plain" aria-label=${t("later")} onClick=${turn(1)}>▶</button>
  </div>`;
}

function OfArea({ data, query }) {
  return html`
    <${Card} title=${html`${saidOf(data.area, "name")} <span class="note">${word("evaluation", data.evaluation)}</span>`} actions=${html`<a class="button small" href=${link(`/area/${data.area.code}`)}>${t("to_area")}</a>`}>
      <${Standing} data=${data} />
    <//>
    <${Card}><${PathChart} data=${data} /><//>
    <${Card} title=${t("total_title")}><${Total} data=${data} /><//>
    <${Card} title=${t("trial_title")} kind="trial"><${Trial} data=${data} query=${query} /><//>
    <${Card} title=${t("targets_title")}><${Targets} data=${data} /><//>
    <${Card} title=${t("metrics_title")}><${Metrics} data=${data} /><//>
    ${data.national.length > 0 && html`<${Card} title=${t("national_title")}><${National} data=${data} /><//>`}`;
}

// Where it stands: the fall of the intensity against both targets, the total, and the lights.
function Standing({ data }) {
  const { intensity, total, lights, basic, incentive, waiver, annual } = data;
  const last = data.years[data.years.length - 1];
  const figure = (name, target, goal) => target.state !== "missing" && html`<${Figure} name=${name} value=${target.completion_percent} unit="%" limit=${100} state=${target.state === "not_applicable" ? "not_applicable" : null}
    more=${html`<span title=${t("completion_of")}>${t("asked")} <${Quantity} value=${goal} unit="%" withUnit /></span> ${target.on_course !== null && html`<${Sign} of=${target.on_course ? "ok" : "breach"}>${t(target.on_course ? "on_course" : "behind")}<//>`}`} />`;
  return html`<div class="figures">
      <${Figure} name=${t("fall")} value=${last ? last.cumulative_percent : null} unit="%" limit=${basic.required_percent} more=${html`${t("asked")} <${Quantity} value=${basic.required_percent} unit="%" withUnit />`} />
      ${figure(t("basic"), basic, basic.target_percent)}
      ${figure(t("incentive"), incentive, incentive.target_percent)}
      <${Figure} name=${t("fall_of_year")} value=${annual.reduction_percent} unit="%" limit=${annual.planned_percent} more=${html`${t("planned")} <${Quantity} value=${annual.planned_percent} unit="%" withUnit />`} />
      <div class="figure-card"><span class="name">${t("light_of")}</span><span class="big"><${Light} level=${lights.intensity.level} title=${text(lights.intensity)} /> / <${Light} level=${lights.total.level} title=${text(lights.total)} /></span><span class="more">${t("intensity_and_total")}</span></div>
    </div>
    <p><${Sign} of=${intensity.verdict}>${t("intensity")}${t("colon")}${text(intensity)}<//> · <${Sign} of=${total.verdict}>${t("total")}${t("colon")}${text(total)}<//>${waiver.waived && html` <span class="chip">${text(waiver)}</span>`}${data.grade && html` <span class="chip">${t("grade")} ${text(data.grade)}</span>`}</p>
    <${Obstacles} of=${[...intensity.obstacles, ...total.obstacles]} />`;
}

// What is missing, each once.
function Obstacles({ of }) {
  const lines = [...new Set(of.map(text))];
  return lines.length > 0 && html`<details class="obstacles"><summary>${t("lacking")} <${Count} value=${lines.length} /></summary><ul>${lines.map((line) => html`<li key=${line}>${line}</li>`)}</ul><a class="button small" href=${link("/registry/statistics")}>${t("report")}</a></details>`;
}

function PathChart({ data }) {
  const path = data.path;
  const shown = (value, isThere) => (isThere ? value : undefined);
  const actual = path.map((year) => shown(year.cumulative_percent, year.year <= data.year && year.year > path[0].year && !year.forecast));
  const coming = path.map((year, index) => {
    const next = path[index + 1];
    return shown(year.cumulative_percent, year.forecast || (next && next.forecast));
  });
  const has = (name) => path.some((year) => year[name] !== null);
  const series = [
    { name: t("actual"), kind: "line", token: "accent", values: path[0].cumulative_percent === null ? [0, ...actual.slice(1)] : actual, coverage: path.map((year) => year.coverage) },
    ...(path.some((year) => year.forecast) ? [{ name: t("forecast"), kind: "line", token: "accent", dashed: true, values: coming }] : []),
    ...(has("required_percent") ? [{ name: t("required"), kind: "line", token: "muted", dashed: true, values: path.map((year) => year.required_percent) }] : []),
    ...(has("incentive_percent") ? [{ name: t("incentive_path"), kind: "line", token: "ok", dashed: true, values: path.map((year) => year.incentive_percent) }] : []),
  ];
  if (!has("cumulative_percent") && !has("required_percent")) return html`<h2>${t("path_title")}</h2><${Nothing}>${t("no_path")}<//>`;
  return html`<${SeriesChart} caption=${t("path_title")} labels=${path.map((year) => String(year.year))} series=${series} unit="%" height=${230} />`;
}

// From all energy to what is assessed, term by term, and what that is held against.
function Total({ data }) {
  const total = data.total_of_plan && data.total_of_plan.assessed_tce !== null && data.evaluation !== "annual" ? data.total_of_plan : data.total;
  const steps = [
    { name: t("energy"), value: total.energy_tce },
    { name: t("feedstock"), value: total.feedstock_tce, minus: true },
    { name: t("listed"), value: total.listed_tce, minus: true },
    { name: t("new_renewable"), value: total.new_renewable_tce, minus: true },
    { name: t("assessed_against", { year: total.reference_year }), value: total.assessed_tce, sum: true },
    ...(total.target ? [{ name: t("total_target"), value: total.target.target_tce, sum: true, kind: "goal" }] : []),
  ];
  const { target } = total;
  return html`<${Waterfall} caption=${t("total_caption", { year: data.year, reference: total.reference_year })} steps=${steps} unit="tce" />
    ${target && html`<p class="note">${target.stated ? t("target_stated") : html`${t("target_made")} <${Quantity} value=${target.reference_tce} unit="tce" withUnit /> × (1 + <${Quantity} value=${target.growth_planned_percent} unit="%" withUnit />) × (1 − <${Quantity} value=${target.reduction_planned_percent} unit="%" withUnit />)${target.adjusted && html` · ${t("target_adjusted")} <${Quantity} value=${target.growth_actual_percent} unit="%" withUnit />`}`}</p>`}
    ${total.excess_percent !== null && html`<p><${Sign} of=${total.excess_percent > 0 ? "breach" : "ok"}>${t(total.excess_percent > 0 ? "beyond" : "within")} <${Quantity} value=${Math.abs(total.excess_percent)} unit="%" withUnit /><//> <span class="note">${text(total)}</span></p>`}`;
}
