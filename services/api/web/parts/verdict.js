// Verdicts, severities and lights: a shape and a word, never a colour alone.

import { html } from "../vendor/preact.js";
import { t, word } from "../lib/words.js";

const SIGNS = {
  ok: "✓", breach: "▲", cannot_judge: "▨",
  severe: "▲", warning: "◆", notice: "●",
  due: "◷", overdue: "◷",
  I: "▲", II: "◆", III: "✓",
};

export function Sign({ of, children, title = "" }) {
  return html`<span class=${`sign-of ${of}`} title=${title}><span aria-hidden="true">${SIGNS[of] || "●"}</span> ${children}</span>`;
}

// `reasons`: those of the API, each with text and text_zh; shown on hover, and beside it where `long`.
export function Verdict({ verdict, text = "" }) {
  return html`<${Sign} of=${verdict} title=${text}>${verdict === "cannot_judge" ? t("cannot_judge") : word("verdict", verdict)}<//>`;
}

export const Severity = ({ severity }) => html`<${Sign} of=${severity}>${word("severity", severity)}<//>`;

// 晴雨表: I, II or III, always printed.
export const Light = ({ level, title = "" }) =>
  level ? html`<${Sign} of=${level} title=${title}>${level}<//>` : html`<span class="sign-of none" title=${title}>—</span>`;
