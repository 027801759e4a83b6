"""Asks for indicators, of sites whose hourly meters measure one day."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from fastapi.testclient import TestClient

from services.core.calendar import SHANGHAI
from tests.integration.line import Line
from tests.integration.registered import Registered

HOUR = timedelta(hours=1)
DAY = datetime(2026, 3, 1, tzinfo=SHANGHAI)
A_DAY = {"start": "2026-03-01", "end": "2026-03-02", "bucket": "day"}
HOURLY: dict[str, Any] = {"kind": "interval", "interval_s": 3600, "valid_from": "2026-03-01", "valid_to": "2026-03-02"}


class Asking:
    """Asks for indicators."""

    def __init__(self, client: TestClient) -> None:
        self._client = client

    def answer(self, slug: str, **parameters: Any) -> dict[str, Any]:
        found = self._client.get(f"/api/v1/indicators/{slug}", params=A_DAY | parameters)
        assert found.status_code == 200, found.text
        body: dict[str, Any] = found.json()
        return body

    def rows(self, slug: str, **parameters: Any) -> list[dict[str, Any]]:
        data: list[dict[str, Any]] = self.answer(slug, **parameters)["data"]
        return data

    def row(self, slug: str, **parameters: Any) -> dict[str, Any]:
        found = self.rows(slug, **parameters)
        assert len(found) == 1, found
        return found[0]

    def report(self, owner: str, kind: str, period: str, value: float, unit: str, **given: Any) -> None:
        entry = {"owner": owner, "kind": kind, "period": period, "value": value, "unit": unit}
        found = self._client.post("/api/v1/statistics", json=entry | given)
        assert found.status_code == 200, found.text


def reasons(row: dict[str, Any]) -> list[tuple[str, str]]:
    return [(reason["code"], reason["of"]) for reason in row["reasons"]]


class Site:
    """An enterprise with one unit and one gateway, whose hourly meters measure one day."""

    def __init__(self, registered: Registered, line: Line, *, trade: str, process: str | None, **given: Any) -> None:
        unit_given = {name: given.pop(name) for name in list(given) if name in UNIT_FIELDS}
        self._registered, self._line = registered, line
        self.enterprise = registered.enterprise(trade=trade, **given)
        self.unit = registered.unit(self.enterprise, process=process, **unit_given)
        self.gateway = registered.gateway(self.enterprise)

    def meter(self, hours: Iterable[float | None], carrier: str, flow: str, unit_of_measure: str, **given: Any) -> str:
        code = self._registered.meter(
            unit_code=self.unit,
            gateway_code=self.gateway,
            carrier=carrier,
            flow=flow,
            unit_of_measure=unit_of_measure,
            **(HOURLY | given),
        )
        sent = [(code, DAY + i * HOUR, value) for i, value in enumerate(hours) if value is not None]
        self._line.send(self.gateway, sent)
        return code


UNIT_FIELDS = {"status", "commissioned_on", "measuring_category", "standard_racks"}


def data_centre(
    registered: Registered, line: Line, *, total: Iterable[float | None], it: Iterable[float | None], **given: Any
) -> Site:
    site = Site(registered, line, trade="data_centre", process="data_centre", **given)
    site.meter(total, "electricity", "input", "kWh")
    site.meter(it, "electricity", "it_load", "kWh")
    return site
