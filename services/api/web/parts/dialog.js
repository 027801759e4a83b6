// A dialog over the page: it holds the focus, Esc closes it, and the focus goes back to where it was.

import { html, useEffect, useRef } from "../vendor/preact.js";
import { t } from "../lib/words.js";

// `onClose` null: it cannot be closed. `side`: at the right edge, as the panel that explains a number.
export function Dialog({ title, onClose, side = false, wide = false, children }) {
  const dialog = useRef(null);
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element.showModal();
    return () => {
      if (element.open) element.close();
      if (before && before.focus && document.contains(before)) before.focus();
    };
  }, []);
  const cancel = (event) => {
    event.preventDefault();
    if (onClose) onClose();
  };
  const outside = (event) => event.target === dialog.current && side && onClose && onClose();
  return html`<dialog ref=${dialog} class=${`${side ? "side" : ""} ${wide ? "wide" : ""}`} aria-label=${title} onCancel=${cancel} onMouseDown=${outside}>
    <div class="dialog-inside">
      <header><h2>${title}</h2>${onClose && html`<button type="button" class="plain" aria-label=${t("close")} title=${`${t("close")} (Esc)`} onClick=${onClose}>✕</button>`}</header>
      ${children}
    </div>
  </dialog>`;
}
