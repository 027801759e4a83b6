// What the live stream tells (GET /live): one stream a page, of the place that is looked at.

import { signal } from "../vendor/preact.js";
import { addressOf, get, signedOut } from "./api.js";

// A stream ends after ten minutes and is opened again at once: only what lasts longer than this is a lost connection.
const LOST_MS = 5000;
const AGAIN_MS = 5000;
// A page that nobody looks at lets its stream go after this.
const UNSEEN_MS = 60000;

// {status: "connecting" | "open" | "lost", scope, state}: `state` as the API tells it, null before the first.
export const live = signal({ status: "connecting", scope: null, state: null });

let source = null;
let lost = null;
let again = null;
let unseen = null;

// Watch this scope, such as area:150600, instead of the one before.
export function watch(scope) {
  const before = live.peek();
  if (source && before.scope === scope) return;
  live.value = { status: "connecting", scope, state: before.scope === scope ? before.state : null };
  open();
}

// Watch nothing.
export function leave() {
  close();
  live.value = { status: "connecting", scope: null, state: null };
}

function open() {
  close();
  const { scope } = live.peek();
  if (scope === null || document.visibilityState === "hidden") return;
  lost = setTimeout(onLost, LOST_MS);
  source = new EventSource(addressOf("/live", { scope }));
  source.addEventListener("energy", (event) => {
    clearTimeout(lost);
    live.value = { status: "open", scope, state: JSON.parse(event.data) };
  });
  source.addEventListener("error", (event) => {
    // With data: the stream says why it ends. Without: the line is gone; the browser tries again, unless it was refused.
    clearTimeout(lost);
    lost = setTimeout(onLost, LOST_MS);
    if (event.data || source.readyState === EventSource.CLOSED) {
      source.close();
      clearTimeout(again);
      again = setTimeout(open, AGAIN_MS);
    }
  });
}

function close() {
  [lost, again, unseen].forEach(clearTimeout);
  if (source) source.close();
  source = null;
}

// The API is asked too: it says whether it is there at all, and whether one still is signed in.
function onLost() {
  live.value = { ...live.peek(), status: "lost" };
  if (!signedOut.peek()) get("/session").catch(() => {});
}

addEventListener("visibilitychange", () => {
  clearTimeout(unseen);
  if (document.visibilityState === "hidden") unseen = setTimeout(close, UNSEEN_MS);
  else if (!source && live.peek().scope !== null) open();
});
addEventListener("pagehide", close);
