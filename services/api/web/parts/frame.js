// The bar above every view: where and when one looks, who one is, language and colours; and signing in again.

import { html, useState } from "../vendor/preact.js";
import { Dialog } from "./dialog.js";
import { Live } from "./live.js";
import { Menu } from "./menu.js";
import { BasisPicker, ComparisonPicker, PeriodPicker } from "./period.js";
import { ScopePicker } from "./scope.js";
import { TourButton } from "./tour.js";
import { get, post, remove, session, signedOut } from "../lib/api.js";
import { shownPeriod, shownScope } from "../lib/shown.js";
import { language, link, setLanguage } from "../lib/state.js";
import { setTheme, theme } from "../lib/theme.js";
import { saidOf, areas, t } from "../lib/words.js";

export function TopBar({ onMenu, menuOpen, onHelp, onFind }) {
  const { area, pickers } = shownScope.value;
  return html`<header class="top-bar">
    <button type="button" class="plain menu-button" aria-controls="menu" aria-expanded=${menuOpen} aria-label=${t("menu")} onClick=${onMenu}>☰</button>
    <a class="brand" href=${link("/")}>Enermon<small>${t("product")}</small></a>
    <div class="pickers">
      <${ScopePicker} code=${area} />
      ${pickers.includes("period") && html`<${PeriodPicker} shown=${shownPeriod.value} />`}
      ${pickers.includes("comparison") && html`<${ComparisonPicker} />`}
      ${pickers.includes("basis") && html`<${BasisPicker} />`}
    </div>
    <div class="right-side">
      <button type="button" class="find" title="Ctrl K, /" onClick=${onFind}><span aria-hidden="true">⌕</span> <span class="find-word">${t("search")}</span> <kbd>Ctrl K</kbd></button>
      <${Live} />
      <span class="zone note">${t("time_zone")}</span>
      <${WhoMenu} onHelp=${onHelp} />
      <button type="button" class="plain" onClick=${() => setLanguage(language.value === "zh" ? "en" : "zh")} lang=${language.value === "zh" ? "en" : "zh-CN"}>${t("language")}</button>
    </div>
  </header>`;
}

function WhoMenu({ onHelp }) {
  const who = session.value;
  const where = who.area && areas.value[who.area] ? ` · ${saidOf(areas.value[who.area], "name")}` : "";
  const signOut = async () => {
    if (who.signed_by === "session") await remove("/session");
    location.assign("/login");
  };
  return html`<${Menu} label=${html`<span class="who-name">${who.display_name}</span>`} title=${`${t("signed_in_as", { name: who.display_name, role: t(who.role) })}${where}`} align="right">
    ${(close) => html`
      <p class="note">${t("signed_in_as", { name: who.account, role: t(who.role) })}${where}</p>
      <div role="group" aria-label=${t("theme")}>${["auto", "light", "dark"].map(
        (each) => html`<button type="button" key=${each} aria-pressed=${theme.value === each} onClick=${() => setTheme(each)}>${t(`theme_${each}`)}</button>`,
      )}</div>
      <${TourButton} onBegin=${close} />
      <button type="button" onClick=${() => { close(); onHelp(); }}>${t("keys")} <kbd>?</kbd></button>
      <button type="button" onClick=${signOut}>${t("sign_out")}</button>`}
  <//>`;
}

// When the session has ended: what is on the page stays, and so does what is half filled in.
export function SignInAgain() {
  const [fault, setFault] = useState("");
  if (!signedOut.value) return "";
  const before = session.value;
  const submit = async (event) => {
    event.preventDefault();
    const fields = event.target.elements;
    try {
      const who = await post("/session", { name: fields.account.value, password: fields.password.value });
      session.value = who;
      signedOut.value = false;
      if (before && before.account !== who.account) location.reload();
    } catch (problem) {
      setFault(problem.code === "wrong_credentials" ? t("wrong_credentials") : problem.detail || problem.code);
    }
  };
  return html`<${Dialog} title=${t("sign_in")} onClose=${null}>
    <p>${t("session_ended")}</p>
    <form onSubmit=${submit} class="stacked">
      <label>${t("account")} <input name="account" autocomplete="username" value=${before ? before.account : ""} required /></label>
      <label>${t("password")} <input name="password" type="password" autocomplete="current-password" required autofocus /></label>
      ${fault && html`<p role="alert" class="fault">${fault}</p>`}
      <p><button type="submit" class="primary">${t("sign_in")}</button></p>
    </form>
  <//>`;
}

// Whether the session still is, asked when one comes back to the page after a while.
addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && session.peek()) get("/session").catch(() => {});
});
