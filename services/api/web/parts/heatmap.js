// Rows by days as a field of small cells: a real table of which only what is looked at is drawn, so that five hundred rows are as fast as
// twenty. Arrows move from cell to cell, Enter opens.

import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor/preact.js";
import { wordsOf } from "../lib/words.js";
import words from "./chart.words.js";

const t = wordsOf(words);
const ROW_PX = 22;
const VIEW_PX = 560;
const BEYOND = 8;
const STEPS = 5;

// `columns`: [{key, title, name}]: `title` stands above, `name` is said. `rows`: [{key, name, depth, open, cells}]: `open`: true or false where it can be
// opened to show more under it, else null; `cells[column]`: {step, text, sign}: `step` 0 (worst) to 4 (best), "low" hatched, "none" nothing
// expected, null nothing came; `text`: what is said; `sign`: put upon it. `legend`: texts for the steps from worst to best.
// `onOpen(row, column)`: on a cell; `onTurn(row)`: opens or closes a row; `corner`: over the names.
export function HeatMap({ caption, columns, rows, legend, onOpen = null, onTurn = null, corner = "" }) {
  const box = useRef(null);
  const [first, setFirst] = useState(0);
  const [at, setAt] = useState({ row: 0, column: 0 });
  const [whole, setWhole] = useState(false);
  const moved = useRef(false);
  const row = Math.min(at.row, Math.max(0, rows.length - 1));
  const column = Math.min(at.column, columns.length - 1);
  useEffect(() => onPaper(setWhole), []);
  // Where not all columns have room, the last are seen first: what is new stands at the right.
  useLayoutEffect(() => {
    box.current.scrollLeft = box.current.scrollWidth;
  }, [columns.length]);
  useLayoutEffect(() => {
    const cell = moved.current && box.current.querySelector('td[tabindex="0"]');
    moved.current = false;
    if (cell) cell.focus();
  }, [row, column]);
  const move = (down, right) => {
    const next = { row: Math.min(rows.length - 1, Math.max(0, row + down)), column: Math.min(columns.length - 1, Math.max(0, column + right)) };
    moved.current = true;
    setAt(next);
    setFirst(shownFrom(box.current, next.row));
  };
  const key = (event) => {
    const step = stepOf(event, rows.length, columns.length);
    if (step) {
      event.preventDefault();
      move(...step);
    } else if (event.key === "Enter" && event.target.tagName === "TD") opened(onOpen, rows[row], columns[column]);
  };
  const count = Math.ceil(VIEW_PX / ROW_PX) + 2 * BEYOND;
  const from = whole ? 0 : Math.max(0, Math.min(first, rows.length - 1));
  const shown = useMemo(() => rows.slice(from, whole ? rows.length : from + count), [rows, from, whole]);
  const after = rows.length - from - shown.length;
  const click = (event) => {
    const cell = event.target.closest("td[data-column]");
    if (!cell) return;
    const place = { row: Number(cell.parentElement.dataset.row), column: Number(cell.dataset.column) };
    setAt(place);
    opened(onOpen, rows[place.row], columns[place.column]);
  };
  return html`<div class="heat-map">
    <div class="heat-box keep" ref=${box} onScroll=${(event) => setFirst(Math.max(0, Math.floor(event.currentTarget.scrollTop / ROW_PX) - BEYOND))} onKeyDown=${key} onClick=${click}>
      <table role="grid" aria-label=${t("cells", { caption })} aria-rowcount=${rows.length + 1} aria-colcount=${columns.length + 1} class=${onOpen ? "opens" : ""}>
        <thead><tr role="row"><th scope="col" class="name">${corner || t("of")}</th>${columns.map((each) => html`<th scope="col" key=${each.key} aria-label=${each.name}>${each.title}</th>`)}</tr></thead>
        <tbody>
          ${from > 0 && html`<${Space} height=${from * ROW_PX} />`}
          ${shown.map((each, index) => html`<${Row} key=${each.key} row=${each} position=${from + index} columns=${columns} active=${from + index === row ? column : null} onTurn=${onTurn} />`)}
          ${after > 0 && html`<${Space} height=${after * ROW_PX} />`}
        </tbody>
      </table>
    </div>
    <${Legend} texts=${legend} />
  </div>`;
}

const opened = (onOpen, row, column) => onOpen && row && row.cells[column.key] && onOpen(row, column);

const Space = ({ height }) => html`<tr class="space" aria-hidden="true"><td style=${{ height: `${height}px` }}></td></tr>`;

// On paper all rows are drawn.
function onPaper(setWhole) {
  const before = () => setWhole(true);
  const after = () => setWhole(false);
  addEventListener("beforeprint", before);
  addEventListener("afterprint", after);
  return () => {
    removeEventListener("beforeprint", before);
    removeEventListener("afterprint", after);
  };
}

function stepOf(event, rows, columns) {
  const page = Math.floor(VIEW_PX / ROW_PX) - 2;
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], PageUp: [-page, 0], PageDown: [page, 0] };
  const ends = event.ctrlKey ? { Home: [-rows, -columns], End: [rows, columns] } : { Home: [0, -columns], End: [0, columns] };
  return event.target.tagName === "TD" ? steps[event.key] || ends[event.key] : undefined;
}

// Scroll so that a row is in view, and answer from which row on is drawn then.
function shownFrom(box, row) {
  const top = row * ROW_PX;
  const height = box.clientHeight - 2 * ROW_PX;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top > box.scrollTop + height) box.scrollTop = top - height;
  return Math.max(0, Math.floor(box.scrollTop / ROW_PX) - BEYOND);
}

const classOf = (cell) => {
  if (!cell) return "heat absent";
  if (cell.step === null) return "heat missing";
  return typeof cell.step === "number" ? `heat step-${Math.max(0, Math.min(STEPS - 1, cell.step))}` : `heat ${cell.step}`;
};

function Row({ row, position, columns, active, onTurn }) {
  const isParent = row.open === true || row.open === false;
  return html`<tr role="row" data-row=${position} aria-rowindex=${position + 2}>
    <th scope="row" class=${`name depth-${row.depth || 0}`} title=${row.name}>${isParent ? html`<button type="button" class="plain" aria-expanded=${row.open} title=${t(row.open ? "collapse" : "expand", { name: row.name })} onClick=${() => onTurn(row)}><span aria-hidden="true">${row.open ? "▾" : "▸"}</span> ${row.name}</button>` : row.name}</th>
    ${columns.map((column, index) => {
      const cell = row.cells[column.key];
      const text = cell ? `${row.name} ${column.name}: ${cell.text}` : "";
      return html`<td role="gridcell" key=${column.key} class=${classOf(cell)} data-column=${index} tabindex=${index === active ? 0 : -1} title=${text} aria-label=${text || null}>${cell && cell.sign ? html`<span aria-hidden="true">${cell.sign}</span>` : ""}</td>`;
    })}
  </tr>`;
}

const Legend = ({ texts }) => html`<ul class="legend heat-legend">
  ${texts.map((text, index) => html`<li key=${text}><span class=${`swatch heat step-${index}`} aria-hidden="true"></span>${text}</li>`)}
  <li key="missing"><span class="swatch heat missing" aria-hidden="true"></span>${t("missing_span")}</li>
  <li key="none"><span class="swatch heat none" aria-hidden="true"></span>${t("not_expected")}</li>
  <li key="finding"><span aria-hidden="true">▲</span> ${t("finding")}</li>
</ul>`;
