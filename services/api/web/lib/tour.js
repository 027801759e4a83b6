// Where one is in the tour: kept in this browser, so that it goes on after a reload, and where the address says ?tour=.

import { effect, signal } from "../vendor/preact.js";
import { remember, remembered, route, setQuery } from "./state.js";

export const STEPS = 7;
const AFTER_LAST = STEPS + 1;

// {step: 1 to 7, 8: what was called; open: whether the card is shown; leads: to the page of the step, once}; null: not begun.
export const tour = signal(read());

function read() {
  const [step, open] = (remembered("tour") || "").split(" ");
  return Number(step) >= 1 && Number(step) <= AFTER_LAST ? { step: Number(step), open: open === "open", leads: false } : null;
}

// Show a step; `leads`: go to its page too.
export function showStep(step, { open = true, leads = true } = {}) {
  tour.value = step >= 1 && step <= AFTER_LAST ? { step, open, leads: leads && step <= STEPS } : null;
  remember("tour", tour.value ? `${tour.value.step} ${open ? "open" : "left"}` : null);
}

export const leaveTour = () => showStep(tour.peek().step, { open: false, leads: false });
// On the page where one is: after it was left, or once its page is shown.
export const resumeTour = () => showStep(tour.peek().step, { leads: false });
export const endTour = () => showStep(0);

// ?tour=3 begins with the third step; the address is then that of the view again.
effect(() => {
  const asked = Number(route.value.query.tour);
  if (!asked) return;
  showStep(Math.min(Math.max(asked, 1), STEPS));
  setQuery({ tour: null });
});
