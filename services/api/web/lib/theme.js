// Light or dark: as chosen, else as the system has it. Older browsers know no light-dark(), so the page is marked.

import { computed, effect, signal } from "../vendor/preact.js";
import { remember, remembered } from "./state.js";

const system = matchMedia("(prefers-color-scheme: dark)");
const systemDark = signal(system.matches);
system.addEventListener("change", (event) => {
  systemDark.value = event.matches;
});

// "auto", "light" or "dark".
export const theme = signal(["light", "dark"].includes(remembered("theme")) ? remembered("theme") : "auto");
// What is shown: "light" or "dark".
export const shownTheme = computed(() => (theme.value === "auto" ? (systemDark.value ? "dark" : "light") : theme.value));

export function setTheme(value) {
  remember("theme", value === "auto" ? null : value);
  theme.value = value;
}

effect(() => {
  document.documentElement.dataset.theme = shownTheme.value;
});
