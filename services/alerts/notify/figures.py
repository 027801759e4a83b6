"""Numbers, periods and times as a person reads them. Pure. Times are those of Asia/Shanghai."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal

from services.core.calendar import SHANGHAI
from services.core.told_apart import told_apart

NOTHING = "–"
SHORT_DIGITS = 6
"""With as many digits at most a number is written as it is: so limits are printed."""
_LEAST_DIGITS, _MOST_PLACES = 3, 2
RATIO_UNITS = frozenset({"", "1"})
"""Of a plain ratio nothing is written behind the number."""
_MONTHS = 12
_PARTS = (("part_d", 86_400), ("part_h", 3_600), ("part_min", 60), ("part_s", 1))


def number_text(value: float | None, unit: str = "", *, beside: float | None = None) -> str:
    """The number, never with an exponent, and the unit: 13,350 kWh/t.

    What has more than six digits is written with three, or to whole numbers where it is larger, and two decimals at
    most from 1 on: 83.33 of 83.333333. With more of them where fewer would not tell it from what it stands `beside`:
    1.300004 beside a limit of 1.3.
    """
    if value is None:
        return NOTHING
    exact = Decimal(repr(float(value)))
    if not exact.is_finite():
        return NOTHING
    others = () if beside is None else (beside,)
    shown = exact if len(exact.as_tuple().digits) <= SHORT_DIGITS else told_apart(value, others, places=_places(exact))
    digits = f"{shown:,f}"
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return digits if unit in RATIO_UNITS else f"{digits} {unit}"


def _places(exact: Decimal) -> int:
    size = exact.adjusted()
    return _LEAST_DIGITS - 1 - size if size < 0 else max(0, min(_MOST_PLACES, 3 - size))


def share_text(share: float | None) -> str:
    """A share from 0 to 1 as per cent, cut and not rounded, so that what falls short of 90 % does not read 90 %."""
    if share is None:
        return NOTHING
    per_mille = int(Decimal(repr(float(share))) * 1000)
    return number_text(per_mille / 10, "%")


def measure_text(value: float, unit: str, words: Mapping[str, str], *, beside: float | None = None) -> str:
    """A number with its unit in words: 12 天, 1 小时 11 分; a unit without words as it is."""
    if unit == "s":
        return duration_text(value, words)
    return number_text(value, words.get(unit, unit), beside=beside)


def duration_text(seconds: float, words: Mapping[str, str]) -> str:
    """How long it is, whatever its sign, by its two greatest parts: 1 小时 11 分."""
    left = round(abs(seconds))
    parts: list[tuple[str, int]] = []
    for name, length in _PARTS:
        count, left = divmod(left, length)
        if count or (name == "part_s" and not parts):
            parts.append((name, count))
        elif parts:
            break
    return " ".join(f"{count} {words[name]}" for name, count in parts[:2])


def moment_text(moment: datetime | None) -> str:
    """2026-03-05 14:07."""
    return NOTHING if moment is None else f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def period_text(start: datetime | None, end: datetime | None) -> str:
    """The half-open period: a year, month or day by its name, days with both their ends, else from hour to hour."""
    if start is None or end is None:
        return moment_text(start or end)
    first, after = start.astimezone(SHANGHAI), end.astimezone(SHANGHAI)
    if not (_is_midnight(first) and _is_midnight(after)):
        same_day = (after - timedelta(microseconds=1)).date() == first.date() and after.date() == first.date()
        return f"{first:%Y-%m-%d %H:%M} – " + (f"{after:%H:%M}" if same_day else f"{after:%Y-%m-%d %H:%M}")
    months = (after.year - first.year) * _MONTHS + after.month - first.month
    if first.day == after.day == 1 and months > 0:
        if months == 1:
            return f"{first:%Y-%m}"
        if months == _MONTHS and first.month == 1:
            return f"{first:%Y}"
        return f"{first:%Y-%m} – {after - timedelta(days=1):%Y-%m}"
    last = after - timedelta(days=1)
    return f"{first:%Y-%m-%d}" if last.date() <= first.date() else f"{first:%Y-%m-%d} – {last:%Y-%m-%d}"


def _is_midnight(moment: datetime) -> bool:
    return moment.timetz().replace(tzinfo=None) == time()
