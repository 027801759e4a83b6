"""The story told through the public API: who is told, what is corrected and refused, and how alerts are handled."""

import csv
import datetime as dt
import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from simulators.broker import read_logins
from simulators.options import SHANGHAI
from simulators.registration import RegistrationError, RegistryApi
from simulators.story.kept import Kept
from simulators.story.script import Handled, Script, Step, months_before

log = logging.getLogger(__name__)

_MAIL = "jnjc-{area}@enermon.example"
"""Addresses of a domain that never is one (RFC 2606)."""
_WORKS_MAIL = "works@enermon.example"
_LEVEL_ZH = {"region": "节能监察中心", "league": "节能监察支队", "banner": "节能监察大队"}
_LEVEL_EN = {"region": "energy supervision centre", "league": "energy supervision detachment"}
_EN_OF_BANNER = "energy supervision team"
_SUMS_WITHIN_S = 1800.0
_AGAIN_S = 0.5


class Teller:
    """`administrator` registers; `accounts` are the demonstration's, by name, each with its own key."""

    def __init__(
        self, script: Script, kept: Kept, *, administrator: RegistryApi, accounts: Mapping[str, RegistryApi]
    ) -> None:
        self._script = script
        self._kept = kept
        self._administrator = administrator
        self._accounts = accounts
        self._first_day = kept.first_day()

    def moments(self) -> list[tuple[str, tuple[str, ...]]]:
        """As of when which rules are to be judged, in the order of time."""
        found = [(at.on(self._first_day).isoformat(), each.rules) for each in self._script.judged for at in each.at]
        return sorted(found)

    def prepare(self, passwords: Path) -> None:
        """Register bodies with where they are told, send what is refused, correct, and wait until all is in the sums.

        Raises RegistrationError.
        """
        self._bodies()
        self._works()
        for refused in self._script.refused:
            deed = f"refused {refused.meter}"
            if not self._kept.is_done(deed):
                login = read_logins(passwords)[refused.gateway]
                reading = {"meter": refused.meter, "ts": refused.at.on(self._first_day).isoformat()}
                self._administrator.send_as_gateway(
                    refused.gateway, (login.user, login.password), [{**reading, "value": refused.value}]
                )
                self._kept.add(deed)
        self._correct()
        self._wait_for_the_sums()

    def _wait_for_the_sums(self) -> None:
        """Until what was measured before today waits no more for the roll-up. Raises RegistrationError."""
        whole = {"start": months_before(self._first_day, 24), "end": self._first_day, "bucket": "total"}
        deadline = time.monotonic() + _SUMS_WITHIN_S
        while (pending := self._administrator.get(f"/api/v1/energy?{urlencode(whole)}")["pending"]) is not None:
            if time.monotonic() > deadline:
                raise RegistrationError(f"the sums are not there after {_SUMS_WITHIN_S:.0f} s: {pending}")
            time.sleep(_AGAIN_S)

    def _bodies(self) -> None:
        known = {row["code"] for row in self._administrator.rows("/api/v1/supervision-bodies")}
        banners = set(self._script.bodies.banners)
        for area in self._administrator.rows("/api/v1/areas"):
            if area["level"] == "banner" and area["code"] not in banners:
                continue
            code = f"SB-{area['code']}"
            if self._kept.is_done(code):
                continue
            entry = {
                "code": code,
                "name_zh": f"{area['name_zh']}{_LEVEL_ZH[area['level']]}",
                "name_en": f"{area['name_en']} {_LEVEL_EN.get(area['level'], _EN_OF_BANNER)}",
                "area_code": area["code"],
            }
            if code not in known:
                self._administrator.post("/api/v1/supervision-bodies", entry)
            self._subscribe(f"/api/v1/supervision-bodies/{code}", _MAIL.format(area=area["code"]))
            self._kept.add(code)

    def _works(self) -> None:
        """The enterprise of the demonstration's account is told too."""
        works = self._accounts["works"].get("/api/v1/session")["enterprise"]
        if not self._kept.is_done("works"):
            self._subscribe(f"/api/v1/enterprises/{works}", _WORKS_MAIL)
            self._kept.add("works")

    def _subscribe(self, owner: str, address: str) -> None:
        entry = {"channel": "email", "address": address, "language": "zh"}
        self._administrator.post(f"{owner}/subscriptions", entry)

    def _correct(self) -> None:
        for each in self._script.correction:
            deed = f"corrected {each.meter}"
            if self._kept.is_done(deed):
                continue
            at = each.at.on(self._first_day)
            span = {"start": at.isoformat(), "end": (at + dt.timedelta(minutes=15)).isoformat()}
            account = self._accounts[each.account]
            (reading,) = account.get(f"/api/v1/meters/{each.meter}/readings?{urlencode(span)}")["data"]
            entry = {
                "ts": at.isoformat(),
                "kind": "replace",
                "value": round(reading["value"] * each.factor, 4),
                "expected_value": reading["value"],
                "reason": each.reason,
            }
            account.post(f"/api/v1/meters/{each.meter}/corrections", entry)
            self._kept.add(deed)

    def handle(self) -> None:
        """Take the steps that were not taken; an alert that is not there is left out. Raises RegistrationError."""
        for handled in self._script.handled:
            alert_id = self._alert(handled)
            if alert_id is None:
                log.warning("no alert of %s for %s: it is not handled", handled.rule, handled.subject)
                continue
            for number, step in enumerate(handled.steps):
                deed = f"{handled.rule} {handled.subject} {handled.nth} {number}"
                if not self._kept.is_done(deed):
                    self._accounts[step.account].post(f"/api/v1/alerts/{alert_id}/steps", _entry(step))
                    self._kept.add(deed)

    def issue(self) -> None:
        """Issue the bulletins that were not issued. Raises RegistrationError."""
        month = f"{months_before(self._first_day, 1):%Y-%m}"
        for issued in self._script.issued:
            for area in issued.areas:
                deed = f"issued {area}"
                if not self._kept.is_done(deed):
                    self._accounts[issued.account].post(f"/api/v1/bulletins/{area}/{month}", {})
                    self._kept.add(deed)

    def _alert(self, handled: Handled) -> int | None:
        asked = urlencode({"rule": handled.rule, "subject": handled.subject})
        alerts = sorted(
            (row["fired_at"], row["alert_id"]) for row in self._administrator.get(f"/api/v1/alerts?{asked}")["data"]
        )
        return alerts[handled.nth - 1][1] if len(alerts) >= handled.nth else None


def _entry(step: Step) -> dict[str, Any]:
    entry = {"action": step.action, "text": step.text, "reference": step.reference}
    if step.due_in_days is not None:
        today = dt.datetime.now(SHANGHAI).date()
        entry["due_on"] = (today + dt.timedelta(days=step.due_in_days)).isoformat()
    return {name: value for name, value in entry.items() if value is not None}


def accounts_of(api_url: str, folder: Path) -> dict[str, RegistryApi]:
    """The demonstration's accounts by name, each by its key in `folder`. Raises RegistrationError."""
    listed = folder / "demonstration-accounts.csv"
    try:
        with listed.open(encoding="utf-8", newline="") as file:
            names = [row["account"] for row in csv.DictReader(file)]
        return {
            name: RegistryApi(api_url, key=(folder / f"{name}.key").read_text(encoding="utf-8").strip())
            for name in names
        }
    except OSError as error:
        raise RegistrationError(f"the accounts of the demonstration cannot be read: {error}") from error
