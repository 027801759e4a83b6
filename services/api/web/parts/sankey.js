// Where energy comes from and where it goes. The parts add up: what is not told apart is a flow of its own.

import { html } from "../vendor/preact.js";
import { scaleOf, shown } from "../lib/format.js";
import { language } from "../lib/state.js";
import { wordsOf } from "../lib/words.js";
import { Chart } from "./chart.js";
import { Quantity } from "./number.js";
import words from "./chart.words.js";

const t = wordsOf(words);
const NARROW_PX = 560;
const ROW_PX = 30;
const LEAST_PX = 220;
const MOST_CHARACTERS = { wide: 14, narrow: 6 };

// `nodes`: [{id, name, token, depth}]: `token` of tokens.css; `depth`: in which column from the left, where it is not to be found from the links.
// `links`: [{from, to, value}], ids and amounts in `unit` of the API, all on one basis and above zero. `onOpen(id)`: on a click on a node.
export function Sankey({ caption, nodes, links, unit = "tce", onOpen = null }) {
  const known = Object.fromEntries(nodes.map((node) => [node.id, node]));
  const scale = scaleOf(links.map((link) => link.value), unit, language.value);
  const fullest = Math.max(...countsBySide(links), 1);
  const table = {
    rows: links,
    rowKey: (link) => `${link.from} ${link.to}`,
    columns: [
      { key: "from", title: t("from"), cell: (link) => known[link.from].name },
      { key: "to", title: t("to"), narrow: true, cell: (link) => known[link.to].name },
      { key: "value", title: t("amount"), unit: scale.name, number: true, narrow: true, order: true, cell: (link) => html`<${Quantity} value=${link.value} unit=${unit} scale=${scale} />` },
    ],
  };
  const open = onOpen && ((data) => data.id && onOpen(data.id));
  return html`<${Chart} caption=${caption} table=${table} height=${Math.max(LEAST_PX, fullest * ROW_PX)} onItem=${open} legend=${html`<span class="legend">${scale.name}</span>`}
    option=${(colours) => optionOf({ nodes, links, scale }, colours)} />`;
}

function countsBySide(links) {
  const from = new Set(links.map((link) => link.from));
  const to = new Set(links.map((link) => link.to));
  return [[...from].filter((id) => !to.has(id)).length, [...to].filter((id) => !from.has(id)).length, [...from].filter((id) => to.has(id)).length];
}

// What passes through a node: what comes in, or goes out where nothing comes in.
export function throughput(id, links) {
  const sum = (side) => links.filter((link) => link[side] === id).reduce((total, link) => total + link.value, 0);
  return Math.max(sum("to"), sum("from"));
}

const cut = (name, most) => (name.length > most ? `${name.slice(0, most - 1)}…` : name);

function optionOf({ nodes, links, scale }, colours) {
  const narrow = document.documentElement.clientWidth < NARROW_PX;
  const most = narrow ? MOST_CHARACTERS.narrow : MOST_CHARACTERS.wide;
  const ends = new Set(links.map((link) => link.from));
  const used = nodes.filter((node) => links.some((link) => link.from === node.id || link.to === node.id));
  const margin = narrow ? 112 : 190;
  const starts = new Set(links.map((link) => link.to));
  // Between two columns there is no room for a number on a phone: the table has it.
  const said = (node) => {
    const between = narrow && ends.has(node.id) && starts.has(node.id);
    return `${cut(node.name, most)}${between ? "" : ` ${shown(throughput(node.id, links), { scale })}`}`;
  };
  return {
    series: [
      {
        type: "sankey",
        left: 4,
        right: margin,
        top: 8,
        bottom: 8,
        nodeWidth: 10,
        nodeGap: 12,
        nodeAlign: "justify",
        draggable: false,
        emphasis: { focus: "adjacency" },
        label: { color: colours("text"), fontSize: 12, textBorderColor: colours("card"), textBorderWidth: 3 },
        data: used.map((node) => ({
          id: node.id,
          name: node.id,
          depth: node.depth,
          itemStyle: { color: colours(node.token || "series-other"), borderWidth: 0 },
          label: { position: "right", formatter: said(node), fontWeight: ends.has(node.id) ? "normal" : "bold" },
        })),
        links: links.map((link) => ({ source: link.from, target: link.to, value: link.value, lineStyle: { color: colours(nodeToken(nodes, link)), opacity: 0.3, curveness: 0.5 } })),
      },
    ],
  };
}

const nodeToken = (nodes, link) => (nodes.find((node) => node.id === link.from) || {}).token || "series-other";
