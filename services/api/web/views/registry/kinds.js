// What is registered: of each kind where it is found, what is shown in its list, and which fields it has.

import { html } from "../../vendor/preact.js";
import { may } from "../../lib/api.js";
import { nameOf, said, saidOf, word, wordsOf } from "../../lib/words.js";
import { link } from "../../lib/state.js";
import { Quantity } from "../../parts/number.js";
import words from "../registry.words.js";

const t = wordsOf(words);
const TRADES = ["coke", "ferroalloy", "aluminium", "cement", "calcium_carbide", "methanol", "steel", "thermal_power", "data_centre", "coal_mining", "chemical", "petrochemical", "public_institution", "other"];
const FLOWS = ["input", "output", "feedstock", "renewable", "product", "sub", "it_load", "rectifier"];
const UNITS = ["kWh", "万kWh", "MWh", "GJ", "t", "kg", "m3", "Nm3", "kW", "MW", "t/h", "m3/h", "l/min"];

const day = { type: "day" };
const text = { type: "text" };
const number = { type: "number" };
const select = (kind, options, more = {}) => ({ type: "select", kind, options, ...more });
const names = [{ name: "name_zh", ...text, required: true }, { name: "name_en", ...text }];

const toArea = (code, names_) => (code && may("survey") ? html`<a href=${link(`/area/${code}`)}>${nameOf(names_, "area", code)}</a>` : code ? nameOf(names_, "area", code) : "");
const toEntry = (kind, code, shown) => (code ? html`<a href=${link(`/registry/${kind}/${code}`)}>${shown || code}</a>` : "");

// `key`: what names one; `noun`: as words say it; `right`: who may change it; `by`: what the list is narrowed by beside area and text.
// `fields`: {name, type, required, stays: given once, dated: holds from a moment on}.
// As many decimals as were given: a factor is not rounded as a sum is.
export const decimalsOf = (value) => Math.min(6, (String(value).split(".")[1] || "").length);

export const KINDS = {
  enterprises: {
    key: "credit_code",
    order: "name_zh",
    by: { trade: TRADES },
    columns: (names_) => [
      { key: "name_zh", title: t("f_name"), order: true, wide: true, narrow: true, cell: (row) => toEntry("enterprises", row.credit_code, saidOf(row, "name")) },
      { key: "credit_code", title: t("f_credit_code"), order: true, cell: (row) => html`<code>${row.credit_code}</code>` },
      { key: "trade", title: t("f_trade"), order: true, narrow: true, cell: (row) => word("trade", row.trade) },
      { key: "area", title: t("f_area_code"), narrow: true, cell: (row) => row.membership && toArea(row.membership.area_code, names_) },
      { key: "park", title: t("f_park_code"), cell: (row) => row.membership && toEntry("parks", row.membership.park_code, nameOf(names_, "park", row.membership.park_code)) },
    ],
    fields: [
      { name: "credit_code", ...text, required: true, stays: true, help: "h_credit_code" },
      ...names,
      { name: "trade", ...select("trade", TRADES), required: true },
      { name: "area_code", type: "banner", required: true, first: true },
      { name: "park_code", ...text, first: true },
      { name: "valid_from", ...day, required: true, first: true, help: "h_first_day" },
    ],
  },
  units: {
    key: "code",
    order: "code",
    by: { status: ["existing", "building", "planned"] },
    columns: (names_) => [
      { key: "code", title: t("f_code"), className: () => "nowrap", order: true, narrow: true, cell: (row) => toEntry("units", row.code) },
      { key: "name_zh", title: t("f_name"), order: true, narrow: true, cell: (row) => saidOf(row, "name") },
      { key: "credit_code", title: t("enterprise"), cell: (row) => toEntry("enterprises", row.credit_code, nameOf(names_, "enterprise", row.credit_code)) },
      { key: "process", title: t("f_process"), order: true, cell: (row) => (row.process ? word("process", row.process) : "") },
      { key: "status", title: t("f_status"), order: true, narrow: true, cell: (row) => word("unit_status", row.status) },
      { key: "approved_energy_tce", title: t("f_approved_energy_tce"), number: true, order: true, cell: (row) => html`<${Quantity} value=${row.approved_energy_tce} state=${row.approved_energy_tce === null ? "not_applicable" : null} digits=${0} />` },
    ],
    fields: [
      { name: "code", ...text, required: true, stays: true, help: "h_code" },
      { name: "credit_code", ...text, required: true, stays: true },
      ...names,
      { name: "process", ...select("process", null, { empty: true }), help: "h_process" },
      { name: "status", ...select("unit_status", ["existing", "building", "planned"]) },
      { name: "commissioned_on", ...day },
      { name: "design_energy_tce", ...number },
      { name: "approved_energy_tce", ...number },
      { name: "retrofit_listed_on", ...day },
      { name: "retrofit_due_on", ...day },
      { name: "capacity_class", ...select("capacity_class", ["permitted", "restricted", "eliminated"]), empty: true },
      { name: "measuring_category", ...number, help: "h_measuring_category" },
      { name: "standard_racks", ...number },
    ],
  },
  meters: {
    key: "code",
    order: "code",
    by: { carrier: null, flow: FLOWS },
    columns: (names_) => [
      { key: "code", title: t("f_code"), className: () => "nowrap", order: true, narrow: true, cell: (row) => toEntry("meters", row.code) },
      { key: "name_zh", title: t("f_name"), order: true, narrow: true, cell: (row) => saidOf(row, "name") },
      { key: "unit_code", title: t("unit"), order: true, cell: (row) => toEntry("units", row.unit_code, nameOf(names_, "unit", row.unit_code)) },
      { key: "carrier", title: t("f_carrier"), order: true, cell: (row) => word("carrier", row.carrier) },
      { key: "flow", title: t("f_flow"), order: true, narrow: true, cell: (row) => word("flow", row.flow) },
      { key: "kind", title: t("f_kind"), order: true, cell: (row) => word("meter_kind", row.kind) },
      { key: "multiplier", title: t("f_multiplier"), number: true, order: true, cell: (row) => html`<${Quantity} value=${row.multiplier} digits=${decimalsOf(row.multiplier)} />` },
      { key: "unit_of_measure", title: t("f_unit_of_measure"), cell: (row) => word("unit_of_measure", row.unit_of_measure) },
    ],
    fields: [
      { name: "code", ...text, required: true, stays: true, help: "h_meter_code" },
      { name: "unit_code", ...text, required: true, dated: true },
      { name: "gateway_code", ...text, required: true, dated: true },
      ...names,
      { name: "kind", ...select("meter_kind", ["counter", "interval", "gauge"]), required: true, dated: true },
      { name: "carrier", ...select("carrier", null), required: true },
      { name: "flow", ...select("flow", FLOWS), required: true },
      { name: "unit_of_measure", type: "suggest", options: UNITS, required: true, dated: true },
      { name: "multiplier", ...number, dated: true, help: "h_multiplier" },
      { name: "register_size", ...number, dated: true, help: "h_register_size" },
      { name: "rated_per_hour", ...number, dated: true, help: "h_rated" },
      { name: "interval_s", ...number, dated: true },
      { name: "stamp", ...select("stamp", ["start", "end"]), dated: true },
      { name: "negative_flow", ...select("flow", FLOWS), empty: true },
      { name: "valid_from", ...day },
      { name: "valid_to", ...day },
      { name: "calibrated_until", ...day },
    ],
  },
  gateways: {
    key: "code",
    order: "code",
    by: { state: ["online", "offline", "unknown"] },
    columns: (names_) => [
      { key: "code", title: t("f_code"), className: () => "nowrap", order: true, narrow: true, cell: (row) => toEntry("gateways", row.code) },
      { key: "name", title: t("f_name"), order: true },
      { key: "credit_code", title: t("enterprise"), narrow: true, cell: (row) => toEntry("enterprises", row.credit_code, nameOf(names_, "enterprise", row.credit_code)) },
      { key: "state", title: t("f_state"), narrow: true, cell: (row) => (row.state ? word("gateway_state", row.state) : "") },
    ],
    fields: [
      { name: "code", ...text, required: true, stays: true, help: "h_gateway_code" },
      { name: "credit_code", ...text, required: true, stays: true },
      { name: "name", ...text },
      { name: "keeps_days", ...number, help: "h_keeps_days" },
      { name: "edge_node", ...text, help: "h_edge_node" },
      { name: "resends", type: "yes_no", help: "h_resends" },
      { name: "corrections", ...select("later_values", ["keep", "accept"]), help: "h_corrections" },
    ],
  },
  parks: {
    key: "code",
    order: "code",
    by: { kind: ["ordinary", "low_carbon", "zero_carbon"] },
    columns: (names_) => [
      { key: "code", title: t("f_code"), className: () => "nowrap", order: true, cell: (row) => toEntry("parks", row.code) },
      { key: "name_zh", title: t("f_name"), order: true, narrow: true, cell: (row) => saidOf(row, "name") },
      { key: "kind", title: t("f_kind"), order: true, narrow: true, cell: (row) => word("park_kind", row.kind) },
      { key: "area_code", title: t("f_area_code"), order: true, narrow: true, cell: (row) => toArea(row.area_code, names_) },
    ],
    fields: [
      { name: "code", ...text, required: true, stays: true, help: "h_code" },
      ...names,
      { name: "kind", ...select("park_kind", ["ordinary", "low_carbon", "zero_carbon"]), required: true },
      { name: "area_code", type: "banner", required: true },
    ],
  },
};

// The words of an enumeration in which a value of `by` or of a select is said.
export const SAID_AS = { trade: "trade", status: "unit_status", carrier: "carrier", flow: "flow", state: "gateway_state", kind: "park_kind" };

export const pathOf = (kind, code) => `/${kind}/${encodeURIComponent(code)}`;
export const titleOf = (kind) => t(kind === "manual-reports" ? "kind_manual" : `kind_${kind}`);
export { said };
