"""Plants with a day's reading of each meter, for tests of what is judged over months."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from fastapi.testclient import TestClient

from services.core.calendar import SHANGHAI
from tests.integration.line import Line
from tests.integration.registered import Registered

DAY_S = 86_400
PRINTED_NCV = 20.93441868
"""MJ/kg of raw coal for which the standard prints 0.7143 kgce/kg: x 29.3076."""
KINDS = {"electricity": "kWh", "raw_coal": "t", "coke": "t", "product": "t", "heat": "GJ", "blast_furnace_gas": "m3"}


def midnight(day: str) -> datetime:
    """The moment at which a day begins in Asia/Shanghai."""
    return datetime.fromisoformat(day).replace(tzinfo=SHANGHAI)


class Plant:
    """A unit of an enterprise with meters that tell a day's amount at a time."""

    def __init__(
        self,
        registered: Registered,
        line: Line,
        *,
        unit: Mapping[str, Any],
        meters_since: str | None = None,
        raw_coal_ncv: float | None = PRINTED_NCV,
        **enterprise: Any,
    ) -> None:
        """`meters_since`: the day on which its meters begin; None: they were always there.

        `raw_coal_ncv`: what was measured of its coal, MJ/kg; None: nothing was.
        """
        self._registered, self._line = registered, line
        self.enterprise = registered.enterprise(**enterprise)
        self.unit = registered.unit(self.enterprise, **unit)
        self.gateway = registered.gateway(self.enterprise)
        self._meters: dict[tuple[str, str], str] = {}
        self._raw_coal_ncv = raw_coal_ncv
        self._begin = {} if meters_since is None else {"valid_from": meters_since}

    def uses(self, start: str, end: str, daily: Mapping[tuple[str, str], float]) -> None:
        """Send a reading for every day from `start` up to `end`, of each carrier and flow."""
        first, after = midnight(start), midnight(end)
        days = [first + timedelta(days=n) for n in range((after - first).days)]
        for (carrier, flow), amount in daily.items():
            meter = self.meter(carrier, flow)
            self._line.send(self.gateway, [(meter, day, amount) for day in days])

    def meter(self, carrier: str, flow: str) -> str:
        """The meter of a carrier and flow; registered when first asked for."""
        if (carrier, flow) not in self._meters:
            if carrier == "raw_coal" and self._raw_coal_ncv is not None:
                self._registered.heat_value(self.enterprise, carrier, self._raw_coal_ncv)
            self._meters[carrier, flow] = self._registered.meter(
                unit_code=self.unit,
                gateway_code=self.gateway,
                kind="interval",
                carrier=carrier,
                flow=flow,
                unit_of_measure=KINDS[carrier],
                interval_s=DAY_S,
                **self._begin,
            )
        return self._meters[carrier, flow]


def asked(client: TestClient, address: str, **parameters: Any) -> Any:
    """The answer to a question that is answered."""
    answer = client.get(f"/api/v1/{address}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(client: TestClient, address: str, **parameters: Any) -> tuple[int, str]:
    """Status and code of a question that is refused."""
    answer = client.get(f"/api/v1/{address}", params=parameters)
    return answer.status_code, answer.json()["code"]
