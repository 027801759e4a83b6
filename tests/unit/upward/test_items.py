"""What may be sent of an enterprise, and what makes a new version."""

from dataclasses import replace
from datetime import date

import pytest

from services.ingest.necc.data_code import energy_types
from services.ingest.necc.upload import StatType
from services.upward.items import (
    BookedSum,
    ItemCodes,
    ItemKey,
    ItemValue,
    NewestVersion,
    WhyHeld,
    changes,
    energy_codes,
    values_of,
)

DAY = date(2026, 11, 19)
POWER = BookedSum("E", "electricity", "input", StatType.DAY, DAY, 204_960 * 10**12 + 1, "kWh", 86_400, 86_400, False)
ENERGY = energy_codes(energy_types(), {"anthracite": "02", "steam": "", "coal_tar": "10"})
CODES = ItemCodes(ENERGY, {"input": "10", "output": ""}, {"023300": "MWh", "021000": "t", "011500": "t"})


def one(*sums: BookedSum) -> tuple[str, ItemValue]:
    ((key, value),) = values_of(sums, CODES).items()
    return key.item, value


def test_carriers_have_the_codes_of_the_tables() -> None:
    assert (ENERGY["electricity"], ENERGY["anthracite"], ENERGY["coal_tar"], ENERGY["benzol"]) == (
        *("023300", "010102"),
        *("021000", "021000"),
    )
    assert "steam" not in ENERGY


def test_a_sum_is_sent_to_the_last_digit_in_the_unit_of_the_province() -> None:
    assert one(POWER) == ("0000000002330010", ItemValue("204.960000000000001", "MWh", 4))


def test_carriers_and_reports_of_one_code_are_one_value_and_by_hand_where_a_part_is() -> None:
    tar = replace(POWER, carrier="coal_tar", carrier_unit="t", quantity_pico=2 * 10**12, stat_type=StatType.MONTH)
    by_hand = replace(tar, carrier="benzol", quantity_pico=10**12 // 2, by_hand=True, measured_s=0, expected_s=0)
    assert one(tar, by_hand) == ("0000000002100010", ItemValue("2.5", "t", 5))


@pytest.mark.parametrize(
    ("given", "item", "why"),
    [
        ({"carrier": "steam"}, "steam/input", WhyHeld.NO_CODE),
        ({"flow": "output"}, "electricity/output", WhyHeld.NO_CODE),
        ({"carrier": "coke"}, "0000000002090010", WhyHeld.NO_UNIT),
        ({"carrier": "natural_gas", "carrier_unit": "m3"}, "0000000001150010", WhyHeld.OTHER_DIMENSION),
        ({"measured_s": 77_759}, "0000000002330010", WhyHeld.INCOMPLETE),
    ],
)
def test_what_is_not_known_is_not_sent(given: dict[str, object], item: str, why: str) -> None:
    found, value = one(replace(POWER, **given))  # type: ignore[arg-type]
    assert (found, value.value, value.held) == (item, None, why)


def test_what_differs_is_a_new_version_and_what_is_gone_is_withdrawn() -> None:
    key = ItemKey("E", "0000000002330010", 1, DAY)
    first, second = ItemValue("1", "MWh", 4), ItemValue("2", "MWh", 4)
    held = ItemValue(None, "", 4, WhyHeld.NO_UNIT)
    withdrawn = ItemValue(None, "MWh", 4, WhyHeld.WITHDRAWN)
    assert changes({key: first}, {}).versions == {key: (1, first)}
    assert changes({key: first}, {key: NewestVersion(1, "sent", first)}).versions == {}
    assert changes({key: second}, {key: NewestVersion(3, "sent", first)}).versions == {key: (4, second)}
    assert changes({key: first}, {key: NewestVersion(1, "held", held)}).versions == {key: (2, first)}
    assert changes({}, {key: NewestVersion(1, "waiting", first)}).versions == {key: (2, withdrawn)}
    gone = changes({}, {key: NewestVersion(1, "held", held)})
    assert (gone.versions, gone.gone) == ({}, [key])
    assert changes({}, {key: NewestVersion(2, "held", withdrawn)}).gone == []
