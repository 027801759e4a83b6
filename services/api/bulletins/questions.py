"""What a bulletin asks the API of an area and a month: its numbers are the answers, and anyone can ask the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

_API = "/api/v1"
_YEAR_MONTHS = 12
_NAMED = 1000
"""So many units that miss their level are named at most."""


@dataclass(frozen=True, slots=True)
class AreaMonth:
    """An area and a calendar month of Asia/Shanghai."""

    area: str
    month: date
    """Its first day."""

    def day(self, months: int) -> str:
        """The first day so many months later."""
        months += self.month.year * _YEAR_MONTHS + self.month.month - 1
        return date(months // _YEAR_MONTHS, months % _YEAR_MONTHS + 1, 1).isoformat()

    @property
    def text(self) -> str:
        """The month as it is written in addresses: 2026-11."""
        return f"{self.month:%Y-%m}"


@dataclass(frozen=True, slots=True)
class BulletinQuestion:
    """An operation with its parameters."""

    path: str
    parameters: Mapping[str, str]

    @property
    def query(self) -> str:
        """The parameters as they stand in an address."""
        return urlencode(self.parameters)

    @property
    def address(self) -> str:
        """As anyone may ask it."""
        return f"{self.path}?{self.query}"


def questions(of: AreaMonth) -> Mapping[str, BulletinQuestion]:
    """All that is asked, by a name for each."""
    scope = {"scope": f"area:{of.area}", "bucket": "month"}
    month = {"start": of.day(0), "end": of.day(1)}
    before = {"start": of.day(-1), "end": of.day(0)}
    year_before = {"start": of.day(-12), "end": of.day(-11)}
    twelve = {"start": of.day(-11), "end": of.day(1)}
    area = {"area": of.area}
    asked = {
        "balance": ("energy/balance", scope | month),
        "balance_before": ("energy/balance", scope | before),
        "balance_year_before": ("energy/balance", scope | year_before),
        "carriers": ("energy", scope | month | {"by": "carrier,flow", "limit": "1000"}),
        "carriers_before": ("energy", scope | before | {"by": "carrier,flow", "limit": "1000"}),
        "progress": ("progress", area | {"year": str(of.month.year)}),
        "efficiency": ("efficiency-list", area | twelve | {"limit": "1"}),
        "below_baseline": (
            "efficiency-list",
            area | twelve | {"placing": "below_baseline", "order": "unit", "limit": str(_NAMED)},
        ),
        "two_high": ("two-high", area | {"limit": "1"}),
        "fired": ("alerts", area | {"since": of.day(0), "until": of.day(1), "limit": "1"}),
        "quality": ("quality", scope | month),
        "findings": ("quality/findings", scope | month | {"total": "true", "limit": "1"}),
    }
    del asked["findings"][1]["bucket"]
    return {name: BulletinQuestion(f"{_API}/{path}", given) for name, (path, given) in asked.items()}
