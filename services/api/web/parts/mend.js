// What would make it judgeable: the page where what a verdict lacks can be given or looked into.

import { html } from "../vendor/preact.js";
import { link } from "../lib/state.js";
import { wordsOf } from "../lib/words.js";
import words from "./mend.words.js";

const t = wordsOf(words);
const meters = (row) => link("/registry/meters", { unit: row.unit });
const unit = (row) => link(`/registry/units/${row.unit}`);
const gaps = (row) => link("/quality", { enterprise: row.enterprise });

// By the code of a reason: what to do, and where.
const MENDS = {
  not_measured: ["register_meters", meters],
  not_expected: ["register_meters", meters],
  rectifier_not_metered: ["register_meters", meters],
  part_of_period: ["see_meters", meters],
  too_little_of_period: ["see_meters", meters],
  low_coverage: ["see_gaps", gaps],
  uneven_coverage: ["see_gaps", gaps],
  heat_value_unknown: ["give_heat_value", (row) => link(`/registry/enterprises/${row.enterprise}`)],
  no_approved_energy: ["complete_unit", unit],
  correction_unknown: ["complete_unit", unit],
  input_unknown: ["complete_unit", unit],
};

// `row`: {unit, enterprise}; `reasons`: those of its verdict. The first that can be mended leads.
export function Mend({ row, reasons }) {
  const known = reasons.map((reason) => MENDS[reason.code]).find((each) => each);
  return known ? html`<a class="button small" href=${known[1](row)}>${t(known[0])}</a>` : "";
}
