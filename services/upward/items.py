"""What may be sent of an enterprise: sums of carriers as values of data codes, in the unit prescribed. Pure.

Metered sums and reports by hand of one data code are one value, since the protocol has one value of a code and period.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import IntEnum, StrEnum
from fractions import Fraction

from services.core.exact_text import exact_text
from services.core.units import UnitError, conversion
from services.ingest.necc.data_code import EnergyType
from services.ingest.necc.upload import StatType

LEAST_COVERAGE = Fraction(9, 10)
"""Of what was due; less is not handed on as the value of the period. Quoted by measuring institutes."""
_DECIMALS = 12
"""Of a value whose decimals do not end."""
_PICO = 10**12
_WHOLE_PLANT = "00000000"


class InputType(IntEnum):
    """How a value came to be."""

    METER = 4
    BY_HAND = 5


class WhyHeld(StrEnum):
    """Why a value is not sent."""

    NO_CODE = "no data code is known for this carrier"
    NO_UNIT = "units.csv has no unit for this data code"
    OTHER_DIMENSION = "the unit in units.csv does not measure this carrier"
    INCOMPLETE = "less than 90 % of the period was measured"
    WITHDRAWN = "it was sent, or may have been, and there is no such value any more: the receiver must be told"


@dataclass(frozen=True, slots=True)
class BookedSum:
    """The sum of a carrier and flow of an enterprise over one period."""

    credit_code: str
    carrier: str
    flow: str
    """input or output."""
    stat_type: StatType
    period: date
    quantity_pico: int | Decimal
    """A whole number, in 1e-12 of the carrier's unit."""
    carrier_unit: str
    measured_s: int
    expected_s: int
    by_hand: bool


@dataclass(frozen=True, slots=True, order=True)
class ItemKey:
    """Of what a value is one."""

    credit_code: str
    item: str
    """A data code; `carrier/flow` where none is known."""
    stat_type: int
    period: date


@dataclass(frozen=True, slots=True)
class ItemValue:
    """A value as it may be sent, or why it may not."""

    value: str | None
    unit: str
    input_type: int
    held: str = ""


@dataclass(frozen=True, slots=True)
class ItemCodes:
    """Data codes of carriers and flows, and their units."""

    energy: Mapping[str, str]
    """Digits 9 to 14 by carrier."""
    uses: Mapping[str, str]
    """The last two digits by flow."""
    units: Mapping[str, str]
    """By digits 9 to 14."""

    def item(self, carrier: str, flow: str) -> str:
        """The data code of the whole plant; `carrier/flow` where none is known."""
        energy, use = self.energy.get(carrier), self.uses.get(flow)
        return f"{_WHOLE_PLANT}{energy}{use}" if energy and use else f"{carrier}/{flow}"


def energy_codes(types: Iterable[EnergyType], nbs_codes: Mapping[str, str]) -> dict[str, str]:
    """Digits 9 to 14 by carrier: of the row that names it, else of the only one with the code of the statistics.

    `nbs_codes`: the code in table 205-1 by carrier.
    """
    named: dict[str, str] = {}
    by_nbs: dict[str, list[str]] = {}
    for each in types:
        if not each.code.isdigit():
            continue
        named |= dict.fromkeys((each.carriers or "").split(), each.code)
        if each.nbs_code and not each.carriers:
            by_nbs.setdefault(each.nbs_code, []).append(each.code)
    for carrier, nbs_code in nbs_codes.items():
        found = by_nbs.get(nbs_code, [])
        if len(found) == 1:
            named.setdefault(carrier, found[0])
    return named


def values_of(sums: Iterable[BookedSum], codes: ItemCodes) -> dict[ItemKey, ItemValue]:
    """One value of each item and period."""
    together: dict[ItemKey, list[BookedSum]] = {}
    for each in sums:
        key = ItemKey(each.credit_code, codes.item(each.carrier, each.flow), each.stat_type, each.period)
        together.setdefault(key, []).append(each)
    return {key: _value(key.item, found, codes) for key, found in together.items()}


def _value(item: str, sums: list[BookedSum], codes: ItemCodes) -> ItemValue:
    by_hand = any(each.by_hand for each in sums)
    input_type = InputType.BY_HAND if by_hand else InputType.METER
    if "/" in item:
        return ItemValue(None, "", input_type, WhyHeld.NO_CODE)
    unit = codes.units.get(item[8:14])
    if unit is None:
        return ItemValue(None, "", input_type, WhyHeld.NO_UNIT)
    measured, expected = sum(each.measured_s for each in sums), sum(each.expected_s for each in sums)
    if measured < expected * LEAST_COVERAGE:
        return ItemValue(None, unit, input_type, WhyHeld.INCOMPLETE)
    try:
        value = sum(
            (Fraction(each.quantity_pico) / _PICO * conversion(each.carrier_unit, unit) for each in sums), Fraction()
        )
    except UnitError:
        return ItemValue(None, unit, input_type, WhyHeld.OTHER_DIMENSION)
    text = exact_text(value)
    return ItemValue(exact_text(round(value, _DECIMALS)) if "/" in text else text, unit, input_type)


@dataclass(frozen=True, slots=True)
class NewestVersion:
    """The newest version of an item and period that is kept."""

    version: int
    state: str
    value: ItemValue


@dataclass(frozen=True, slots=True)
class UpwardChanges:
    """What is to be written so that what is kept says what there is."""

    versions: Mapping[ItemKey, tuple[int, ItemValue]]
    """By number."""
    gone: Sequence[ItemKey]
    """WhyHeld, and no longer there."""


def changes(values: Mapping[ItemKey, ItemValue], newest: Mapping[ItemKey, NewestVersion]) -> UpwardChanges:
    """What differs from what is kept, both of the same periods.

    What is gone is held as withdrawn where it may have been sent: the protocol has no word for it.
    """
    versions: dict[ItemKey, tuple[int, ItemValue]] = {}
    gone: list[ItemKey] = []
    for key, value in values.items():
        kept = newest.get(key)
        if kept is None or kept.state == "superseded" or kept.value != value:
            versions[key] = ((kept.version if kept else 0) + 1, value)
    for key in newest.keys() - values.keys():
        kept = newest[key]
        if kept.state in ("waiting", "sent"):
            withdrawn = ItemValue(None, kept.value.unit, kept.value.input_type, WhyHeld.WITHDRAWN)
            versions[key] = (kept.version + 1, withdrawn)
        elif kept.state == "held" and kept.value.held != WhyHeld.WITHDRAWN:
            gone.append(key)
    return UpwardChanges(versions, gone)
