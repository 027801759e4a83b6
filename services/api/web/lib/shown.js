// What the view that is shown looks at, for the bar above it: its period, and its area where it has one.

import { signal, useEffect } from "../vendor/preact.js";
import { askedPeriod, period } from "./state.js";
import { periodOf } from "./time.js";

export const shownPeriod = signal(period.peek());
// {area: code} | null; which pickers the bar offers: {period, comparison, basis}; `stays`: another area is shown by the same view, by its parameter `area`.
export const shownScope = signal({ area: null, pickers: [], stays: false });

// Say what a view looks at; its period is that of the address, else `usual`, a key of time.js. Gives the period.
export function useShown({ area = null, pickers = ["period"], usual = null, stays = false }) {
  const used = askedPeriod.value || (usual ? periodOf(usual) : period.value);
  const key = `${used.key} ${area} ${pickers.join()} ${stays}`;
  useEffect(() => {
    shownPeriod.value = used;
    shownScope.value = { area, pickers, stays };
  }, [key]);
  return used;
}
