// A chart as a figure: drawn as SVG by ECharts, which is loaded when the first is shown; with a tip of our own, keys, and a table
// of the same numbers. What is drawn, the parts beside this one say (series.js, sankey.js).

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { language } from "../lib/state.js";
import { shownTheme } from "../lib/theme.js";
import { t as common, wordsOf } from "../lib/words.js";
import { Table } from "./table.js";
import words from "./chart.words.js";

const t = wordsOf(words);
const TIP_GAP_PX = 14;
let library = null;

// ECharts; a load that failed is tried again by the next chart.
function echarts() {
  if (library === null) {
    library = import("../vendor/echarts.js");
    library.catch(() => {
      library = null;
    });
  }
  return library;
}

// The colours of the page as they are now, by the names of tokens.css without the dashes: colours("series-coal").
export function coloursNow() {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}

// `option(colours)`: that of ECharts, without tooltip. `table`: {columns, rows, rowKey} of the same numbers. `points`: how many there are
// along the x axis of a grid, 0 where there is none; `tip(index)`: what is shown of one, as of <Tip>; `onPick(index)`: on a click or
// Enter. `onItem(data)`: on a click on something drawn. `legend`: what stands above.
export function Chart({ caption, option, table, height = 240, points = 0, tip = null, onPick = null, onItem = null, legend = null }) {
  const [asTable, setAsTable] = useState(false);
  return html`<figure class="chart">
    <figcaption><span class="chart-title">${caption}</span>${legend}
      <button type="button" class="small chart-toggle" aria-pressed=${asTable} onClick=${() => setAsTable(!asTable)}>${common(asTable ? "chart" : "data_table")}</button>
    </figcaption>
    ${asTable
      ? html`<${Table} caption=${caption} ...${table} />`
      : html`<${Plot} ...${{ caption, option, height, points, tip, onPick, onItem }} />`}
  </figure>`;
}

function Plot({ caption, option, height, points, tip, onPick, onItem }) {
  const box = useRef(null);
  const chart = useRef(null);
  const drawn = useRef("");
  const [ready, setReady] = useState(null);
  const [at, setAt] = useState(null);
  const asked = useRef({});
  asked.current = { option, points, onPick, onItem };

  const draw = () => {
    if (chart.current === null) return;
    const made = asked.current.option(coloursNow());
    const text = JSON.stringify([made, shownTheme.peek(), language.peek()]);
    if (text === drawn.current) return;
    drawn.current = text;
    chart.current.setOption({ animation: false, aria: { enabled: false }, tooltip: { show: false }, ...made }, { notMerge: true });
  };

  useEffect(() => {
    let left = false;
    let forget = () => {};
    echarts()
      .then(({ init }) => {
        if (left) return;
        chart.current = init(box.current, null, { renderer: "svg" });
        forget = watched(chart.current, box.current, asked, setAt);
        setReady(true);
      })
      .catch(() => !left && setReady(false));
    return () => {
      left = true;
      forget();
      if (chart.current) chart.current.dispose();
      chart.current = null;
      drawn.current = "";
    };
  }, []);
  useEffect(draw);
  // The theme is put on the page by an effect of its own, which may come after this one.
  useEffect(() => {
    const next = requestAnimationFrame(draw);
    return () => cancelAnimationFrame(next);
  }, [shownTheme.value]);

  const index = at !== null && at < points ? at : null;
  const key = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -points, End: points }[event.key];
    if (step !== undefined && points > 0) {
      event.preventDefault();
      setAt(Math.min(points - 1, Math.max(0, index === null ? (["ArrowLeft", "End"].includes(event.key) ? points - 1 : 0) : index + step)));
    } else if (event.key === "Escape" && index !== null) {
      event.stopPropagation();
      setAt(null);
    } else if (event.key === "Enter" && onPick && index !== null) onPick(index);
  };
  const walked = points > 0 && tip !== null;
  return html`<div class=${`chart-plot${onPick || onItem ? " opens" : ""}`} tabindex=${walked ? 0 : null} role=${walked ? "group" : "img"} aria-label=${walked ? t("plot", { caption }) : caption} onKeyDown=${walked ? key : null} onBlur=${() => setAt(null)}>
    <div class="chart-box" ref=${box} style=${{ height: `${height}px` }} aria-hidden="true"></div>
    ${ready === false && html`<p class="note">${t("unread")}</p>`}
    ${walked && index !== null && html`<${Marked} chart=${chart.current} box=${box.current} index=${index}>${tip(index)}<//>`}
  </div>`;
}

// Follow the size of the box, paper, and the pointer; answers how to stop.
function watched(chart, box, asked, setAt) {
  const fit = () => chart.resize({ width: box.clientWidth });
  const observer = new ResizeObserver(fit);
  observer.observe(box);
  addEventListener("beforeprint", fit);
  const nearest = (event) => {
    const { points } = asked.current;
    if (!points || !chart.containPixel("grid", [event.offsetX, event.offsetY])) return null;
    const index = Math.round(chart.convertFromPixel({ xAxisIndex: 0 }, event.offsetX));
    return index >= 0 && index < points ? index : null;
  };
  const canvas = chart.getZr();
  canvas.on("mousemove", (event) => setAt(nearest(event)));
  canvas.on("globalout", () => setAt(null));
  canvas.on("click", (event) => {
    const index = nearest(event);
    if (asked.current.onPick && index !== null) asked.current.onPick(index);
  });
  chart.on("click", (event) => asked.current.onItem && asked.current.onItem(event.data));
  return () => {
    observer.disconnect();
    removeEventListener("beforeprint", fit);
  };
}

// A line through a point, and the tip beside it, on the side where there is room.
function Marked({ chart, box, index, children }) {
  const x = chart.convertToPixel({ xAxisIndex: 0 }, index);
  const place = x < box.clientWidth / 2 ? { left: `${x + TIP_GAP_PX}px` } : { right: `${box.clientWidth - x + TIP_GAP_PX}px` };
  return html`<div class="chart-line" style=${{ left: `${x}px` }} aria-hidden="true"></div>
    <div class="chart-tip" style=${place} role="status">${children}</div>`;
}

// What a tip says: a title, and rows [{name, token, shown}]: the number, and the colour it is drawn in.
export const Tip = ({ title, rows }) => html`<strong>${title}</strong>
  <dl>${rows.map((row) => html`<div key=${row.name}><dt><${Swatch} token=${row.token} dashed=${row.dashed} />${row.name}</dt><dd>${row.shown}</dd></div>`)}</dl>`;

export const Swatch = ({ token, dashed = false }) =>
  html`<span class=${dashed ? "swatch dashed" : "swatch"} style=${dashed ? { borderColor: `var(--${token})` } : { background: `var(--${token})` }} aria-hidden="true"></span>`;
