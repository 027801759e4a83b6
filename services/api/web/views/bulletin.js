// 月报, one sheet after another: as it was issued, to be printed on A4 or kept as PDF by the browser.

import { html } from "../vendor/preact.js";
import { addressOf, useGet } from "../lib/api.js";
import { scaleOf } from "../lib/format.js";
import { language, link, setLanguage } from "../lib/state.js";
import { periodOf, periodText, timeText } from "../lib/time.js";
import { nameOf, saidOf, wordsOf } from "../lib/words.js";
import { ExportMenu } from "../parts/export.js";
import { Change, Count, Coverage, Points, Quantity, Share } from "../parts/number.js";
import { QrCode } from "../parts/qr_code.js";
import { Read } from "../parts/states.js";
import { TableBox } from "../parts/table.js";
import { Verdict } from "../parts/verdict.js";
import words from "../parts/bulletin.words.js";

const t = wordsOf(words);
const SECTIONS = ["total", "carriers", "dual_control", "efficiency", "alerts", "quality"];
const COMPARED = ["total", "carriers"];
const UNKNOWN = "unknown_bulletin";

export default function Bulletin({ params, query }) {
  const path = `/bulletins/${params.code}/${params.month}`;
  const found = useGet(path, { version: query.version });
  if (found.problem && found.problem.code === UNKNOWN) return html`<${NotIssued} />`;
  return html`<${Read} of=${found} lines=${16}>${(bulletin) => html`
    <nav class="sheet-bar" aria-label=${t("title")}>
      <a class="button" href=${link("/bulletins", { diff: null })}>‹ ${t("back")}</a>
      <span class="spring"></span>
      <a class="button" href=${link("/bulletins", { diff: `${bulletin.area_code}/${bulletin.month}/${bulletin.version}` })}>${t("compare")}</a>
      <${ExportMenu} path=${path} params=${{ version: bulletin.version }} />
      <button type="button" class="plain" onClick=${() => setLanguage(language.value === "zh" ? "en" : "zh")}>${t("other_language")}</button>
      <button type="button" class="primary" onClick=${() => print()}>${t("print_page")}</button>
    </nav>
    <${Sheet} bulletin=${bulletin} />`}<//>`;
}

const NotIssued = () => html`<section class="card empty"><h1>${t("not_issued")}</h1><p>${t("not_issued_do")}</p><p><a class="button" href=${link("/bulletins")}>${t("back")}</a></p></section>`;

function Sheet({ bulletin }) {
  const marks = marksOf(bulletin);
  const period = periodOf(bulletin.month);
  const address = `${location.origin}/print/area/${bulletin.area_code}/${bulletin.month}?version=${bulletin.version}`;
  return html`<article class="sheet" lang=${language.value === "zh" ? "zh-CN" : "en"}>
    <header>
      <p class="sheet-kind">${t("sheet_title")}</p>
      <h1>${nameOf(bulletin.names, "area", bulletin.area_code)} · ${periodText(period, language.value)}</h1>
      <p class="note">${t("version")} <${Count} value=${bulletin.version} /> · ${t("issued_at")} ${timeText(bulletin.issued_at)} · ${t("issued_by")} ${bulletin.issued_by}</p>
    </header>
    <p class="note">${t("gap_note")}${bulletin.pending ? html` <strong>${t("pending_note")}</strong>` : ""}</p>
    ${SECTIONS.map((section) => html`<${Section} key=${section} section=${section} lines=${bulletin.data.filter((line) => line.section === section)} marks=${marks} />`)}
    <section>
      <h2>${t("head_basis")}</h2>
      <h3>${t("notes")}</h3>
      <ol class="sheet-notes">${Object.keys(bulletin.questions).filter((name) => marks[name]).map((name) => html`<li key=${name}><code>${bulletin.questions[name]}</code></li>`)}</ol>
      <h3>${t("rows")}</h3>
      <${Rows} rows=${bulletin.rows} />
    </section>
    <footer>
      <h2>${t("sealed_title")}</h2>
      <${QrCode} text=${address} label=${t("qr_label")} />
      <dl class="facts">
        <dt>${t("digest")}</dt><dd><code>SHA-256 ${bulletin.digest}</code></dd>
        <dt>${t("seal_head")}</dt><dd>${bulletin.seal === null ? t("waits_for_seal") : html`<code>${bulletin.seal}:${bulletin.seal_head}</code>`}</dd>
        <dt>${t("address")}</dt><dd><code>${address}</code></dd>
        <dt>${t("content")}</dt><dd><code>${location.origin}${addressOf(`/bulletins/${bulletin.area_code}/${bulletin.month}/content`, { version: bulletin.version })}</code></dd>
      </dl>
    </footer>
  </article>`;
}

// The number of the note that says which address a line is from: in the order of the addresses, those that are used.
function marksOf(bulletin) {
  const used = new Set(bulletin.data.map((line) => line.question));
  return Object.fromEntries(Object.keys(bulletin.questions).filter((name) => used.has(name)).map((name, index) => [name, index + 1]));
}

function Section({ section, lines, marks }) {
  const compared = COMPARED.includes(section);
  if (lines.length === 0) return html`<section><h2>${t(`head_${section}`)}</h2><p class="nothing">—</p></section>`;
  return html`<section>
    <h2>${t(`head_${section}`)}</h2>
    <${TableBox} name=${t(`head_${section}`)} kind="keep"><table class=${compared ? "compared" : ""}>
      <caption class="hidden">${t(`head_${section}`)}</caption>
      <thead><tr>
        <th scope="col">${t("line")}</th><th scope="col" class="right">${t("value")}</th>
        ${compared && html`<th scope="col" class="right">${t("before")}</th><th scope="col" class="right">${t("against_before")}</th>`}
        <th scope="col" class="mark">${t("mark")}</th>
      </tr></thead>
      <tbody>${lines.map((line) => html`<tr key=${line.key}>
        <th scope="row">${saidOf(line, "name")}</th>
        <td class="right said"><${Said} line=${line} /></td>
        ${compared && html`<td class="right">${line.before === null ? "" : html`<${Figures} line=${line} value=${line.before} coverage=${line.before_coverage} />`}</td><td class="right">${line.unit === "1" ? html`<${Points} value=${line.change} />` : html`<${Change} percent=${line.change_percent} />`}</td>`}
        <td class="mark">[${marks[line.question]}]</td>
      </tr>`)}</tbody>
    </table><//>
  </section>`;
}

// What a line says: its number with unit and measured share, its words, or that there is none.
function Said({ line }) {
  const text = saidOf(line, "text");
  if (line.value === null) return html`<${Gap} gap=${line.gap} text=${text} />`;
  return html`<${Figures} line=${line} value=${line.value} coverage=${line.coverage} />${text && html` <span class="note">${text}</span>`}`;
}

// Missing, none of it, not to be told: each looks different. Words in place of a number are no gap.
function Gap({ gap, text }) {
  if (gap === "missing" || (!gap && !text)) return html`<${Quantity} value=${null} />`;
  const sign = gap === "not_applicable" ? html`<${Quantity} state="not_applicable" />` : gap ? html`<${Verdict} verdict=${gap} />` : "";
  return html`${sign}${sign && text ? " " : ""}${text && (gap ? html`<span class="note">${text}</span>` : text)}`;
}

function Figures({ line, value, coverage }) {
  if (line.unit === "") return html`<${Count} value=${value} />`;
  if (line.unit === "1") return html`<${Share} value=${value} /> <${Coverage} value=${coverage} />`;
  return html`<${Quantity} value=${value} unit=${line.unit} scale=${scaleOf([line.value, line.before], line.unit, language.value)} withUnit coverage=${coverage} /> <${Coverage} value=${coverage} />`;
}

const Rows = ({ rows }) => html`<${TableBox} name=${t("rows")} kind="keep"><table class="sheet-rows">
  <caption class="hidden">${t("rows")}</caption>
  <thead><tr><th scope="col">${t("row")}</th><th scope="col" class="right">${t("then")}</th><th scope="col">${t("source")}</th><th scope="col">${t("verified_word")}</th></tr></thead>
  <tbody>${rows.map((row) => html`<tr key=${`${row.code} ${row.valid_from}`}>
    <th scope="row"><code>${row.code}</code></th>
    <td class="right"><${Quantity} value=${row.value} unit=${row.unit === "1" ? "1" : row.unit} digits=${digitsOf(row.value)} withUnit /></td>
    <td>${row.source}<br /><span class="note">${(language.value === "zh" && row.place_zh) || row.place}</span></td>
    <td data-label=${t("verified_word")}>${row.verified ? `✓ ${t("yes_verified")}` : t("not_verified")}${row.carried ? html`<br /><span class="note">${t("carried")}</span>` : ""}</td>
  </tr>`)}</tbody>
</table><//>`;

// As many decimals as a document prints, six at most: a coefficient is not rounded as a sum is.
const digitsOf = (value) => (value === null ? null : Math.min(6, (String(value).split(".")[1] || "").length));
