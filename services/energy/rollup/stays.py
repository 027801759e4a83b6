"""Where a meter has been, and so to which accounts its energy belongs. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from services.core.calendar import OPEN_END_US, OPEN_START_US


class EnterprisePlace(NamedTuple):
    """Where an enterprise is from a moment on."""

    from_us: int
    area_code: str | None
    park_id: int | None


class AccountKey(NamedTuple):
    """What an account is for."""

    unit_id: int
    enterprise_id: int
    area_code: str | None
    park_id: int | None
    carrier: str
    flow: str


class OwnerFrom(NamedTuple):
    """The unit and enterprise to which a meter belongs from a moment on."""

    from_us: int
    unit_id: int
    enterprise_id: int


class Stay(NamedTuple):
    """The account of a meter from a moment on, and whether a reading is expected where it is then."""

    from_us: int
    account: AccountKey
    expected: bool


def stays(
    owners: Sequence[OwnerFrom], places: Mapping[int, Sequence[EnterprisePlace]], *, carrier: str, flow: str
) -> list[Stay]:
    """The accounts of a meter in order of time, from ever on.

    Both sequences are in order of time; the places are given by enterprise. An enterprise has no place before its first
    membership, and no reading is expected of it.
    """
    found: list[Stay] = []
    for i, owner in enumerate(owners):
        until_us = owners[i + 1].from_us if i + 1 < len(owners) else OPEN_END_US
        nowhere = EnterprisePlace(OPEN_START_US, None, None)
        spells = [(nowhere, False), *((place, True) for place in places.get(owner.enterprise_id, ()))]
        for j, (place, expected) in enumerate(spells):
            place_until_us = spells[j + 1][0].from_us if j + 1 < len(spells) else OPEN_END_US
            from_us = max(owner.from_us, place.from_us)
            if from_us < min(until_us, place_until_us):
                key = AccountKey(
                    owner.unit_id, owner.enterprise_id, place.area_code, place.park_id, carrier=carrier, flow=flow
                )
                found.append(Stay(from_us, key, expected))
    return found
