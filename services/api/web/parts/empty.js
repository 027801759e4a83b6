// Above every view before anything is registered: what is to be done first.

import { html, useEffect, useState } from "../vendor/preact.js";
import { get, may } from "../lib/api.js";
import { link } from "../lib/state.js";
import { t } from "../lib/words.js";
import { useLive } from "./live.js";

// Asked for only where the live stream tells that no gateway is there.
export function EmptyRegion() {
  const state = useLive();
  const none = state !== null && state.gateways.gateways === 0;
  const [empty, setEmpty] = useState(false);
  useEffect(() => {
    setEmpty(false);
    if (none) get("/enterprises", { limit: 1 }).then((found) => setEmpty(found.data.length === 0), () => {});
  }, [none]);
  if (!empty) return "";
  return html`<section class="card first-steps" role="status">
    <p><strong>${t("empty_title")}</strong></p>
    <p>${t("empty_text")}</p>
    <p>
      ${may("register") && html`<a class="button primary" href=${link("/registry/enterprises", { import: "1" })}>${t("empty_import")}</a>`}
      <span class="note"> ${t("empty_simulated_text")}</span>
    </p>
  </section>`;
}
