"""One request of every operation of the API, each of which succeeds: on the simulated region, and on things of its own
that are registered, changed and removed again.
"""

import csv
import io
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import psycopg
from openpyxl import Workbook

from services.core.calendar import SHANGHAI
from tests.e2e.clients.foreign import tell_of_foreign
from tests.e2e.clients.signing_in import tell_of_accounts
from tests.e2e.conftest import END, START, RunningRegion
from tests.integration.alerted import BODY, Raised
from tests.integration.registered import JUNGAR, credit_code
from tests.signed_in import ADMINISTRATOR_KEY, SECOND_KEY

API = "/api/v1"
ENDLESS = ("get", f"{API}/live")
"""The stream has no end to wait for; tests/integration/test_live.py reads it."""

Json = Any


@dataclass(frozen=True)
class Call:
    """A request as a client is asked for it: `path` as the document has it, with the values of its parameters."""

    method: str
    path: str
    places: dict[str, str] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    body: Json = None
    file: dict[str, str] | None = None
    """A row of a table file, by its columns."""
    token: str | None = ADMINISTRATOR_KEY
    """The key it comes with; None: it comes with a session."""
    headers: dict[str, str] = field(default_factory=dict)


class Asker(Protocol):
    """What sends requests, and reads the answers by the document."""

    def ask(self, call: Call) -> Json:
        """The JSON of a good answer, None where there is none. Raises AssertionError for any other answer."""


class Story:
    """Asks everything; `number` keeps what several stories register apart."""

    def __init__(self, asker: Asker, region: RunningRegion, number: int) -> None:
        self.asked: set[tuple[str, str]] = set()
        self._asker, self._region, self._number = asker, region, number
        self._park, self._unit, self._gateway = f"P-S{number}", f"U-S{number}", f"G-S{number}"
        self._meter, self._body = f"M-S{number}", f"SB-S{number}"
        self._credit_code = credit_code(900_000 + number)
        self._range = {"start": START.isoformat(), "end": END.isoformat()}

    def tell(self) -> None:
        """Ask everything."""
        self._own_places()
        self._own_meter()
        self._imports()
        self._sums()
        self._judgements()
        self._numbers()
        self._heat_values()
        self._manual_reports()
        self._alerts()
        for place, code in ((f"{API}/supervision-bodies/{{code}}", self._body), (_ENTERPRISE, self._credit_code)):
            self._subscriptions(place, code)
        self._quality()
        self._readings()
        self._proposals()
        tell_of_accounts(self._ask, self._region.database_url, f"s{self._number}")
        self._remove_own()
        for path in ("/health/live", "/health/ready", "/metrics"):
            self._ask("get", path)

    def _ask(self, method: str, path: str, /, *codes: object, **given: Any) -> Json:
        """Ask, and have it confirmed by a second person where it changes closed months."""
        answer = self._ask_alone(method, path, *codes, **given)
        if not isinstance(answer, dict) or "proposal_id" not in answer or path.startswith(_PROPOSALS):
            return answer
        return self._ask_alone("post", f"{_PROPOSAL}/confirm", answer["proposal_id"], token=SECOND_KEY)

    def _ask_alone(self, method: str, path: str, /, *codes: object, **given: Any) -> Json:
        names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        places = dict(zip(names, map(str, codes), strict=True))
        self.asked.add((method, path))
        named = {name: given.pop(name) for name in ("body", "file", "token", "headers") if name in given}
        return self._asker.ask(Call(method, path, places, given.pop("query", {}) | given, **named))

    def _registered(self, kind: str, code: str, entry: Json, patch: Json, **how: Json) -> None:
        one = f"{API}/{kind}/{{{'credit_code' if kind == 'enterprises' else 'code'}}}"
        self._ask("post", f"{API}/{kind}", body=entry)
        found = self._ask("get", f"{API}/{kind}", order=["-name_zh"] if kind != "gateways" else ["-name"], total=True)
        assert found["total"] >= len(found["data"]) > 0
        self._ask("patch", one, code, body=patch | how)
        found = self._ask("get", one, code)
        assert patch.items() <= found.items()

    def _own_places(self) -> None:
        for kind, code in (("areas", JUNGAR), ("carriers", "electricity")):
            assert self._ask("get", f"{API}/{kind}")["data"]
            self._ask("get", f"{API}/{kind}/{{code}}", code)
        park = {"code": self._park, "name_zh": "园区", "kind": "ordinary", "area_code": JUNGAR}
        self._registered("parks", self._park, park, {"name_en": "Park"})
        enterprise = {"credit_code": self._credit_code, "name_zh": "焦化厂", "trade": "coke", "area_code": JUNGAR}
        first, second = "2026-01-01", "2026-02-01"
        self._registered(
            "enterprises", self._credit_code, enterprise | {"valid_from": first}, {"name_en": "Coking plant"}
        )
        memberships = f"{_ENTERPRISE}/memberships"
        self._ask("post", memberships, self._credit_code, body={"area_code": JUNGAR, "valid_from": second})
        patch = {"park_code": self._park}
        self._ask("patch", f"{memberships}/{{valid_from}}", self._credit_code, second, body=patch)
        assert len(self._ask("get", memberships, self._credit_code)["data"]) == 2
        self._ask("delete", f"{memberships}/{{valid_from}}", self._credit_code, second)

    def _own_meter(self) -> None:
        unit = {"code": self._unit, "credit_code": self._credit_code, "name_zh": "焦炉"}
        self._registered("units", self._unit, unit, {"name_en": "Oven"})
        gateway = {"code": self._gateway, "credit_code": self._credit_code}
        self._registered("gateways", self._gateway, gateway, {"name": "网关"})
        assert self._ask("get", f"{API}/gateways/{{code}}/state", self._gateway)["state"] == "unknown"
        assert self._ask("get", f"{API}/gateways/{{code}}/edge-node", self._gateway)["online"] is None
        assert self._ask("get", f"{API}/gateways/{{code}}/end-device", self._gateway)["values"] == []
        meter = {"code": self._meter, "unit_code": self._unit, "gateway_code": self._gateway, "name_zh": "电表"}
        meter |= {"kind": "counter", "carrier": "electricity", "flow": "input", "unit_of_measure": "kWh"}
        self._registered("meters", self._meter, meter, {"multiplier": 8000.0}, correct_from_start=True, reason="铭牌")
        at = START.isoformat()
        swap = {"ts": at, "final_value": 7.0, "first_value": 0.0}
        self._ask("post", f"{_METER}/replacements", self._meter, body=swap)
        assert self._ask("get", f"{_METER}/replacements", self._meter)["data"]
        self._ask("delete", f"{_METER}/replacements/{{ts}}", self._meter, at)
        self._outlet_of_own_gateway()
        profile = f"p-s{self._number}"
        tell_of_foreign(self._ask, gateway=self._gateway, meter=self._meter, profile=profile)
        self._credentials_of_own_gateway()
        self._terms_of_own_meter()
        self._settlements_of_own_meter()
        inputs = f"{API}/units/{{code}}/inputs"
        given = {"input": "feed_grade", "value": 58.4, "valid_from": "2026-01-01", "source": "化验单"}
        self._ask("post", inputs, self._unit, body=given)
        assert self._ask("get", inputs, self._unit)["data"][0]["value"] == 58.4
        self._ask("delete", f"{inputs}/{{name}}/{{valid_from}}", self._unit, "feed_grade", "2026-01-01")

    def _outlet_of_own_gateway(self) -> None:
        one, code = f"{API}/outlets/{{code}}", f"DA-S{self._number}"
        outlet = {"credit_code": self._credit_code, "name_zh": "烟囱", "medium": "gas", "gateway": self._gateway}
        assert self._ask("put", one, code, body=outlet | {"monitored_from": "2026-01-01"})["monitored"]
        assert self._ask("get", one, code)["gateway"] == self._gateway
        assert self._ask("get", f"{API}/outlets", enterprise=[self._credit_code])["data"]
        assert self._ask("get", f"{API}/emissions", outlet=[code], **self._range)["data"] == []
        days = {"start": "2026-01-01", "end": "2026-01-03", "outlet": [code]}
        assert self._ask("get", f"{API}/transmission-rates", **days)["total"]["hours_due"] == 48
        assert self._ask("get", f"{API}/emissions/amounts", **days)["total"] == []
        self._ask("get", f"{API}/emissions/later", gateway=[self._gateway])
        self._ask("get", f"{API}/monitors", gateway=[self._gateway])
        self._ask("delete", one, code)

    def _credentials_of_own_gateway(self) -> None:
        for holder, code in ((f"{API}/gateways/{{code}}", self._gateway), (_ENTERPRISE, self._credit_code)):
            credentials = f"{holder}/credentials"
            first = self._ask("post", credentials, code, body={})
            assert len(first["password"]) == 43
            second = self._ask("post", credentials, code, body={"overlap_hours": 2})
            assert (first["user"], second["user"]) == (code, f"{code}@2")
            self._ask("delete", credentials, code, generation=1)
            assert [each["works"] for each in self._ask("get", credentials, code)["data"]] == [True, False]

    def _terms_of_own_meter(self) -> None:
        terms = f"{_METER}/terms"
        term = {"valid_from": START.isoformat(), "multiplier": 900.0, "reason": "互感器更换"}
        assert self._ask("post", terms, self._meter, body=term, dry_run=True)["rebooked"]
        number = self._ask("post", terms, self._meter, body=term)["id"]
        corrected = {"multiplier": 950.0, "reason": "铭牌照片更正"}
        number = self._ask("patch", f"{terms}/{{term_id}}", self._meter, number, body=corrected)["id"]
        assert [each["multiplier"] for each in self._ask("get", terms, self._meter)["data"]] == [8000.0, 950.0]
        self._ask("delete", f"{terms}/{{term_id}}", self._meter, number)

    def _settlements_of_own_meter(self) -> None:
        settlements = f"{_METER}/settlements"
        word = {"from": START.isoformat(), "to": (START + timedelta(hours=1)).isoformat(), "action": "set_aside"}
        word |= {"reason": "现场核实"}
        number = self._ask("post", settlements, self._meter, body=word)["id"]
        [kept] = self._ask("get", settlements, self._meter)["data"]
        assert (kept["id"], kept["action"]) == (number, "set_aside")
        self._ask("delete", f"{settlements}/{{settlement_id}}", self._meter, number)

    def _imports(self) -> None:
        for kind in (
            "parks",
            "enterprises",
            "units",
            "gateways",
            "meters",
            "statistics",
            "heat-values",
            "manual-reports",
        ):
            self._ask("get", f"{API}/import/{kind}/template")
        entry = {"code": f"{self._park}-I", "name_zh": "园区", "kind": "ordinary", "area_code": JUNGAR}
        self._ask("post", f"{API}/import/parks", file=entry, dry_run=True)
        entry = {"credit_code": credit_code(950_000 + self._number), "name_zh": "厂", "trade": "coke"}
        entry |= {"area_code": JUNGAR, "valid_from": "2026-01-01"}
        self._ask("post", f"{API}/import/enterprises", file=entry, dry_run=True)
        entry = {"code": f"{self._unit}-I", "credit_code": self._credit_code, "name_zh": "焦炉"}
        self._ask("post", f"{API}/import/units", file=entry, dry_run=True)
        entry = {"code": f"{self._gateway}-I", "credit_code": self._credit_code}
        self._ask("post", f"{API}/import/gateways", file=entry, dry_run=True)
        entry = {"code": f"{self._meter}-I", "unit_code": self._unit, "gateway_code": self._gateway, "name_zh": "电表"}
        entry |= {"kind": "counter", "carrier": "electricity", "flow": "input", "unit_of_measure": "kWh"}
        self._ask("post", f"{API}/import/meters", file=entry, dry_run=True)
        self._ask("post", f"{API}/import/statistics", file=self._statistic(), dry_run=True)
        self._ask("post", f"{API}/import/heat-values", file=self._heat_value(), dry_run=True)
        self._ask("post", f"{API}/import/manual-reports", file=self._manual_report(), dry_run=True)

    def _heat_value(self) -> dict[str, str]:
        entry = {"enterprise": self._credit_code, "carrier": "lignite", "month": "2026-01", "ncv_mj_per_kg": "14.3"}
        return entry | {"laboratory": "检验中心", "report": "R-1"}

    def _heat_values(self) -> None:
        values = f"{API}/heat-values"
        [given] = self._ask("post", values, body=self._heat_value() | {"ncv_mj_per_kg": 14.3})["data"]
        assert self._ask("get", values, enterprise=[self._credit_code])["data"]
        one = f"{values}/{{number}}"
        corrected = self._ask("patch", one, given["id"], body={"ncv_mj_per_kg": 14.5, "reason": "录入错误"})
        assert self._ask("get", one, corrected["id"])["ncv_mj_per_kg"] == 14.5
        self._ask("delete", one, corrected["id"], reason="重复录入")

    def _manual_report(self) -> dict[str, str]:
        entry = {"unit_code": self._unit, "carrier": "diesel", "flow": "input", "month": "2026-01", "value": "5.5"}
        return entry | {"unit_of_measure": "t", "document": "GB-2026-01"}

    def _manual_reports(self) -> None:
        reports = f"{API}/manual-reports"
        [given] = self._ask("post", reports, body=self._manual_report() | {"value": 5.5})["data"]
        assert self._ask("get", reports, unit=[self._unit])["data"]
        one = f"{reports}/{{number}}"
        corrected = self._ask("patch", one, given["id"], body={"value": 5.0, "reason": "录入错误"})
        assert self._ask("get", one, corrected["id"])["quantity"] == 5.0
        self._ask("delete", one, corrected["id"], reason="重复录入")

    def _statistic(self) -> dict[str, str]:
        owner = f"unit:{self._unit}"
        return {"owner": owner, "kind": "output", "period": "2026-01", "value": "1200.5", "unit": "t"}

    def _sums(self) -> None:
        for by in ("carrier,area", "flow,enterprise", "meter"):
            assert self._ask("get", f"{API}/energy", by=by, **self._range)["data"]
        assert self._ask("get", f"{API}/energy", bucket="hour", estimates="linear", **self._range)["data"]
        assert self._ask("get", f"{API}/energy/balance", by="league", **self._range)["data"]
        assert self._ask("get", f"{API}/export/{{view}}", "energy_day", **self._range)["data"]
        self._ask("get", f"{API}/energy/activity", enterprise=self._credit_code, **self._range)
        compared = {"compare": "previous", "total": True, **self._range}
        assert self._ask("get", f"{API}/energy", by="carrier", **compared)["total"]
        assert self._ask("get", f"{API}/energy/balance", by="carrier", explain=True, **compared)["total"]
        values = f"{API}/indicators/values"
        assert self._ask("get", values, slugs="pue,coal_share", explain=True, bucket="total", **compared)["data"]
        for indicator in self._ask("get", f"{API}/indicators")["data"]:
            asked = {"bucket": "total", **self._range} | ({"by": "park"} if "park" in indicator["by"] else {})
            if "area" in indicator["scopes"]:
                self._ask("get", f"{API}/indicators/{{slug}}", indicator["slug"], **asked)

    def _judgements(self) -> None:
        assert self._ask("get", f"{API}/efficiency-list", **_MARCH)["data"]
        assert self._ask("get", f"{API}/two-high")["data"]
        unit = next(unit for unit in self._region.region.registry.units if unit.process)
        self._ask("get", f"{API}/tariff", unit=unit.code, year=2026)
        park = self._region.region.registry.parks[0].code
        self._ask("get", f"{API}/parks/{{code}}/renewables", park, **_MARCH)
        assert self._ask("get", f"{API}/targets")["data"]
        assert self._ask("get", f"{API}/map") == {"map": None}
        assert self._ask("get", f"{API}/search", q="eeds")["data"][0]["code"] == "150600"
        assert self._ask("get", f"{API}/words")["words"]["severity"]["severe"]["zh"] == "严重"
        assert self._ask("get", f"{API}/progress", year=2025)["data"]
        self._ask("get", f"{API}/progress", area=JUNGAR, year=2024)
        bulletin = self._ask("post", f"{API}/bulletins/{{area}}/{{month}}", JUNGAR, "2026-01")
        assert (
            self._ask("get", f"{API}/bulletins/{{area}}/{{month}}", JUNGAR, "2026-01")["digest"] == bulletin["digest"]
        )
        assert self._ask("get", f"{API}/bulletins/{{area}}/{{month}}/content", JUNGAR, "2026-01")["month"] == "2026-01"
        diff = self._ask("get", f"{API}/bulletins/{{area}}/{{month}}/diff", JUNGAR, "2026-01")
        assert diff["version"] == bulletin["version"]
        assert self._ask("get", f"{API}/bulletins")["data"]
        assert self._ask("get", f"{API}/progress", area="150000", year=2026)["years"]

    def _numbers(self) -> None:
        assert self._ask("get", f"{API}/statistic-kinds")["data"]
        entry: dict[str, Any] = {**self._statistic(), "value": 1200.5}
        self._ask("post", f"{API}/statistics", body=entry)
        self._ask("post", f"{API}/statistics", body=[entry])
        assert self._ask("get", f"{API}/statistics", versions=True)["data"]
        for table in self._ask("get", f"{API}/tables")["data"]:
            assert bool(self._ask("get", f"{API}/tables/{{name}}", table["name"])["data"]) == (table["rows"] > 0)

    def _alerts(self) -> None:
        entry = {"code": self._body, "name_zh": "节能监察大队", "area_code": JUNGAR}
        self._registered("supervision-bodies", self._body, entry, {"name_en": "Supervision"})
        alert_id = self._raised_alert()
        assert self._ask("get", f"{API}/alerts", severity=["warning", "severe"], order=["-fired_at", "rule"])["data"]
        step = {"action": "acknowledge"}
        self._ask("post", f"{API}/alerts/{{alert_id}}/steps", alert_id, body=step)
        assert self._ask("get", f"{API}/alerts/{{alert_id}}", alert_id)["history"]
        assert self._ask("get", f"{API}/alerts/{{alert_id}}/series", alert_id)["every"] == "month"
        many = {"alert_ids": [alert_id], "action": "comment", "text": "现场核查"}
        assert self._ask("post", f"{API}/alerts/steps", body=many)["taken"] == 1
        subject = f"unit:{self._region.region.registry.units[0].code}"
        (case,) = self._ask("get", f"{API}/cases", subject=[subject], order=["urgency"])["data"]
        assert case["alert_count"] >= 1
        assert self._ask("get", f"{API}/worklist", query={"body": self._body})["overdue_enterprises"]["count"] >= 0
        self._ask("get", f"{API}/cases/{{subject}}/file", subject)
        assert self._ask("get", f"{API}/alert-states")["data"]
        assert self._ask("get", f"{API}/rules")["data"]
        rule, own = {key: part for key, part in BODY.items() if key != "slug"}, f"own_{self._number}"
        self._ask("put", f"{API}/rules/{{slug}}", own, body={"body": rule, "enabled": False})
        assert self._ask("get", f"{API}/rules/{{slug}}", own)["versions"]
        self._ask("post", f"{API}/rules/dry_run", body={"slug": own} | self._range)
        tomorrow = (datetime.now(SHANGHAI) + timedelta(days=1)).replace(microsecond=0)
        silence = {"rule": own, "enterprise": self._credit_code, "area": JUNGAR, "reason": "检修"}
        made = self._ask("post", f"{API}/silences", body=silence | {"ends_at": tomorrow.isoformat()})
        assert self._ask("get", f"{API}/silences")["data"]
        one = f"{API}/silences/{{silence_id}}"
        self._ask("get", one, made["silence_id"])
        self._ask("post", f"{one}/end", made["silence_id"], body={})

    def _raised_alert(self) -> int:
        """An alert as the alert service raises it, on a unit of the region, and where its rule stands."""
        with psycopg.connect(self._region.database_url, autocommit=True) as connection:
            raised = Raised(connection)
            rule = raised.rule(f"raised_{self._number}")
            unit = self._region.region.registry.units[0]
            about = {"rule": rule, "subject_code": unit.code, "enterprise_code": unit.credit_code}
            alert_id = raised.alert(**about)
            raised.event(alert_id, "fired", START, value=1.42)
            raised.state("firing", f"unit:{unit.code}", rule=rule, alert_id=alert_id)
            cannot = {"cannot_since": START, "cannot_reasons": '[["low_coverage", "0.5"]]'}
            raised.state("ok", f"enterprise:{unit.credit_code}", rule=rule, **cannot)
        return alert_id

    def _subscriptions(self, place: str, code: str) -> None:
        many, one = f"{place}/subscriptions", f"{place}/subscriptions/{{subscription_id}}"
        entry = {"channel": "webhook", "address": f"https://hooks.example.cn/{code}", "quiet_from": "22:00"}
        made = self._ask("post", many, code, body=entry | {"quiet_to": "06:00"})
        number = made["subscription_id"]
        assert self._ask("get", many, code)["data"]
        self._ask("patch", one, code, number, body={"least_severity": "severe"})
        self._ask("get", one, code, number)
        self._ask("post", f"{one}/rotate", code, number)
        self._ask("post", f"{one}/retire", code, number)
        message = self._ask("post", f"{one}/test", code, number)["message_id"]
        with psycopg.connect(self._region.database_url, autocommit=True) as connection:
            Raised(connection).attempt(message, "failed", "connection refused")
        assert self._ask("get", f"{API}/deliveries")["data"]
        assert self._ask("get", f"{API}/deliveries/{{message_id}}", message)["history"]
        self._ask("delete", one, code, number)

    def _quality(self) -> None:
        assert self._ask("get", f"{API}/quality", by="enterprise", **self._range)["data"]
        self._ask("get", f"{API}/quality/findings", **self._range)
        scope, next_day = f"meter:{self._meter}", (START + timedelta(days=1)).isoformat()
        day = {"start": START.isoformat(), "end": next_day}
        assert self._ask("get", f"{API}/quality/missing", scope=scope, **day)["data"]
        rows = self._ask("get", f"{API}/quality/matrix", scope=scope, score="composite", **day)["data"]
        assert [row["meter"] for row in rows] == [self._meter]
        assert self._ask("get", f"{API}/quality/checks")["data"]

    def _readings(self) -> None:
        times = [(START + timedelta(minutes=15 * quarter)).isoformat() for quarter in range(4)]
        sent = [{"meter": self._meter, "ts": at, "value": float(number)} for number, at in enumerate(times)]
        unknown = {"meter": f"{self._meter}-LATER", "ts": times[0], "value": 1.0}
        message = {"seq": 1, "readings": [*sent, unknown]}
        taken = self._ask("post", f"{API}/readings", gateway=self._gateway, body=message)
        assert (taken["stored"], len(taken["rejected"])) == (4, 1)
        acceptance = {"ts": times[1], "reason": "seen on site"}
        self._ask("post", f"{_METER}/acceptances", self._meter, body=acceptance)
        assert self._ask("get", f"{_METER}/acceptances", self._meter)["data"]
        assert self._ask("get", f"{API}/acceptances", meter=[self._meter])["data"]
        self._ask("get", f"{API}/settlements", meter=[self._meter], withdrawn=True)
        self._ask("delete", f"{_METER}/acceptances/{{ts}}", self._meter, times[1])
        correction = {"ts": times[2], "kind": "replace", "value": 2.5, "reason": "digits swapped"}
        self._ask("post", f"{_METER}/corrections", self._meter, body=correction)
        assert self._ask("get", f"{_METER}/corrections", self._meter)["data"]
        assert self._ask("get", f"{API}/corrections", meter=[self._meter])["data"]
        assert self._ask("get", f"{_METER}/readings", self._meter)["data"]
        self._ask("get", f"{API}/readings", quality=["suspect", "dip"], start=START.isoformat())
        assert self._ask("get", f"{API}/rejected-readings")["data"]
        self._ask("get", f"{API}/rejected-messages")
        self._ask("post", f"{API}/rejected-readings/retry", gateway=self._gateway)
        self._ask("get", f"{API}/dropped")
        assert self._ask("get", f"{API}/seal")["seal"] > 0
        assert self._ask("get", f"{API}/audit", kind=["correction"], action=["insert"])["data"]
        self._ask("get", f"{API}/audit/export", kind=["correction"])

    def _proposals(self) -> None:
        """A correction of a closed month is proposed, looked at and declined."""
        correction = {"ts": (START + timedelta(minutes=15)).isoformat(), "kind": "withdraw", "reason": "no such value"}
        number = self._ask_alone("post", f"{_METER}/corrections", self._meter, body=correction)["proposal_id"]
        assert self._ask("get", _PROPOSALS, state=["waiting"])["data"]
        assert self._ask("get", _PROPOSAL, number)["effect"]["meters"] == [self._meter]
        self._ask("get", f"{_PROPOSAL}/body", number)
        self._ask("post", f"{_PROPOSAL}/decline", number, body={"reason": "it is right"}, token=SECOND_KEY)

    def _remove_own(self) -> None:
        """Meters with readings stay, and with them what they belong to; others of each kind are there to be removed."""
        code = f"{self._meter}-X"
        other = {"credit_code": credit_code(980_000 + self._number), "name_zh": "厂", "trade": "coke"}
        self._ask("post", f"{API}/enterprises", body=other | {"area_code": JUNGAR, "valid_from": "2026-01-01"})
        unit, gateway = f"{self._unit}-X", f"{self._gateway}-X"
        self._ask("post", f"{API}/units", body={"code": unit, "credit_code": other["credit_code"], "name_zh": "炉"})
        self._ask("post", f"{API}/gateways", body={"code": gateway, "credit_code": other["credit_code"]})
        meter = {"code": code, "unit_code": unit, "gateway_code": gateway, "name_zh": "电表", "kind": "counter"}
        meter |= {"carrier": "electricity", "flow": "input", "unit_of_measure": "kWh"}
        self._ask("post", f"{API}/meters", body=meter)
        for kind, removed in (("meters", code), ("gateways", gateway), ("units", unit)):
            self._ask("delete", f"{API}/{kind}/{{code}}", removed)
        self._ask("delete", _ENTERPRISE, other["credit_code"])
        self._ask("delete", f"{API}/parks/{{code}}", self._park)
        self._ask("delete", f"{API}/supervision-bodies/{{code}}", self._body)


_MARCH = {"start": "2026-03-01T00:00:00+08:00", "end": "2026-04-01T00:00:00+08:00"}
_ENTERPRISE = f"{API}/enterprises/{{credit_code}}"
_METER = f"{API}/meters/{{code}}"
_PROPOSALS = f"{API}/proposals"
_PROPOSAL = f"{_PROPOSALS}/{{proposal_id}}"


def csv_of(row: dict[str, str]) -> bytes:
    """The table file of one row."""
    written = io.StringIO()
    csv.writer(written).writerows([row.keys(), row.values()])
    return written.getvalue().encode("utf-8")


def xlsx_of(row: dict[str, str]) -> bytes:
    """The same as a workbook."""
    book, written = Workbook(), io.BytesIO()
    sheet = book.worksheets[0]
    sheet.append(list(row.keys()))
    sheet.append(list(row.values()))
    book.save(written)
    return written.getvalue()
