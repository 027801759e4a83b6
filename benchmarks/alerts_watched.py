"""Who is watched and who is told in the runs of the alerts: registry, rules, bodies, and the receiver of webhooks."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

import httpx

from benchmarks.load import BANNERS
from benchmarks.service import ApiProcess
from services.up.errors import StartError
from simulators.credit_code import ENTERPRISE, credit_code
from simulators.receiver.arrivals import Arrival, Arrivals
from simulators.receiver.signature import key_of
from simulators.receiver.webhook_sink import WebhookSink
from simulators.registration import RegistryApi
from simulators.registry import Enterprise, Gateway, Meter, Registry, Unit

MAY_CALL_LOOPBACK = {"ENERMON_WEBHOOK_ALLOW_PRIVATE": "true", "ENERMON_WEBHOOK_ALLOW_HTTP": "true"}
_SAID: Mapping[str, Any] = {
    "subject": "unit",
    "severity": "warning",
    "title": {"zh": "测试", "en": "Benchmark"},
    "text": {"zh": "{subject}：{value}，上限 {limit}", "en": "{subject}: {value}, at most {limit}"},
    "source": "benchmark",
    "place": "1",
}
PUE_HOUR: Mapping[str, Any] = {
    **_SAID,
    "indicator": "pue",
    "period": "hour",
    "compare": {"op": ">", "number": 1.3},
}
SILENCE: Mapping[str, Any] = {
    **_SAID,
    "indicator": "gateway_silence_s",
    "period": "now",
    "subject": "gateway",
    "severity": "severe",
    "compare": {"op": ">=", "number": 3600},
}
COMPLETENESS: Mapping[str, Any] = {
    **_SAID,
    "indicator": "completeness",
    "period": "day",
    "compare": {"op": "<", "number": 90},
}


@dataclass(frozen=True)
class Plant:
    """An enterprise with one unit, one gateway, and a meter for each flow."""

    number: int
    trade: str
    flows: tuple[str, ...]

    @property
    def unit(self) -> str:
        """Code of its unit."""
        return f"BENCH-A-{self.number:05d}"

    @property
    def gateway(self) -> str:
        """Code of its gateway."""
        return f"GW-BENCH-A-{self.number:05d}"

    def meter(self, flow: str) -> str:
        """Code of its meter for this flow."""
        return f"{self.unit}-{flow}"


def data_centre(number: int) -> Plant:
    """One whose input and racks are metered."""
    return Plant(number, "data_centre", ("input", "it_load"))


def coke_plant(number: int) -> Plant:
    """One with a meter of what goes in."""
    return Plant(number, "coke", ("input",))


def registry(plants: list[Plant]) -> Registry:
    """These, spread over ten banners."""
    codes = {
        each: credit_code(kind=ENTERPRISE, area_code=BANNERS[each.number % len(BANNERS)], key=each.unit)
        for each in plants
    }
    return Registry(
        enterprises=[
            Enterprise(
                credit_code=code,
                name_zh=f"测试{each.number}",
                name_en=f"Benchmark {each.number}",
                trade=each.trade,
                area_code=code[2:8],
            )
            for each, code in codes.items()
        ],
        units=[
            Unit(
                code=each.unit,
                credit_code=code,
                name_zh=f"测试{each.number}",
                name_en=f"Benchmark {each.number}",
                process="data_centre" if each.trade == "data_centre" else "",
            )
            for each, code in codes.items()
        ],
        gateways=[Gateway(code=each.gateway, credit_code=code, name=each.gateway) for each, code in codes.items()],
        meters=[_meter(each, flow) for each in plants for flow in each.flows],
    )


def _meter(plant: Plant, flow: str) -> Meter:
    return Meter(
        code=plant.meter(flow),
        unit_code=plant.unit,
        gateway_code=plant.gateway,
        name_zh="电",
        name_en="Electricity",
        kind="interval",
        carrier="electricity",
        flow=flow,
        unit_of_measure="kWh",
    )


def register(served: ApiProcess, plants: list[Plant]) -> None:
    """These at the API. Raises RegistrationError."""
    with closing(RegistryApi(served.url, key=served.key, timeout_s=600.0)) as api:
        api.register(registry(plants))


class Office:
    """Makes rules and those who are told, by the API. Every call raises StartError where it is refused."""

    def __init__(self, served: ApiProcess) -> None:
        headers = {"Authorization": f"Bearer {served.key}"}
        self._client = httpx.Client(base_url=f"{served.url}/api/v1", headers=headers, timeout=60.0)

    def rule(self, slug: str, body: Mapping[str, Any]) -> None:
        """A version of a rule."""
        self._send("PUT", f"rules/{slug}", {"body": body})

    def switch_off(self, slug: str) -> None:
        """A rule that is not to be judged."""
        self._send("PUT", f"rules/{slug}", {"enabled": False})

    def body(self, area_code: str, address: str, *, rules: list[str]) -> str:
        """A supervision body that is told at once of these rules; gives the secret of its webhook."""
        code = f"SB-{area_code}"
        self._send("POST", "supervision-bodies", {"code": code, "name_zh": "监察", "area_code": area_code})
        wanted = {"channel": "webhook", "address": address, "rules": rules}
        return str(self._send("POST", f"supervision-bodies/{code}/subscriptions", wanted)["secret"])

    def send(self, gateway: str, readings: list[tuple[str, datetime, float]]) -> None:
        """A message of a gateway."""
        message = {"seq": 1, "readings": [{"meter": m, "ts": at.isoformat(), "value": v} for m, at, v in readings]}
        answer = self._send("POST", f"readings?gateway={gateway}", message)
        if answer["stored"] != len(readings):
            raise StartError("not_stored", f"of {len(readings)} readings of {gateway} {answer} came")

    def close(self) -> None:
        """Give up the connection."""
        self._client.close()

    def _send(self, method: str, path: str, content: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._client.request(method, path, json=content)
        if answer.status_code not in (HTTPStatus.OK, HTTPStatus.CREATED):
            raise StartError("refused", f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        found: dict[str, Any] = answer.json()
        return found


class Inbox:
    """Takes webhooks whose signature is right, and knows of which units they told."""

    def __init__(self) -> None:
        self._came_s: dict[str, float] = {}
        self._changed = threading.Condition()
        self._arrivals = Arrivals(self._take)
        self._sink = WebhookSink(self._arrivals, port=0)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{self._sink.url}hook"

    @property
    def strangers(self) -> int:
        """How many came with a wrong signature."""
        return self._arrivals.unverified

    def trust(self, secret: str) -> None:
        """Take what is signed with this secret."""
        self._sink.keys = [key_of(secret)]

    def wait_for(self, unit: str, within_s: float) -> float | None:
        """Until the alert of this unit has come; when it came, in monotonic seconds. None: it did not."""
        with self._changed:
            self._changed.wait_for(lambda: unit in self._came_s, within_s)
            return self._came_s.get(unit)

    @contextmanager
    def open(self) -> Iterator["Inbox"]:
        """Listen until the end of the block."""
        self._sink.start()
        try:
            yield self
        finally:
            self._sink.stop()

    def _take(self, arrival: Arrival) -> None:
        at_s = time.monotonic()
        if not arrival.verified:
            return
        with self._changed:
            for alert in arrival.content["data"]["alerts"]:
                self._came_s.setdefault(alert["subject_code"], at_s)
            self._changed.notify_all()
