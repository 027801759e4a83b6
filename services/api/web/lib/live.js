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
  fear();
  source = new EventSource(addressOf("/live", { scope }));
  source.addEventListener("energy", (event) => {
    calm();
    if (live.peek().status === "lost") askWhetherThere();
    live.value = { status: "open", scope, state: JSON.parse(event.data) };
  });
  source.addEventListener("error", (event) => {
    // With data: the stream says why it ends. Without: the line is gone; the browser tries again, unless it was refused.
    fear();
    if (event.data || source.readyState === EventSource.CLOSED) {
      source.close();
      clearTimeout(again);
      again = setTimeout(open, AGAIN_MS);
    }
  });
}

// From the first failure on, however often it is tried again.
function fear() {
  if (lost === null) lost = setTimeout(onLost, LOST_MS);
}

function calm() {
  clearTimeout(lost);
  lost = null;
}

function close() {
  calm();
  [again, unseen].forEach(clearTimeout);
  if (source) source.close();
  source = null;
}

function onLost() {
  live.value = { ...live.peek(), status: "lost" };
  askWhetherThere();
}

// What is asked says whether the API is there at all, or there again, and whether one still is signed in.
function askWhetherThere() {
  if (!signedOut.peek()) get("/session").catch(() => {});
}

function onSeen() {
  clearTimeout(unseen);
  if (document.visibilityState === "hidden") unseen = setTimeout(close, UNSEEN_MS);
  else if (!source && live.peek().scope !== null) open();
}

addEventListener("visibilitychange", onSeen);
addEventListener("pageshow", onSeen);
addEventListener("pagehide", close);
