"""Whether a reported number is one that can be: of its kind, its owner, its period. What is known is given."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.statistics.entry import StatisticEntry
from services.core.data.statistic_kinds import OwnerKind, StatisticKind
from services.core.period import Period
from services.core.reason import InBoth
from services.core.reported_units import factor_between
from services.core.units import UnitError
from services.core.words import in_chinese

OWNER_NOUNS = {
    OwnerKind.AREA: nouns.AREA,
    OwnerKind.PARK: nouns.PARK,
    OwnerKind.ENTERPRISE: nouns.ENTERPRISE,
    OwnerKind.UNIT: nouns.UNIT,
}


_IN_CHINESE = in_chinese("subject") | in_chinese("reported_period")


@dataclass(frozen=True, slots=True)
class KnownOwners:
    """What entries are judged by. `owners` are those of the entries that are registered, as (kind, code).

    `product_units` gives the unit of what a unit makes, by the code of the unit.
    """

    kinds: Mapping[str, StatisticKind]
    owners: Collection[tuple[str, str]]
    product_units: Mapping[str, str]
    now: datetime


def faults_of_entry(entry: StatisticEntry, known: KnownOwners) -> list[Fault]:
    """The faults of one entry."""
    kind = known.kinds.get(entry.kind)
    if kind is None:
        return [Fault("kind", "literal_error", {"expected": ", ".join(known.kinds)})]
    return [
        *_owner_faults(entry, kind, known),
        *_period_faults(entry, kind, known.now),
        *_value_faults(entry, kind, known),
    ]


def _named(kind: StatisticKind) -> InBoth:
    """Its code, which is to be written, in English; its name in Chinese."""
    return InBoth(kind.code, kind.name_zh)


def _words(codes: Iterable[str]) -> InBoth:
    known = [_word(code) for code in codes]
    return InBoth(", ".join(each.en for each in known), "、".join(each.zh for each in known))


def _word(code: str) -> InBoth:
    return InBoth(str(code), _IN_CHINESE[code])


def _owner_faults(entry: StatisticEntry, kind: StatisticKind, known: KnownOwners) -> Iterator[Fault]:
    if entry.owner_kind not in kind.owners:
        mentions = {"kind": _named(kind), "owners": _words(kind.owners), "given": _word(entry.owner_kind)}
        yield Fault("owner", "not_of_owner", mentions)
    elif (entry.owner_kind.value, entry.owner_code) not in known.owners:
        yield OWNER_NOUNS[entry.owner_kind].fault("owner", "unknown", entry.owner_code)


def _period_faults(entry: StatisticEntry, kind: StatisticKind, now: datetime) -> Iterator[Fault]:
    period = Period.parse(entry.period)
    mentions: dict[str, Any] = {"kind": _named(kind), "value": entry.period}
    if period.form not in kind.periods:
        more = {"periods": _words(kind.periods), "given": _word(period.form)}
        yield Fault("period", "not_for_period", mentions | more)
    elif period.start > now and not kind.is_plan:
        yield Fault("period", "period_not_begun", mentions)
    if kind.needs_price_base and entry.price_base is None:
        yield Fault("price_base", "price_base_missing", {"kind": _named(kind)})
    if not kind.needs_price_base and entry.price_base is not None:
        yield Fault("price_base", "price_base_unfit", {"kind": _named(kind)})


def _value_faults(entry: StatisticEntry, kind: StatisticKind, known: KnownOwners) -> Iterator[Fault]:
    unit = unit_of(kind, entry.owner_code, known.product_units)
    try:
        value = in_unit(entry, unit).value
    except UnitError as error:
        value = entry.value
        yield Fault("unit", "wrong_unit", {"kind": _named(kind), "expected": unit, "problem": error.problem})
    if value < 0 and not kind.may_be_negative:
        yield Fault("value", "greater_than_equal", {"ge": 0})
    if kind.most is not None and abs(value) > kind.most:
        yield Fault("value", "less_than_equal", {"le": f"{kind.most:f}"})


def in_unit(entry: StatisticEntry, unit: str) -> StatisticEntry:
    """The same number in the unit in which it is kept. Raises UnitError where it cannot be brought to it."""
    if entry.unit == unit:
        return entry
    value = float(Fraction(repr(entry.value)) * factor_between(entry.unit, unit))
    return entry.model_copy(update={"value": value, "unit": unit})


DEFAULT_PRODUCT_UNIT = "t"
"""Of a unit whose process says nothing of its product; also that of the carrier `product`."""


def unit_of(kind: StatisticKind, owner_code: str, product_units: Mapping[str, str]) -> str:
    """The unit in which numbers of this kind are given for this owner."""
    if kind.is_of_product:
        return product_units.get(owner_code, DEFAULT_PRODUCT_UNIT)
    return kind.unit
