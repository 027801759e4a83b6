// A button that opens a short list under it; Esc, a click elsewhere and the end of the focus close it.

import { html, useEffect, useRef, useState } from "../vendor/preact.js";

// `children(close)` gives what is in it.
export function Menu({ label, title = "", children, align = "left" }) {
  const [open, setOpen] = useState(false);
  const box = useRef(null);
  const button = useRef(null);
  const close = () => {
    setOpen(false);
    button.current.focus();
  };
  useEffect(() => {
    if (!open) return undefined;
    const outside = (event) => !box.current.contains(event.target) && setOpen(false);
    document.addEventListener("pointerdown", outside);
    const first = box.current.querySelector(".menu-list [aria-pressed=true], .menu-list button, .menu-list a, .menu-list input");
    if (first) first.focus();
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);
  const key = (event) => {
    if (event.key === "Escape" && open) {
      event.stopPropagation();
      close();
    }
    if (!["ArrowDown", "ArrowUp"].includes(event.key) || event.target.tagName === "INPUT") return;
    event.preventDefault();
    if (!open) {
      setOpen(true);
      return;
    }
    const items = [...box.current.querySelectorAll(".menu-list button, .menu-list a")];
    const next = items.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    items[(next + items.length) % items.length].focus();
  };
  return html`<div class="menu" ref=${box} onKeyDown=${key}>
    <button type="button" ref=${button} title=${title} aria-expanded=${open} onClick=${() => setOpen(!open)}>${label} <span aria-hidden="true">▾</span></button>
    ${open && html`<div class=${`menu-list ${align}`}>${children(close)}</div>`}
  </div>`;
}
