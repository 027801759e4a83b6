"""Whether a number of a bulletin may be set against that of the month before (pure)."""

from collections.abc import Mapping
from typing import Any

from services.api.comparing.change import NOTHING_BY_HAND, ByHand, reported_alike

COVERED = 0.9
"""With less measured, nothing is said of a change."""

Row = Mapping[str, Any]
"""A row of the answer on energy or balances; empty where there is none."""


def alike(row: Row, before: Row) -> bool:
    """Whether enough of both was measured, and as much of both entered by hand."""
    return all((_measured(each) or 0) >= COVERED for each in (row, before)) and reported_alike(
        _by_hand(row), _by_hand(before), COVERED
    )


def coverage_of(row: Row) -> float | None:
    """Measured share of the row, 0 to 1."""
    coverage: float | None = row.get("coverage")
    return coverage


def change_percent(before: float | None, now: float | None) -> float | None:
    """By how much the number rose, in per cent of what it was; None where that is not above zero, or one is lacking."""
    return None if before is None or now is None or before <= 0 else (now - before) / before * 100


def _measured(row: Row) -> float | None:
    """What has no meters, and was entered by hand, is all there."""
    return 1.0 if row.get("manual") and row["coverage"] is None else coverage_of(row)


def _by_hand(row: Row) -> ByHand:
    found = row.get("manual")
    if not found:
        return NOTHING_BY_HAND
    shares = found["shares"].values() if "shares" in found else [found["share"]]
    return ByHand(found["reports"], max(1.0 if share is None else share for share in shares))
