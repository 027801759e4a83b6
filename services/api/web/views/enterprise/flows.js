// The energy flows of an enterprise, in tce by heat content: what comes in on the left, its units, what is used and sold on the right. Both sides
// add up to the same: what a unit gives off beyond what it takes in comes from an untracked source.

import { html } from "../../vendor/preact.js";
import { go } from "../../lib/state.js";
import { nameOf, word, wordsOf } from "../../lib/words.js";
import { tokenOf } from "../../parts/carrier_colours.js";
import { Sankey } from "../../parts/sankey.js";
import words from "../enterprise.words.js";

const t = wordsOf(words);
const NOTHING_TCE = 1e-9;

const came = (row) => row.calorific.input_tce + row.calorific.renewable_tce + row.calorific.feedstock_tce;

// Nodes and links of a balance by unit and carrier: {nodes, links, unknown}; `unknown`: what could not be valued.
export function flowsOf(rows, names) {
  const known = rows.filter((row) => row.calorific.input_tce !== null && row.calorific.output_tce !== null);
  const links = [];
  const add = (from, to, value) => value > NOTHING_TCE && links.push({ from, to, value });
  for (const row of known) {
    add(`in ${row.carrier}`, `unit ${row.unit}`, came(row));
    add(`unit ${row.unit}`, `out ${row.carrier}`, row.calorific.output_tce);
  }
  const units = [...new Set(known.map((row) => row.unit))];
  for (const unit of units) {
    const of = known.filter((row) => row.unit === unit);
    const net = of.reduce((sum, row) => sum + came(row) - row.calorific.output_tce, 0);
    add(`unit ${unit}`, "own", net);
    add("untracked", `unit ${unit}`, -net);
  }
  const ids = new Set(links.flatMap((link) => [link.from, link.to]));
  const nodes = [...ids].map((id) => nodeOf(id, names));
  return { nodes, links, unknown: rows.filter((row) => !known.includes(row)) };
}

function nodeOf(id, names) {
  const [side, code] = id.split(" ");
  if (side === "in") return { id, name: word("carrier", code), token: tokenOf(code), depth: 0 };
  if (side === "out") return { id, name: t("sold", { carrier: word("carrier", code) }), token: tokenOf(code), depth: 2 };
  if (side === "unit") return { id, name: nameOf(names, "unit", code), token: "muted", depth: 1 };
  return id === "own" ? { id, name: t("own_use"), token: "accent", depth: 2 } : { id, name: t("untracked"), token: "hatch", depth: 0 };
}

export function Flows({ data, path }) {
  const { nodes, links, unknown } = flowsOf(data.data, data.names);
  if (!links.length) return html`<p class="nothing">${t("no_flows")}</p>`;
  const open = (id) => id.startsWith("unit ") && go(path, { tab: "units" });
  return html`<${Sankey} caption=${t("flows")} nodes=${nodes} links=${links} unit="tce" onOpen=${open} />
    <p class="note">${t("flows_note")}</p>
    ${links.some((link) => link.from === "untracked") && html`<p class="note">${t("untracked_note")}</p>`}
    ${unknown.length > 0 && html`<p class="note">${t("not_in_flows", { what: [...new Set(unknown.map((row) => word("carrier", row.carrier)))].join("、") })}</p>`}`;
}
