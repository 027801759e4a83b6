// The console: its frame, and the view that the address names.

import { Component, html, render, useEffect, useState } from "./vendor/preact.js";
import { get, may, readSession, session, signedOut } from "./lib/api.js";
import { useKeys } from "./lib/keys.js";
import { language, link, route, setQuery, visit } from "./lib/state.js";
import { stepped, toDay } from "./lib/time.js";
import { apiWords, areas, said, t } from "./lib/words.js";
import { SignInAgain, TopBar } from "./parts/frame.js";
import { EmptyRegion } from "./parts/empty.js";
import { Explain } from "./parts/explain.js";
import { KeysHelp } from "./parts/keys_help.js";
import { Palette } from "./parts/palette.js";
import { Failure, Loading, LostBanner, Unreachable } from "./parts/states.js";
import { Tour } from "./parts/tour.js";
import { shownPeriod } from "./lib/shown.js";
import { GROUPS, startOf, VIEWS, viewAt } from "./views.js";

const loaded = new Map();

function App() {
  const [view, setView] = useState(null);
  const [problem, setProblem] = useState(null);
  const [menu, setMenu] = useState(false);
  const [help, setHelp] = useState(false);
  const [finding, setFinding] = useState(false);
  const found = viewAt(route.value.path);
  const name = found ? found.view.name : null;

  useEffect(() => {
    setMenu(false);
    if (!found) return undefined;
    let left = false;
    setProblem(null);
    load(found.view)
      .then((component) => !left && setView({ name, component }))
      // A file that does not come: is the server away, or is something wrong with it?
      .catch((error) => get("/session").then(() => error, (asked) => (asked.status === 0 ? asked : error)).then((told) => !left && setProblem(told)));
    return () => {
      left = true;
    };
  }, [name]);

  useEffect(() => {
    document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
    document.title = `${found ? said(found.view.title) : t("page_unknown")} · Enermon`;
  }, [name, language.value]);

  useKeys([
    { keys: "ctrl+k", text: () => t("search"), run: () => setFinding(true) },
    { keys: "/", text: () => t("search"), run: () => setFinding(true) },
    { keys: "?", text: () => t("keys"), run: () => setHelp(true) },
    { keys: "[", text: () => t("earlier"), run: () => setQuery({ p: stepped(shownPeriod.peek(), -1) }) },
    { keys: "]", text: () => t("later"), run: () => shownPeriod.peek().end <= toDay() && setQuery({ p: stepped(shownPeriod.peek(), 1) }) },
    ...VIEWS.filter((each) => each.key && (!each.right || may(each.right))).map((each) => ({ keys: `g ${each.key}`, text: () => said(each.title), run: () => visit(link(startOf(each))) })),
  ]);

  const ready = view && view.name === name;
  const inside = !found
    ? html`<section class="card empty"><h1>${t("page_unknown")}</h1><p><code>${route.value.path}</code></p><p><a class="button" href=${link("/")}>${t("to_today")}</a></p></section>`
    : found.view.right && !may(found.view.right)
      ? html`<${Failure} problem=${{ status: 403, code: "forbidden", errors: [] }} />`
      : problem
        ? problem.status === 0
          ? html`<${Unreachable} />`
          : html`<${Broken} error=${problem} />`
        : ready
          ? html`<${Boundary} key=${route.value.path}><${view.component} params=${found.params} query=${route.value.query} /><//>`
          : html`<${Loading} lines=${8} />`;
  if (found && found.view.bare) return html`<main id="main" class="bare" tabindex="-1">${inside}</main><${Tour} /><${SignInAgain} />`;
  return html`
    <a class="skip" href="#main">${t("skip")}</a>
    <${TopBar} onMenu=${() => setMenu(!menu)} menuOpen=${menu} onHelp=${() => setHelp(true)} onFind=${() => setFinding(true)} />
    <${LostBanner} />
    <div class="frame">
      <${SideBar} current=${name} open=${menu} />
      ${menu && html`<div class="veil" onClick=${() => setMenu(false)}></div>`}
      <main id="main" tabindex="-1"><${EmptyRegion} />${inside}</main>
    </div>
    <${Explain} />
    <${Tour} />
    ${finding && html`<${Palette} views=${offered()} onHelp=${() => setHelp(true)} onClose=${() => setFinding(false)} />`}
    ${help && html`<${KeysHelp} onClose=${() => setHelp(false)} />`}
    ${signedOut.value && html`<${SignInAgain} />`}`;
}

const offered = () => VIEWS.filter((view) => typeof view.nav === "string" && (!view.right || may(view.right))).map((view) => ({ ...view, href: startOf(view) }));

async function load(view) {
  if (!loaded.has(view.name)) loaded.set(view.name, (await view.load()).default);
  return loaded.get(view.name);
}

function SideBar({ current, open }) {
  const seen = VIEWS.filter((view) => view.nav !== null && view.nav !== undefined && (!view.right || may(view.right)));
  return html`<nav class=${`side-bar${open ? " open" : ""}`} id="menu" aria-label=${t("menu")}>
    ${GROUPS.map((group) => {
      const views = seen.filter((view) => view.nav === group);
      return views.length > 0 && html`<div class="group" key=${group}>
        ${group && html`<h2>${t(group)}</h2>`}
        <ul>${views.map((view) => html`<li key=${view.name}><a href=${link(startOf(view))} aria-current=${view.name === current ? "page" : null}>${said(view.title)}</a></li>`)}</ul>
      </div>`;
    })}
  </nav>`;
}

class Boundary extends Component {
  componentDidCatch(error) {
    this.setState({ error });
    console.error(error);
  }

  render({ children }, { error }) {
    return error ? html`<${Broken} error=${error} />` : children;
  }
}

const Broken = ({ error }) => html`<section class="card empty" role="alert">
  <h1>${t("error_title")}</h1><p>${t("error_text")}</p><pre>${String(error.message || error)}</pre>
  <p><button type="button" onClick=${() => location.reload()}>${t("retry")}</button></p>
</section>`;

// Links within the console are shown without leaving the page.
addEventListener("click", (event) => {
  const anchor = event.target instanceof Element && event.target.closest("a[href]");
  if (!anchor || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || anchor.target || anchor.hasAttribute("download")) return;
  const to = new URL(anchor.href);
  if (to.origin !== location.origin || !viewAt(to.pathname)) return;
  if (to.pathname === location.pathname && to.hash) return;
  event.preventDefault();
  visit(to.pathname + to.search);
  document.querySelector("#main").focus({ preventScroll: true });
});

async function start() {
  const root = document.querySelector("#app");
  // The file of the view comes meanwhile; whether it came, is asked where it is shown.
  const first = viewAt(route.value.path);
  if (first) load(first.view).catch(() => undefined);
  try {
    const [who, words, known] = await Promise.all([readSession(), get("/words"), get("/areas", { limit: 1000 })]);
    if (who.must_change_password && who.signed_by === "session") {
      location.replace(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
      return;
    }
    apiWords.value = words.words;
    areas.value = Object.fromEntries(known.data.map((area) => [area.code, area]));
  } catch (problem) {
    if (problem.status === 401 || problem.code === "password_to_change") {
      location.replace(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
      return;
    }
    const said = problem.status === 0 ? html`<${Unreachable} />` : html`<${Failure} problem=${problem} retry=${() => location.reload()} />`;
    render(html`<header class="top-bar"><span class="brand">Enermon</span></header><main id="main">${said}</main>`, root);
    return;
  }
  render(html`<${App} />`, root);
}

start();
