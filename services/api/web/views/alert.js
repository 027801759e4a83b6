// One alert on a page of its own: links of mails lead here.

import { html } from "../vendor/preact.js";
import { useGet } from "../lib/api.js";
import { useShown } from "../lib/shown.js";
import { link } from "../lib/state.js";
import { saidOf, wordsOf } from "../lib/words.js";
import { AlertDetail } from "../parts/alert.js";
import { PageHead } from "../parts/page.js";
import words from "../parts/alert.words.js";

const t = wordsOf(words);

export default function AlertPage({ params }) {
  useShown({ pickers: [] });
  const alert = useGet(`/alerts/${params.id}`);
  const subject = alert.data && alert.data.subject;
  const beside = useGet(subject ? "/cases" : null, { subject, at_rest: true });
  const others = beside.data && beside.data.data.length > 0 ? beside.data.data[0].alerts : [];
  const own = alert.data && (saidOf(alert.data, "subject_name") || subject.split(":")[1]);
  const owner = alert.data && alert.data.enterprise && saidOf(alert.data.enterprise, "name");
  const name = owner && owner !== own ? `${owner} · ${own}` : own;
  return html`
    <${PageHead} title=${name ? `${name} · ${t("alert")} ${params.id}` : `${t("alert")} ${params.id}`}
      trail=${html`<nav class="breadcrumbs"><ol><li><a href=${link("/alerts")}>${t("alert")}</a></li><li><span aria-current="page">${params.id}</span></li></ol></nav>`}
      actions=${html`<button type="button" onClick=${() => print()}>${t("print")}</button>`} />
    ${others.length > 1 && html`<nav class="tabs" aria-label=${t("other_alerts")}>${others.map((each) => html`<a key=${each.alert_id} href=${link(`/alerts/${each.alert_id}`)} aria-current=${String(each.alert_id) === params.id ? "page" : null}>${saidOf(each, "title") || each.rule}</a>`)}</nav>`}
    <${AlertDetail} key=${params.id} id=${params.id} of=${alert} whole />`;
}
