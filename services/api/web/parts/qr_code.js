// An address as a QR code, for whoever holds the paper: drawn here, asked of nobody.

import { html, useEffect, useState } from "../vendor/preact.js";

// Free squares around it, as the standard asks for.
const QUIET = 4;

// `text`: what is read from it; `label`: what it is, for those who do not see it.
export function QrCode({ text, label }) {
  const [drawn, setDrawn] = useState(null);
  useEffect(() => {
    let left = false;
    // Where it cannot be loaded the address stands beside it as text.
    import("../vendor/qr.js").then(({ generate, toSvgPath }) => {
      const code = generate(text);
      if (!left) setDrawn({ size: code.size, path: toSvgPath(code) });
    }, () => {});
    return () => {
      left = true;
    };
  }, [text]);
  if (drawn === null) return html`<span class="qr-code" aria-hidden="true"></span>`;
  const side = drawn.size + 2 * QUIET;
  return html`<svg class="qr-code" viewBox=${`${-QUIET} ${-QUIET} ${side} ${side}`} role="img" aria-label=${label}>
    <rect x=${-QUIET} y=${-QUIET} width=${side} height=${side} fill="#ffffff" /><path d=${drawn.path} fill="#000000" />
  </svg>`;
}
