// The views of the console, each declared here and nowhere else. `path`: with :names, ? where it may be left out; `right`: who has it not is not
// offered it; `key`: after g; `nav`: in which group of the menu, null: in none; `bare`: without the frame, for print.

export const GROUPS = ["", "nav_status", "nav_topics", "nav_handling", "nav_records", "nav_more"];

export const VIEWS = [
  { name: "today", path: "/", title: { zh: "今日", en: "Today" }, nav: "", right: "read", key: "t", load: () => import("./views/today.js") },
  { name: "overview", path: "/overview", title: { zh: "全区", en: "Region" }, nav: "nav_status", right: "survey", key: "o", load: () => import("./views/overview.js") },
  { name: "area", path: "/area/:code?", title: { zh: "盟市旗县", en: "Areas" }, nav: "nav_status", right: "survey", key: "a", load: () => import("./views/area.js") },
  { name: "park", path: "/park/:code?", title: { zh: "园区", en: "Parks" }, nav: "nav_status", right: "survey", key: "p", load: () => import("./views/park.js") },
  { name: "enterprise", path: "/enterprise/:code?", title: { zh: "用能单位", en: "Enterprises" }, nav: "nav_status", right: "read", key: "e", load: () => import("./views/enterprise.js") },
  { name: "data_centres", path: "/data-centres", title: { zh: "数据中心", en: "Data centres" }, nav: "nav_topics", right: "read", key: "c", load: () => import("./views/data_centres.js") },
  { name: "efficiency", path: "/efficiency", title: { zh: "能效清单", en: "Efficiency list" }, nav: "nav_topics", right: "read", key: "f", load: () => import("./views/efficiency.js") },
  { name: "two_high", path: "/two-high", title: { zh: "“两高”台账", en: "Two-high ledger" }, nav: "nav_topics", right: "read", key: "h", load: () => import("./views/two_high.js") },
  { name: "dual_control", path: "/dual-control/:area?", title: { zh: "能耗双控", en: "Dual control" }, nav: "nav_topics", right: "survey", key: "d", load: () => import("./views/dual_control.js") },
  { name: "alerts", path: "/alerts", title: { zh: "预警", en: "Alerts" }, nav: "nav_handling", right: "read", key: "w", load: () => import("./views/alerts.js") },
  { name: "alert", path: "/alerts/:id", title: { zh: "预警", en: "Alert" }, nav: null, right: "read", load: () => import("./views/alert.js") },
  { name: "rules", path: "/rules/:slug?", title: { zh: "规则与静默", en: "Rules and silences" }, nav: "nav_handling", right: "survey", key: "u", load: () => import("./views/rules.js") },
  { name: "quality", path: "/quality", title: { zh: "数据质量", en: "Data quality" }, nav: "nav_handling", right: "read", key: "q", load: () => import("./views/quality.js") },
  { name: "gateway", path: "/gateways/:code", title: { zh: "端设备", en: "Gateway" }, nav: null, right: "read", load: () => import("./views/gateway.js") },
  { name: "registry", path: "/registry/:kind?/:code?", title: { zh: "登记", en: "Registry" }, nav: "nav_records", right: "read", key: "r", load: () => import("./views/registry.js") },
  { name: "targets", path: "/targets", title: { zh: "目标与依据", en: "Targets" }, nav: "nav_records", right: "know", key: "m", load: () => import("./views/targets.js") },
  { name: "bulletins", path: "/bulletins", title: { zh: "月报", en: "Monthly bulletins" }, nav: "nav_records", right: "survey", key: "b", load: () => import("./views/bulletins.js") },
  { name: "bulletin", path: "/print/area/:code/:month", title: { zh: "月报", en: "Monthly bulletin" }, nav: null, right: "survey", bare: true, load: () => import("./views/bulletin.js") },
];

const patterns = VIEWS.map((view) => [
  view,
  new RegExp(`^${view.path.replace(/\/:(\w+)\?/g, "(?:/(?<$1>[^/]+))?").replace(/:(\w+)/g, "(?<$1>[^/]+)")}/?$`),
]);

// The view at a path and what stands in the path: {view, params}; null: there is none.
export function viewAt(path) {
  for (const [view, pattern] of patterns) {
    const found = pattern.exec(path);
    if (found) {
      const given = Object.entries(found.groups || {}).filter(([, value]) => value !== undefined);
      return { view, params: Object.fromEntries(given.map(([name, value]) => [name, decodeURIComponent(value)])) };
    }
  }
  return null;
}

// Where the menu leads for a view: its path without what stands in it.
export const startOf = (view) => view.path.replace(/\/:\w+\??/g, "") || "/";
