"""A request of every operation, of a site or of an area: what the matrix of access asks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from services.core.calendar import SHANGHAI
from tests.integration.access.world import AT, MARCH, Site
from tests.integration.registered import credit_code

About = Literal["nothing", "list", "site", "area"]


@dataclass(frozen=True)
class Asked:
    """A request: below /api/v1 unless its path is whole; `about` says of what."""

    about: About
    of: Callable[[Any], dict[str, Any]]


def _nothing(path: str, **query: Any) -> Asked:
    return Asked("nothing", lambda _: {"path": path, "query": query})


def _list(path: str, **query: Any) -> Asked:
    return Asked("list", lambda _: {"path": path, "query": query})


def _site(path: str, *, query: Mapping[str, str] | None = None, body: Any = None, file: Any = None) -> Asked:
    """Of a site: braces in path, query, body and file are its parts."""
    return Asked(
        "site",
        lambda site: {
            "path": _filled(path, site),
            "query": _filled(dict(query or {}), site),
            "body": _filled(body, site),
            "file": _filled(file, site),
        },
    )


def _area(path: str, **query: str) -> Asked:
    return Asked(
        "area",
        lambda code: {
            "path": path.replace("{area}", code),
            "query": {k: v.replace("{area}", code) for k, v in query.items()},
        },
    )


def _filled(given: Any, site: Site) -> Any:
    if isinstance(given, str):
        parts = {"mark": site.mark, "area": site.area, "enterprise": site.enterprise, "at": AT.isoformat()}
        return given.format(**parts, **site.of)
    if isinstance(given, dict):
        return {name: _filled(value, site) for name, value in given.items()}
    return [_filled(value, site) for value in given] if isinstance(given, list) else given


_NEW = credit_code(77)
_METER = {"kind": "counter", "carrier": "electricity", "flow": "input", "unit_of_measure": "kWh", "name_zh": "表"}
_NEW_METER = {"code": "M-NEW", "unit_code": "U-{mark}", "gateway_code": "G-{mark}", **_METER}
_NEW_ENTERPRISE = {"credit_code": _NEW, "name_zh": "厂", "trade": "coke", "area_code": "{area}"}
_STATISTIC = {"owner": "unit:U-{mark}", "kind": "output", "period": "2026-02", "value": 5, "unit": "t"}
_HEAT = {"enterprise": "{enterprise}", "carrier": "lignite", "month": "2026-02", "ncv_mj_per_kg": 14.3}
_REPORT = {"laboratory": "检验中心", "report": "R"}
_MANUAL = {"unit_code": "U-{mark}", "carrier": "diesel", "month": "2026-02", "unit_of_measure": "t", "document": "GB-2"}
_HOOK = {"channel": "webhook", "address": "https://hooks.example.cn/new"}
_SOON = datetime.now(SHANGHAI) + timedelta(days=1)
_LATER = {"starts_at": _SOON.isoformat(), "ends_at": (_SOON + timedelta(days=7)).isoformat()}
_REASON = {"reason": "看过现场"}
_COMMENT = {"action": "comment", "text": "看过"}
_KINDS = (
    "parks",
    "enterprises",
    "units",
    "gateways",
    "meters",
    "statistics",
    "heat-values",
    "manual-reports",
    "points",
)


def _subscriptions(place: str, held: str, number: str) -> dict[str, Asked]:
    """Below a body or an enterprise, `held` is its place with braces filled by the site."""
    one, filled = f"{place}/{{subscription_id}}", f"{held}/{{{number}}}"
    return {
        f"GET {place}": _site(held),
        f"POST {place}": _site(held, body=_HOOK),
        f"GET {one}": _site(filled),
        f"PATCH {one}": _site(filled, body={"least_severity": "severe"}),
        f"DELETE {one}": _site(filled),
        **{f"POST {one}/{act}": _site(f"{filled}/{act}") for act in ("rotate", "retire", "test")},
    }


def _credentials(place: str, held: str) -> dict[str, Asked]:
    return {
        f"GET {place}": _site(held),
        f"POST {place}": _site(held, body={}),
        f"DELETE {place}": _site(held),
    }


REQUESTS: Mapping[str, Asked] = {
    "GET areas": _nothing("areas"),
    "GET areas/{code}": _nothing("areas/150622"),
    "GET carriers": _nothing("carriers"),
    "GET map": _nothing("map"),
    "GET carriers/{code}": _nothing("carriers/electricity"),
    "GET indicators": _nothing("indicators"),
    "GET statistic-kinds": _nothing("statistic-kinds"),
    "GET tables": _nothing("tables"),
    "GET tables/{name}": _nothing("tables/standard_coal"),
    "GET targets": _nothing("targets"),
    "GET words": _nothing("words"),
    "GET search": _list("search", q="U-", kind="unit", limit=50),
    "GET rules": _nothing("rules", q="none of these"),
    "GET rules/{slug}": _nothing("rules/rule_qa"),
    "GET quality/checks": _nothing("quality/checks"),
    "GET seal": _nothing("seal"),
    **{f"GET import/{kind}/template": _nothing(f"import/{kind}/template") for kind in _KINDS},
    "PUT rules/{slug}": _nothing("rules/rule_qa"),
    "POST rules/dry_run": _nothing("rules/dry_run"),
    "GET /metrics": _nothing("/metrics"),
    "GET audit": _nothing("audit"),
    "GET audit/export": _nothing("audit/export", kind="park"),
    "GET session": _nothing("session"),
    "DELETE session": _nothing("session"),
    "POST session/password": _nothing("session/password"),
    "GET session/keys": _nothing("session/keys"),
    "POST session/keys": _nothing("session/keys"),
    "DELETE session/keys/{key_id}": _nothing("session/keys/999999"),
    "GET sessions": _nothing("sessions"),
    "DELETE sessions/{session_id}": _nothing("sessions/0123456789abcdef"),
    "GET accounts": _nothing("accounts"),
    "POST accounts": _nothing("accounts"),
    "GET accounts/{name}": _nothing("accounts/auditor"),
    "PATCH accounts/{name}": _nothing("accounts/auditor"),
    "POST accounts/{name}/password": _nothing("accounts/auditor/password"),
    "GET accounts/{name}/keys": _nothing("accounts/auditor/keys"),
    "POST accounts/{name}/keys": _nothing("accounts/auditor/keys"),
    "DELETE accounts/{name}/keys/{key_id}": _nothing("accounts/auditor/keys/999999"),
    "GET accounts/{name}/sessions": _nothing("accounts/auditor/sessions"),
    "DELETE accounts/{name}/sessions/{session_id}": _nothing("accounts/auditor/sessions/0123456789abcdef"),
    "GET parks": _list("parks"),
    "GET enterprises": _list("enterprises"),
    "GET units": _list("units"),
    "GET gateways": _list("gateways"),
    "GET meters": _list("meters"),
    "GET statistics": _list("statistics"),
    "GET heat-values": _list("heat-values"),
    "GET manual-reports": _list("manual-reports"),
    "GET alerts": _list("alerts"),
    "GET alert-states": _list("alert-states"),
    "GET cases": _list("cases"),
    "GET worklist": _list("worklist"),
    "POST alerts/steps": Asked("nothing", lambda _: {"path": "alerts/steps", "body": {"alert_ids": [1], **_COMMENT}}),
    "GET silences": _list("silences"),
    "GET supervision-bodies": _list("supervision-bodies"),
    "GET deliveries": _list("deliveries"),
    "GET rejected-readings": _list("rejected-readings"),
    "GET rejected-messages": _list("rejected-messages"),
    "GET dropped": _nothing("dropped"),
    "GET outlets": _list("outlets"),
    "GET outlets/{code}": _site("outlets/DA-{mark}"),
    "PUT outlets/{code}": _site(
        "outlets/DA-{mark}", body={"credit_code": "{enterprise}", "name_zh": "口", "medium": "gas"}
    ),
    "DELETE outlets/{code}": _site("outlets/DA-{mark}"),
    "GET emissions": _list("emissions", start="2026-03-01T00:00:00+08:00", end="2026-03-08T00:00:00+08:00"),
    "GET emissions/amounts": _list("emissions/amounts", **MARCH),
    "GET emissions/later": _list("emissions/later"),
    "GET transmission-rates": _list("transmission-rates", **MARCH),
    "GET monitors": _list("monitors"),
    "GET points": _list("points"),
    "GET foreign-examples": _list("foreign-examples"),
    "GET profiles": _nothing("profiles"),
    "GET profiles/{name}": _nothing("profiles/kepware"),
    "PUT profiles/{name}": _nothing("profiles/of-tests"),
    "POST profiles/try": _nothing("profiles/try"),
    "GET gateways/{code}/profile": _site("gateways/G-{mark}/profile"),
    "PUT gateways/{code}/profile": _site("gateways/G-{mark}/profile", body={"profile": "kepware"}),
    "POST gateways/{code}/profile/try": _site("gateways/G-{mark}/profile/try", body={"profile": "kepware"}),
    "DELETE gateways/{code}/profile": _site("gateways/G-{mark}/profile"),
    "GET held-readings": _list("held-readings"),
    "GET foreign-counts": _nothing("foreign-counts"),
    "PUT gateways/{code}/points": _site("gateways/G-{mark}/points", body={"points": [{"name": "x", "ignored": True}]}),
    "DELETE gateways/{code}/points": _site("gateways/G-{mark}/points", query={"name": "seen"}),
    "POST held-readings/take": _site("held-readings/take", query={"gateway": "G-{mark}"}),
    "GET proposals": _list("proposals"),
    "GET proposals/{proposal_id}": _site("proposals/{proposal}"),
    "GET proposals/{proposal_id}/body": _site("proposals/{proposal}/body"),
    "POST proposals/{proposal_id}/confirm": _site("proposals/{proposal}/confirm"),
    "POST proposals/{proposal_id}/decline": _site("proposals/{proposal}/decline"),
    "GET readings": _list("readings", start="2026-03-01"),
    "GET corrections": _list("corrections"),
    "GET acceptances": _list("acceptances"),
    "GET settlements": _list("settlements"),
    "GET quality/findings": _list("quality/findings", **MARCH),
    "GET efficiency-list": _nothing("efficiency-list", **MARCH),
    "GET two-high": _nothing("two-high"),
    "GET energy": _area("energy", scope="area:{area}", by="carrier,enterprise", **MARCH),
    "GET energy/balance": _area("energy/balance", scope="area:{area}", by="enterprise", **MARCH),
    "GET energy/activity": _site("energy/activity", query={"enterprise": "{enterprise}", **MARCH}),
    "GET export/{view}": _area("export/energy_day", area="{area}", **MARCH),
    "GET indicators/values": _area(
        "indicators/values", slugs="pue,completeness", scope="area:{area}", bucket="total", **MARCH
    ),
    "GET indicators/{slug}": _area("indicators/pue", scope="area:{area}", bucket="total", **MARCH),
    "GET quality": _area("quality", scope="area:{area}", **MARCH),
    "GET quality/matrix": _area("quality/matrix", scope="area:{area}", **MARCH),
    "GET quality/missing": _area("quality/missing", scope="area:{area}", start="2026-03-02", end="2026-03-03"),
    "GET bulletins": _nothing("bulletins"),
    "GET bulletins/{area}/{month}": _area("bulletins/{area}/2026-01"),
    "GET bulletins/{area}/{month}/content": _area("bulletins/{area}/2026-01/content"),
    "GET bulletins/{area}/{month}/diff": _area("bulletins/{area}/2026-01/diff"),
    "POST bulletins/{area}/{month}": _area("bulletins/{area}/2026-02"),
    "GET progress": _area("progress", area="{area}", year="2026"),
    "GET parks/{code}": _site("parks/P-{mark}"),
    "POST parks": _site("parks", body={"code": "P-N", "name_zh": "园区", "kind": "ordinary", "area_code": "{area}"}),
    "PATCH parks/{code}": _site("parks/P-{mark}", body={"name_en": "Park"}),
    "DELETE parks/{code}": _site("parks/P-{mark}"),
    "GET parks/{code}/renewables": _site("parks/P-{mark}/renewables", query=MARCH),
    "GET enterprises/{credit_code}": _site("enterprises/{enterprise}"),
    "POST enterprises": _site("enterprises", body={**_NEW_ENTERPRISE, "valid_from": "2026-01-01"}),
    "PATCH enterprises/{credit_code}": _site("enterprises/{enterprise}", body={"name_en": "Works"}),
    "DELETE enterprises/{credit_code}": _site("enterprises/{enterprise}"),
    "GET enterprises/{credit_code}/memberships": _site("enterprises/{enterprise}/memberships"),
    "POST enterprises/{credit_code}/memberships": _site(
        "enterprises/{enterprise}/memberships", body={"valid_from": "2026-07-01", "area_code": "{area}"}
    ),
    "PATCH enterprises/{credit_code}/memberships/{valid_from}": _site(
        "enterprises/{enterprise}/memberships/2026-06-01", body={"park_code": None}
    ),
    "DELETE enterprises/{credit_code}/memberships/{valid_from}": _site(
        "enterprises/{enterprise}/memberships/2026-06-01"
    ),
    "GET units/{code}": _site("units/U-{mark}"),
    "POST units": _site("units", body={"code": "U-NEW", "credit_code": "{enterprise}", "name_zh": "炉"}),
    "PATCH units/{code}": _site("units/U-{mark}", body={"name_en": "Oven"}),
    "DELETE units/{code}": _site("units/U-{mark}"),
    "GET units/{code}/inputs": _site("units/U-{mark}/inputs"),
    "POST units/{code}/inputs": _site(
        "units/U-{mark}/inputs",
        body={"input": "feed_grade", "value": 60, "valid_from": "2026-02-01", "source": "化验单"},
    ),
    "DELETE units/{code}/inputs/{name}/{valid_from}": _site("units/U-{mark}/inputs/feed_grade/2026-01-01"),
    "GET gateways/{code}": _site("gateways/G-{mark}"),
    "GET gateways/{code}/state": _site("gateways/G-{mark}/state"),
    "GET gateways/{code}/edge-node": _site("gateways/G-{mark}/edge-node"),
    "GET gateways/{code}/end-device": _site("gateways/G-{mark}/end-device"),
    "POST gateways": _site("gateways", body={"code": "G-NEW", "credit_code": "{enterprise}"}),
    "PATCH gateways/{code}": _site("gateways/G-{mark}", body={"name": "网关"}),
    "DELETE gateways/{code}": _site("gateways/G-{mark}"),
    **_credentials("gateways/{code}/credentials", "gateways/G-{mark}/credentials"),
    **_credentials("enterprises/{credit_code}/credentials", "enterprises/{enterprise}/credentials"),
    "GET meters/{code}": _site("meters/M-{mark}"),
    "POST meters": _site("meters", body=_NEW_METER),
    "PATCH meters/{code}": _site("meters/M-{mark}", body={"name_en": "Main"}),
    "DELETE meters/{code}": _site("meters/M-{mark}"),
    "GET meters/{code}/terms": _site("meters/M-{mark}/terms"),
    "POST meters/{code}/terms": _site(
        "meters/M-{mark}/terms", body={"valid_from": "2026-03-25", "multiplier": 3, **_REASON}
    ),
    "PATCH meters/{code}/terms/{term_id}": _site("meters/M-{mark}/terms/{term}", body={"multiplier": 4, **_REASON}),
    "DELETE meters/{code}/terms/{term_id}": _site("meters/M-{mark}/terms/{term}"),
    "GET meters/{code}/replacements": _site("meters/M-{mark}/replacements"),
    "POST meters/{code}/replacements": _site(
        "meters/M-{mark}/replacements", body={"ts": "{at}", "final_value": 7, "first_value": 0}
    ),
    "DELETE meters/{code}/replacements/{ts}": _site("meters/M-{mark}/replacements/{at}"),
    "GET meters/{code}/acceptances": _site("meters/M-{mark}/acceptances"),
    "POST meters/{code}/acceptances": _site("meters/M-{mark}/acceptances", body={"ts": "{at}", **_REASON}),
    "DELETE meters/{code}/acceptances/{ts}": _site("meters/M-{mark}/acceptances/{at}"),
    "GET meters/{code}/settlements": _site("meters/M-{mark}/settlements"),
    "POST meters/{code}/settlements": _site(
        "meters/M-{mark}/settlements",
        body={"from": "2026-03-02", "to": "2026-03-03", "action": "set_aside", **_REASON},
    ),
    "DELETE meters/{code}/settlements/{settlement_id}": _site("meters/M-{mark}/settlements/1"),
    "GET meters/{code}/corrections": _site("meters/M-{mark}/corrections"),
    "POST meters/{code}/corrections": _site(
        "meters/M-{mark}/corrections", body={"ts": "{at}", "kind": "replace", "value": 2.5, **_REASON}
    ),
    "GET meters/{code}/readings": _site("meters/M-{mark}/readings"),
    "POST readings": _site(
        "readings",
        query={"gateway": "G-{mark}"},
        body={"seq": 2, "readings": [{"meter": "M-{mark}", "ts": "2026-03-03T08:00:00+08:00", "value": 9}]},
    ),
    "POST rejected-readings/retry": _nothing("rejected-readings/retry"),
    "GET tariff": _site("tariff", query={"unit": "U-{mark}", "year": "2026"}),
    "POST statistics": _site("statistics", body=_STATISTIC),
    "POST heat-values": _site("heat-values", body={**_HEAT, **_REPORT}),
    "GET heat-values/{number}": _site("heat-values/{heat_value}"),
    "PATCH heat-values/{number}": _site("heat-values/{heat_value}", body={"ncv_mj_per_kg": 14.5, **_REASON}),
    "DELETE heat-values/{number}": _site("heat-values/{heat_value}"),
    "POST manual-reports": _site("manual-reports", body={**_MANUAL, "value": 5}),
    "GET manual-reports/{number}": _site("manual-reports/{manual_report}"),
    "PATCH manual-reports/{number}": _site("manual-reports/{manual_report}", body={"value": 6, **_REASON}),
    "DELETE manual-reports/{number}": _site("manual-reports/{manual_report}", query=_REASON),
    "GET alerts/{alert_id}": _site("alerts/{alert}"),
    "GET alerts/{alert_id}/series": _site("alerts/{alert}/series"),
    "POST alerts/{alert_id}/steps": _site("alerts/{alert}/steps", body=_COMMENT),
    "GET cases/{subject}/file": _site("cases/unit:U-{mark}/file"),
    "GET silences/{silence_id}": _site("silences/{silence}"),
    "POST silences": _site("silences", body={"enterprise": "{enterprise}", **_REASON, **_LATER}),
    "POST silences/{silence_id}/end": _site("silences/{silence}/end", body={}),
    "GET supervision-bodies/{code}": _site("supervision-bodies/SB-{mark}"),
    "POST supervision-bodies": _site(
        "supervision-bodies", body={"code": "SB-NEW", "name_zh": "大队", "area_code": "{area}"}
    ),
    "PATCH supervision-bodies/{code}": _site("supervision-bodies/SB-{mark}", body={"name_en": "Body"}),
    "DELETE supervision-bodies/{code}": _site("supervision-bodies/SB-{mark}"),
    "GET deliveries/{message_id}": _site("deliveries/{message}"),
    **_subscriptions(
        "supervision-bodies/{code}/subscriptions", "supervision-bodies/SB-{mark}/subscriptions", "of_body"
    ),
    **_subscriptions(
        "enterprises/{credit_code}/subscriptions", "enterprises/{enterprise}/subscriptions", "of_enterprise"
    ),
    "POST import/parks": _site(
        "import/parks", file={"code": "P-I", "name_zh": "园区", "kind": "ordinary", "area_code": "{area}"}
    ),
    "POST import/enterprises": _site("import/enterprises", file={**_NEW_ENTERPRISE, "valid_from": "2026-01-01"}),
    "POST import/units": _site("import/units", file={"code": "U-I", "credit_code": "{enterprise}", "name_zh": "炉"}),
    "POST import/gateways": _site("import/gateways", file={"code": "G-I", "credit_code": "{enterprise}"}),
    "POST import/meters": _site("import/meters", file=_NEW_METER),
    "POST import/statistics": _site("import/statistics", file=_STATISTIC),
    "POST import/heat-values": _site("import/heat-values", file={**_HEAT, **_REPORT}),
    "POST import/points": _site("import/points", file={"gateway": "G-{mark}", "name": "n", "ignored": "true"}),
    "POST import/manual-reports": _site("import/manual-reports", file={**_MANUAL, "value": "5"}),
}
"""By the operation, without /api/v1. Each of the document has its line; one without fails the run."""

ENDLESS = "GET live"
"""The stream does not end; what it may watch is held by the same check of the place, and tested by itself."""
