// Keys of the console and of the view that is shown. A key with a letter after it: "g t".

import { signal, useEffect } from "../vendor/preact.js";

const SECOND_MS = 1200;
// The lists of keys that are in use: [[{keys, text, run}]], the newest last.
export const keysInUse = signal([]);
let before = null;

// Have these keys while a part is shown: [{keys: "j", text: what it does, run(event)}]. Not while one writes, nor under a dialog.
export function useKeys(list, deps = []) {
  useEffect(() => {
    keysInUse.value = [...keysInUse.peek(), list];
    return () => {
      keysInUse.value = keysInUse.peek().filter((each) => each !== list);
    };
  }, deps);
}

const writes = (element) => element.closest("input, textarea, select, [contenteditable]") && !["checkbox", "radio"].includes(element.type);

addEventListener("keydown", (event) => {
  if (!(event.target instanceof Element)) return;
  const pressed = (event.ctrlKey || event.metaKey ? "ctrl+" : "") + (event.key.length === 1 ? event.key.toLowerCase() : event.key);
  const modal = document.querySelector("dialog[open]");
  if (event.altKey || (!pressed.startsWith("ctrl+") && (writes(event.target) || modal))) return;
  const both = before && Date.now() - before.at < SECOND_MS ? `${before.key} ${pressed}` : null;
  before = { key: pressed, at: Date.now() };
  const all = [...keysInUse.peek()].reverse().flat();
  const found = all.find((each) => each.keys === both) || all.find((each) => each.keys === pressed);
  if (!found) return;
  event.preventDefault();
  before = null;
  found.run(event);
});
