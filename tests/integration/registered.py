"""Registers what a test needs, with believable defaults."""

import itertools
from typing import Any

from fastapi.testclient import TestClient

from services.core.credit_code import check_character

JUNGAR, DALAD, KANGBASHI, ORDOS, HOHHOT, SAIHAN = "150622", "150621", "150603", "150600", "150100", "150105"


ALWAYS = {"correct_from_start": True, "reason": "typing error"}
"""Beside a change of what has dates: it was never otherwise."""


def credit_code(number: int, division: str = JUNGAR) -> str:
    """The credit code of the enterprise with this number."""
    body = f"91{division}MA0{number:06d}"
    return body + check_character(body)


class Registered:
    """Each method registers one thing and gives its code."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self._numbers = itertools.count(1)

    def _post(self, kind: str, entry: dict[str, Any]) -> None:
        answer = self.client.post(f"/api/v1/{kind}", json=entry)
        assert answer.status_code == 201, answer.text

    def put(self, path: str, entry: dict[str, Any]) -> None:
        """Register what is put under its code."""
        answer = self.client.put(f"/api/v1/{path}", json=entry)
        assert answer.status_code == 200, answer.text

    def park(self, **given: Any) -> str:
        entry = {"code": f"P-{next(self._numbers)}", "name_zh": "园区", "kind": "ordinary", "area_code": JUNGAR} | given
        self._post("parks", entry)
        return str(entry["code"])

    def enterprise(self, **given: Any) -> str:
        entry = {
            "credit_code": credit_code(next(self._numbers)),
            "name_zh": "焦化厂",
            "trade": "coke",
            "area_code": JUNGAR,
            "valid_from": "2025-01-01",
        } | given
        self._post("enterprises", entry)
        return str(entry["credit_code"])

    def unit(self, credit_code: str, **given: Any) -> str:
        entry = {"code": f"U-{next(self._numbers)}", "credit_code": credit_code, "name_zh": "焦炉"} | given
        self._post("units", entry)
        return str(entry["code"])

    def gateway(self, credit_code: str, **given: Any) -> str:
        entry = {"code": f"G-{next(self._numbers)}", "credit_code": credit_code} | given
        self._post("gateways", entry)
        return str(entry["code"])

    def monitor(self, credit_code: str, code: str) -> str:
        """A gateway that is the monitor of an outlet."""
        self.gateway(credit_code, code=code)
        entry = {"credit_code": credit_code, "name_zh": "烟囱", "medium": "gas", "gateway": code}
        self.put(f"outlets/DA-{code}", entry)
        return code

    def heat_value(self, enterprise: str, carrier: str, ncv_mj_per_kg: float, month: str | None = None) -> int:
        """A heat value of a laboratory: its number."""
        entry = {
            "enterprise": enterprise,
            "carrier": carrier,
            "month": month,
            "ncv_mj_per_kg": ncv_mj_per_kg,
            "laboratory": "煤质化验中心",
            "report": f"R-{next(self._numbers)}",
        }
        answer = self.client.post("/api/v1/heat-values", json=entry)
        assert answer.status_code == 200, answer.text
        return int(answer.json()["data"][0]["id"])

    def meter(self, credit_code: str | None = None, **given: Any) -> str:
        """A meter; its enterprise, unit and gateway are registered too where they are not given."""
        owner = credit_code or (None if "unit_code" in given else self.enterprise())
        entry = {
            "code": f"M-{next(self._numbers)}",
            "name_zh": "电表",
            "kind": "counter",
            "carrier": "electricity",
            "flow": "input",
            "unit_of_measure": "kWh",
        } | given
        if owner is not None:
            entry.setdefault("unit_code", self.unit(owner))
            entry.setdefault("gateway_code", self.gateway(owner))
        self._post("meters", entry)
        return str(entry["code"])
