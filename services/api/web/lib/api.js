// The one way to the API: addresses, problems, the session's token, and what a view has asked for.

import { signal, useCallback, useEffect, useRef, useState } from "../vendor/preact.js";

const BASE = "/api/v1";
const SLOW_MS = 3000;
const RETRY_MS = 5000;

// Who is signed in, as GET /session says; null before it is known. `signedOut`: the session has ended under way.
export const session = signal(null);
export const signedOut = signal(false);
// Since when the API cannot be reached; null while it can.
export const lostSince = signal(null);

// What an answer says went wrong: RFC 9457 with a stable code.
export class Problem extends Error {
  constructor({ status, code, detail, title, errors, requestId, body, wait }) {
    super(detail || title || code);
    Object.assign(this, { status, code, detail, title, errors: errors || [], requestId, body, wait });
  }
}

export function addressOf(path, params = {}) {
  const given = Object.entries(params).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const text = new URLSearchParams(given.map(([name, value]) => [name, Array.isArray(value) ? value.join(",") : String(value)]));
  const query = text.toString();
  return BASE + path + (query ? `?${query}` : "");
}

async function ask(method, address, { body, headers = {}, signal: stop } = {}) {
  const sent = { ...headers };
  if (body !== undefined && !(body instanceof Blob)) sent["Content-Type"] = "application/json";
  if (method !== "GET" && session.peek() && session.peek().csrf_token) sent["X-CSRF-Token"] = session.peek().csrf_token;
  let answer;
  try {
    const given = body === undefined || body instanceof Blob ? body : JSON.stringify(body);
    answer = await fetch(address, { method, headers: sent, body: given, signal: stop });
  } catch (error) {
    if (error.name !== "AbortError" && lostSince.peek() === null) lostSince.value = Date.now();
    throw error.name === "AbortError" ? error : new Problem({ status: 0, code: "unreachable" });
  }
  lostSince.value = null;
  if (!answer.ok) throw await problemOf(answer);
  return answer;
}

async function problemOf(answer) {
  const text = await answer.text();
  let said = {};
  try {
    said = JSON.parse(text);
  } catch {
    // An intermediary's page says no more than its status.
  }
  if (answer.status === 401 && session.peek()) signedOut.value = true;
  return new Problem({
    ...said,
    body: said,
    code: said.code || `http_${answer.status}`,
    status: answer.status,
    requestId: answer.headers.get("X-Request-ID"),
    wait: answer.headers.get("Retry-After"),
  });
}

async function read(answer) {
  return answer.status === 204 ? null : answer.json();
}

export const get = async (path, params, options) => read(await ask("GET", addressOf(path, params), options));
export const post = async (path, body, options) => read(await ask("POST", BASE + path, { body, ...options }));
export const put = async (path, body, options) => read(await ask("PUT", BASE + path, { body, ...options }));
export const patch = async (path, body, options) => read(await ask("PATCH", BASE + path, { body, ...options }));
export const remove = async (path, options) => read(await ask("DELETE", BASE + path, options));
// The tag of what was read, to be sent with a change of it as If-Match: {data, tag}.
export async function getTagged(path, params, options) {
  const answer = await ask("GET", addressOf(path, params), options);
  return { data: await read(answer), tag: answer.headers.get("ETag") };
}

export async function readSession() {
  try {
    session.value = await get("/session");
    signedOut.value = false;
  } catch (problem) {
    if (problem.status === 401) session.value = null;
    throw problem;
  }
  return session.value;
}

export const may = (right) => session.value !== null && session.value.rights.includes(right);

// What a view asks for: {data, tag, problem, loading, slow, readAt, reload, cancel}; `tag`: as getTagged has it. Without a path nothing is asked. While it is asked for again
// the old data stay; where it cannot be reached it is tried again. `everyMs`: asked for again so often while it is looked at.
export function useGet(path, params = {}, { everyMs = 0 } = {}) {
  const address = path ? addressOf(path, params) : null;
  const [state, setState] = useState({ address: null, data: null, tag: null, problem: null, loading: Boolean(path), slow: false, readAt: null });
  const [turn, setTurn] = useState(0);
  const running = useRef(null);

  useEffect(() => {
    if (!address) return undefined;
    const stop = new AbortController();
    running.current = stop;
    let again = null;
    // The data of another place are not shown as those of this one; those of the same place stay while another period is read.
    setState((old) => ({ ...old, data: samePlace(old.address, address) ? old.data : null, problem: null, loading: true, slow: false }));
    const slow = setTimeout(() => setState((old) => ({ ...old, slow: true })), SLOW_MS);
    ask("GET", address, { signal: stop.signal })
      .then(async (answer) => [await read(answer), answer.headers.get("ETag")])
      .then(([data, tag]) => setState({ address, data, tag, problem: null, loading: false, slow: false, readAt: Date.now() }))
      .catch((problem) => {
        if (problem.name === "AbortError") return;
        setState((old) => ({ ...old, problem, loading: false, slow: false }));
        if (problem.status === 0) again = setTimeout(() => setTurn((old) => old + 1), RETRY_MS);
      })
      .finally(() => clearTimeout(slow));
    return () => {
      stop.abort();
      clearTimeout(slow);
      clearTimeout(again);
    };
  }, [address, turn, signedOut.value]);

  useEffect(() => {
    if (!everyMs) return undefined;
    const timer = setInterval(() => document.visibilityState === "visible" && setTurn((old) => old + 1), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);

  const reload = useCallback(() => setTurn((old) => old + 1), []);
  const cancel = useCallback(() => {
    if (running.current) running.current.abort();
    setState((old) => ({ ...old, loading: false, slow: false, problem: new Problem({ status: 0, code: "cancelled" }) }));
  }, []);
  return { ...state, address, reload, cancel };
}

const samePlace = (old, next) => {
  if (old === null) return false;
  const [one, other] = [old, next].map((each) => new URL(each, location.origin));
  return one.pathname === other.pathname && ["scope", "area", "enterprise", "park"].every((name) => one.searchParams.get(name) === other.searchParams.get(name));
};
