// Words in both languages: those of the console, and those of the API (GET /words).

import { signal } from "../vendor/preact.js";
import { language } from "./state.js";
import common from "./common.words.js";

// Enumerations of the API: {kind: {code: {zh, en}}}; areas: {code: {code, name_zh, name_en, level, parent_code}}.
export const apiWords = signal({});
export const areas = signal({});

// The words of a view: t("key", {name: "…"}) puts values in place of {name}. `words`: {zh: {key: text}, en: {key: text}}.
export function wordsOf(words) {
  return (key, values = {}) => {
    const text = words[language.value][key] ?? common[language.value][key];
    if (text === undefined) throw new Error(`no word ${key}`);
    return text.replace(/\{(\w+)\}/g, (_, name) => (values[name] === undefined ? "" : values[name]));
  };
}

export const t = wordsOf(common);

// A code of the API in words; the code itself where it has none.
export function word(kind, code) {
  const found = apiWords.value[kind] && apiWords.value[kind][code];
  return found ? found[language.value] : code;
}

// One of a pair {zh, en}, or the fields NAME_zh, NAME_en of `entry`.
export const said = (pair) => (pair ? pair[language.value] || pair.zh : "");
export const saidOf = (entry, name) => entry[`${name}_${language.value}`] || entry[`${name}_zh`] || "";

// The name of what `code` stands for, by the `names` of an answer; areas are always known.
export function nameOf(names, kind, code) {
  const found = names && names[kind] && names[kind][code];
  if (found) return said(found);
  if (kind === "area" && areas.value[code]) return saidOf(areas.value[code], "name");
  return code;
}
