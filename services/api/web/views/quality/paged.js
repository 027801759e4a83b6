// A list of the API that is read on page by page.

import { html, useState } from "../../vendor/preact.js";
import { get, useGet } from "../../lib/api.js";
import { wordsOf } from "../../lib/words.js";
import { Failure, Read } from "../../parts/states.js";
import words from "../quality.words.js";

const t = wordsOf(words);
const NONE = { of: null, rows: [], next: null, problem: null };

// As useGet, and `more`: what was read after the first page.
export function usePaged(path, params) {
  const first = useGet(path, params);
  const [kept, setKept] = useState(NONE);
  const more = kept.of === first.data ? kept : { ...NONE, of: first.data, next: first.data && first.data.next };
  const readOn = async () => {
    try {
      const part = await get(path, { ...params, cursor: more.next });
      setKept({ of: first.data, rows: [...more.rows, ...part.data], next: part.next, names: merged(more.names, part.names), problem: null });
    } catch (problem) {
      setKept({ ...more, problem });
    }
  };
  return { ...first, more: { ...more, readOn } };
}

// `children(rows, names, data)`: all rows that were read, with their names; `data`: the first answer.
export const Paged = ({ of, children, lines = 6 }) => html`<${Read} of=${of} lines=${lines}>${(data) => html`
  ${children([...data.data, ...of.more.rows], merged(data.names, of.more.names), data)}
  ${of.more.problem && html`<${Failure} problem=${of.more.problem} />`}
  ${of.more.next && html`<p class="pager"><button type="button" onClick=${of.more.readOn}>${t("more")}</button></p>`}`}<//>`;

function merged(one, other) {
  const found = { ...one };
  for (const kind of Object.keys(other || {})) found[kind] = { ...found[kind], ...other[kind] };
  return found;
}
