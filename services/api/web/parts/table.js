// Tables: real ones, sorted, counted, and windowed where they are long.

import { html, useEffect, useMemo, useRef, useState } from "../vendor/preact.js";
import { Count } from "./number.js";
import { t } from "../lib/words.js";

// More rows than this are drawn as one looks at them.
const WINDOWED_FROM = 150;
const ROW_PX = 33;
const VIEW_PX = 640;
const BEYOND = 12;

// `columns`: [{key, title, unit, number, cell(row), text(row), order, narrow, wide, className(row)}]: `cell` gives what is shown (else
// row[key]); `order`: the column of the API by which it is sorted (true: its key), or a function (a, b) to sort here; `narrow`: stays on a phone.
// `order`, `onOrder(order)`: as the API has it: "value", "-value". `total`: a row under the others {key: shown}. `picked`: a Set of row keys,
// with `onPick(set)`. `onOpen(row)`: on a click or Enter. `current`: the key of the row that is open.
export function Table(props) {
  const { caption, columns, rows, rowKey, order = null, onOrder = null, total = null, onOpen = null, picked = null, onPick = null, current = null, showCaption = false, filters = null } = props;
  const [own, setOwn] = useState(null);
  const asked = onOrder ? order : own;
  const sorted = useMemo(() => (onOrder || own === null ? rows : sortedHere(rows, columns, own)), [rows, columns, own, onOrder]);
  const windowed = sorted.length > WINDOWED_FROM;
  const [first, setFirst] = useState(0);
  const box = useRef(null);
  useEffect(() => {
    setFirst(0);
    if (box.current) box.current.scrollTop = 0;
  }, [rows, asked]);
  const scrolled = (event) => {
    const next = Math.max(0, Math.floor(event.currentTarget.scrollTop / ROW_PX) - BEYOND);
    if (Math.abs(next - first) >= BEYOND / 2 || next === 0) setFirst(next);
  };
  const last = windowed ? first + Math.ceil(VIEW_PX / ROW_PX) + 2 * BEYOND : sorted.length;
  const shown = windowed ? sorted.slice(first, last) : sorted;
  const turn = (column) => () => {
    const key = column.order === true || typeof column.order === "function" ? column.key : column.order;
    const next = asked === `-${key}` ? key : asked === key ? `-${key}` : column.number ? `-${key}` : key;
    if (onOrder) onOrder(next);
    else setOwn(next);
  };
  const spans = columns.length + (picked ? 1 : 0);
  return html`<${TableBox} name=${caption} kind=${windowed ? "windowed" : ""} box=${box} onScroll=${windowed ? scrolled : null}>
    <table aria-rowcount=${sorted.length + 1}>
      <caption class=${showCaption ? "" : "hidden"}>${caption}</caption>
      <thead><tr>
        ${picked && html`<th scope="col" class="pick"><${PickAll} rows=${sorted} rowKey=${rowKey} picked=${picked} onPick=${onPick} /></th>`}
        ${columns.map((column) => html`<${Head} key=${column.key} column=${column} asked=${asked} turn=${turn(column)} />`)}
      </tr></thead>
      <tbody>
        ${windowed && first > 0 && html`<tr class="space" key="before" aria-hidden="true"><td colspan=${spans} ref=${(cell) => cell && (cell.style.height = `${first * ROW_PX}px`)}></td></tr>`}
        ${shown.map((row, index) => html`<${Row} key=${rowKey(row)} row=${row} position=${first + index + 2} columns=${columns} onOpen=${onOpen} name=${rowKey(row)} isCurrent=${current !== null && current === rowKey(row)} picked=${picked} onPick=${onPick} />`)}
        ${windowed && last < sorted.length && html`<tr class="space" key="after" aria-hidden="true"><td colspan=${spans} ref=${(cell) => cell && (cell.style.height = `${(sorted.length - last) * ROW_PX}px`)}></td></tr>`}
      </tbody>
      ${total && html`<tfoot><tr>
        ${picked && html`<td></td>`}
        ${columns.map((column, index) => (index === 0 ? html`<th scope="row" key=${column.key}>${total[column.key] || t("total")}</th>` : html`<td key=${column.key} class=${column.number ? "right" : ""} data-label=${labelOf(column)}>${total[column.key] !== undefined && html`<div>${total[column.key]}</div>`}</td>`))}
      </tr></tfoot>`}
    </table>
    ${sorted.length === 0 && (filters || html`<p class="nothing">${t("nothing")}</p>`)}
  <//>`;
}

// What a table stands in: where it is larger than its place, it is moved by keys as well.
export function TableBox({ name, kind = "", box = null, onScroll = null, children }) {
  const own = useRef(null);
  const used = box || own;
  const [moves, setMoves] = useState(false);
  useEffect(() => {
    const of = used.current;
    const look = () => setMoves(of.scrollWidth > of.clientWidth || of.scrollHeight > of.clientHeight);
    const watch = new ResizeObserver(look);
    watch.observe(of);
    if (of.firstElementChild) watch.observe(of.firstElementChild);
    return () => watch.disconnect();
  }, []);
  return html`<div class=${`table-box ${kind}`} ref=${used} onScroll=${onScroll} tabindex=${moves ? 0 : null} role=${moves ? "group" : null} aria-label=${moves ? name : null}>${children}</div>`;
}

function sortedHere(rows, columns, own) {
  const down = own.startsWith("-");
  const key = own.replace(/^-/, "");
  const column = columns.find((each) => each.key === key);
  if (!column) return rows;
  const compare = typeof column.order === "function" ? column.order : (one, other) => compared(one[key], other[key]);
  return [...rows].sort((one, other) => (down ? compare(other, one) : compare(one, other)));
}

// Numbers by size, texts as Chinese sorts them; what is missing comes first going up, last going down.
export function compared(one, other) {
  if (one === null || one === undefined) return other === null || other === undefined ? 0 : -1;
  if (other === null || other === undefined) return 1;
  return typeof one === "number" ? one - other : String(one).localeCompare(String(other), "zh-CN");
}

function Head({ column, asked, turn }) {
  const key = column.order === true || typeof column.order === "function" ? column.key : column.order;
  const direction = !column.order ? null : asked === key ? "ascending" : asked === `-${key}` ? "descending" : "none";
  const classes = `${column.number ? "right" : ""} ${column.wide ? "wide" : ""} ${column.narrow ? "narrow" : ""}`;
  const title = html`${column.title}${column.unit && html` <span class="unit">${column.unit}</span>`}`;
  if (direction === null) return html`<th scope="col" class=${classes} title=${column.help || null}>${title}</th>`;
  return html`<th scope="col" class=${classes} aria-sort=${direction} title=${column.help || null}>
    <button type="button" class="plain sort" onClick=${turn} title=${t("sort_by", { column: column.title })}>${title}<span aria-hidden="true" class="arrow">${direction === "ascending" ? " ↑" : direction === "descending" ? " ↓" : ""}</span></button>
  </th>`;
}

function Row({ row, columns, onOpen, name, isCurrent, picked, onPick, position }) {
  const open = onOpen && ((event) => !event.target.closest("a, button, input, label") && onOpen(row));
  const key = onOpen && ((event) => event.key === "Enter" && event.target === event.currentTarget && onOpen(row));
  const pick = (event) => {
    const next = new Set(picked);
    if (event.target.checked) next.add(name);
    else next.delete(name);
    onPick(next);
  };
  return html`<tr class=${`${onOpen ? "opens" : ""} ${isCurrent ? "current" : ""}`} aria-rowindex=${position} aria-current=${isCurrent ? "true" : null} tabindex=${onOpen ? 0 : null} onClick=${open} onKeyDown=${key}>
    ${picked && html`<td class="pick"><input type="checkbox" checked=${picked.has(name)} onChange=${pick} aria-label=${t("select_row", { name })} /></td>`}
    ${columns.map((column, index) => {
      const inside = column.cell ? column.cell(row) : row[column.key];
      const classes = `${column.number ? "right" : ""} ${column.narrow ? "narrow" : ""} ${column.wide ? "wide" : ""} ${column.className ? column.className(row) : ""}`;
      if (index === 0) return html`<th scope="row" key=${column.key} class=${classes}>${inside}</th>`;
      return html`<td key=${column.key} class=${classes} data-label=${labelOf(column)}>${column.narrow && !isNothing(inside) ? html`<div>${inside}</div>` : inside}</td>`;
    })}
  </tr>`;
}

// On a phone a cell stands beside its title: as one block, and not at all where there is nothing in it.
const labelOf = (column) => (typeof column.title !== "string" ? null : column.unit ? `${column.title} ${column.unit}` : column.title);
const isNothing = (inside) => inside === null || inside === undefined || inside === "" || inside === false;

function PickAll({ rows, rowKey, picked, onPick }) {
  const box = useRef(null);
  const all = rows.length > 0 && rows.every((row) => picked.has(rowKey(row)));
  useEffect(() => {
    box.current.indeterminate = !all && picked.size > 0;
  });
  const turn = () => onPick(all ? new Set() : new Set(rows.map(rowKey)));
  return html`<input ref=${box} type="checkbox" checked=${all} onChange=${turn} aria-label=${t("select_all")} />`;
}

// How many rows there are, and more of them on demand.
export function Pager({ shown, total, onMore = null, step = 100 }) {
  if (total === 0) return "";
  if (total === null || total === undefined) return onMore ? html`<p class="pager"><button type="button" onClick=${onMore}>${t("show_more", { count: step })}</button></p>` : "";
  return html`<p class="pager">${wordsWith(shown < total ? "rows_part" : "rows_shown", { shown, total })} ${onMore && shown < total && html`<button type="button" onClick=${onMore}>${t("show_more", { count: Math.min(step, total - shown) })}</button>`}</p>`;
}

// A sentence with counts in it.
function wordsWith(key, counts) {
  const marked = t(key, Object.fromEntries(Object.keys(counts).map((name) => [name, `\u0000${name}\u0000`])));
  return marked.split("\u0000").map((part, index) => (index % 2 ? html`<${Count} value=${counts[part]} />` : part));
}
