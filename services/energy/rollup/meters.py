"""What the roll-up must know of the meters of a batch: their rules, and the account of a day."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import replace
from fractions import Fraction
from typing import Any, NamedTuple, Self

import psycopg

from services.core.calendar import OPEN_END_US, OPEN_START_US
from services.core.db.statements import Statements
from services.core.meter import (
    Kind,
    MeterRule,
    MeterTerm,
    Quality,
    Replacement,
    Settlement,
    SettlementAction,
    Side,
    Stamp,
    different,
    in_settled_units,
    meter_term,
)
from services.energy.booking.fast_path import PlainRule, plain_rule
from services.energy.booking.slots import SlotEnergy
from services.energy.rollup.quality import Stretch, collection_faults

_sql = Statements.beside(__file__, "meters.sql")
_COLLECTION_FAULT = int(Quality.COLLECTION_FAULT)


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


class RolledMeter:
    """One meter of a batch: its rule, and its account on any day."""

    def __init__(self, rule: MeterRule, *, stays: Sequence[Stay], valid_us: tuple[int, int]) -> None:
        self.rule = rule
        self._faults: Collection[Stretch] = ()
        self._valid_us = valid_us
        self._stays = stays
        self._starts_us = [stay.from_us for stay in stays]
        self._plain = plain_rule(rule)

    def with_faults(self, faults: Collection[Stretch]) -> Self:
        """The same meter, of which it is known when the collection had a fault."""
        faulty = copy(self)
        faulty._faults = faults
        return faulty

    @property
    def plain(self) -> PlainRule | None:
        """The rule by which its readings may be plain; None where they never are."""
        return None if self._faults else self._plain

    @property
    def newest(self) -> tuple[int, int, AccountKey]:
        """The newest stretch of time with one account in which readings are expected, and that account."""
        newest = self._stays[-1]
        from_us, to_us = self._valid_us
        return max(from_us, newest.from_us) if newest.expected else to_us, to_us, newest.account

    def account_at(self, moment_us: int) -> AccountKey:
        """The account of the day that holds the moment."""
        return self._stay_at(moment_us).account

    def _stay_at(self, moment_us: int) -> Stay:
        return self._stays[max(0, bisect_right(self._starts_us, moment_us) - 1)]

    def measured(self, slot_us: int, energy: SlotEnergy) -> tuple[int, int]:
        """Measured seconds that count for coverage, and quality; none count where no reading is expected of the meter.

        Nor do they during a fault of the collection, when what came is no measurement.
        """
        if self._faults and any(start_us <= slot_us < end_us for start_us, end_us in self._faults):
            return 0, energy.quality | _COLLECTION_FAULT
        expected = self._valid_us[0] <= slot_us < self._valid_us[1] and self._stay_at(slot_us).expected
        return (energy.measured_s if expected else 0), energy.quality


def read_of(meter_id: int) -> int:
    """The number under which the readings stand of a meter, or of the other direction of one: the negative of it."""
    return abs(meter_id)


def load_meters(connection: psycopg.Connection, numbers: list[int]) -> dict[int, RolledMeter]:
    """The meters of a batch, by number; the negative of one is its other direction.

    A meter that is no longer registered is left out.
    """
    meter_ids = sorted({read_of(number) for number in numbers})
    swaps: dict[int, list[Replacement]] = defaultdict(list)
    for meter_id, ts, final, first in _sql.run(connection, "replacements", meter_ids=meter_ids):
        swaps[meter_id].append(Replacement(ts, final, first))
    accepted: dict[int, set[int]] = defaultdict(set)
    for meter_id, ts in _sql.run(connection, "acceptances", meter_ids=meter_ids):
        accepted[meter_id].add(ts)
    settled: dict[int, list[Settlement]] = defaultdict(list)
    for row in _sql.run(connection, "settlements", meter_ids=meter_ids):
        factor = None if row.factor is None else Fraction(repr(row.factor))
        settled[row.meter_id].append(Settlement(row.from_ts, row.to_ts, SettlementAction(row.action), factor))
    rows = list(_sql.run(connection, "meters", meter_ids=meter_ids))
    terms: dict[int, list[Any]] = defaultdict(list)
    for term in _sql.run(connection, "terms", meter_ids=meter_ids):
        terms[term.meter_id].append(term)
    places: dict[int, list[EnterprisePlace]] = defaultdict(list)
    for enterprise_id, from_us, area_code, park_id in _sql.run(
        connection,
        "memberships",
        enterprise_ids=sorted({term.enterprise_id for mine in terms.values() for term in mine}),
    ):
        places[enterprise_id].append(EnterprisePlace(from_us, area_code, park_id))
    meters: dict[int, RolledMeter] = {}
    wanted = frozenset(numbers)
    for row in rows:
        mine = terms[row.meter_id]
        rule = MeterRule(
            in_settled_units(
                different(_term(term, row.carrier_unit) for term in mine),
                settled[row.meter_id],
                registered_us=[term.from_us for term in mine if term.names_unit],
            ),
            tuple(swaps[row.meter_id]),
            frozenset(accepted[row.meter_id]),
            tuple(settled[row.meter_id]),
            Side.ONE if row.negative_flow is None else Side.FORWARD,
        )
        owners = [OwnerFrom(term.from_us, term.unit_id, term.enterprise_id) for term in mine]
        reverse = Side.NEITHER if row.negative_flow is None else Side.REVERSE
        for number, side, flow in (
            (row.meter_id, rule.side, row.flow),
            (-row.meter_id, reverse, row.negative_flow or row.flow),
        ):
            if number in wanted:
                meters[number] = RolledMeter(
                    replace(rule, side=side),
                    stays=stays(owners, places, carrier=row.carrier, flow=flow),
                    valid_us=(row.valid_from, row.valid_to),
                )
    return meters


def _term(row: Any, carrier_unit: str) -> MeterTerm:
    return meter_term(
        from_us=row.from_us,
        kind=Kind(row.kind),
        unit_of_measure=row.unit_of_measure,
        carrier_unit=carrier_unit,
        multiplier=row.multiplier,
        interval_s=row.interval_s,
        register_size=row.register_size,
        rated_per_hour=row.rated_per_hour,
        stamp=Stamp(row.stamp),
        holds_s=row.holds_s,
    )


class RolledMeters:
    """The meters as the registry has them: kept from batch to batch, and read again when it has changed.

    Whoever changes what is read here raises the registry's revision in the same transaction. Faults of the collection
    are found without that, so they are asked for each time.
    """

    def __init__(self) -> None:
        self._revision = -1
        self._kept: dict[int, RolledMeter] = {}
        self._both_ways: frozenset[int] = frozenset()

    def both_ways(self, connection: psycopg.Connection) -> frozenset[int]:
        """The meters that measure both directions, or did."""
        self._look(connection)
        return self._both_ways

    def _look(self, connection: psycopg.Connection) -> None:
        """Forget what was kept if the registry has changed."""
        revision = _sql.run(connection, "revision").scalar_one()
        if revision != self._revision:
            self._kept.clear()
            self._both_ways = frozenset(_sql.run(connection, "both_ways").scalars())
            self._revision = revision

    def of(self, connection: psycopg.Connection, meter_ids: list[int]) -> dict[int, RolledMeter]:
        """These meters, by number. A meter that is no longer registered is left out."""
        self._look(connection)
        missing = [meter_id for meter_id in meter_ids if meter_id not in self._kept]
        if missing:
            self._kept |= load_meters(connection, missing)
        found = {meter_id: self._kept[meter_id] for meter_id in meter_ids if meter_id in self._kept}
        for meter_id, faults in collection_faults(connection, [read_of(number) for number in meter_ids]).items():
            for number in (meter_id, -meter_id):
                if number in found:
                    found[number] = found[number].with_faults(faults)
        return found


class Accounts:
    """Numbers of accounts, opened with their ledgers when first needed. Forgotten when a transaction fails."""

    def __init__(self) -> None:
        self._ids: dict[AccountKey, int] = {}

    def forget(self) -> None:
        """Look everything up again: what was opened may have been rolled back."""
        self._ids.clear()

    def ids(self, connection: psycopg.Connection, keys: set[AccountKey]) -> dict[AccountKey, int]:
        """The number of each account in `keys`."""
        missing = keys - self._ids.keys()
        if missing:
            unit_ids = sorted({key.unit_id for key in missing})
            for row in _sql.run(connection, "find_accounts", unit_ids=unit_ids).mappings():
                account_id = row.pop("account_id")
                self._ids[AccountKey(**row)] = account_id
        for key in sorted(missing - self._ids.keys(), key=str):
            account_id = _sql.run(connection, "open_account", **key._asdict()).scalar_one()
            _sql.run(connection, "open_ledgers", account_id=account_id)
            self._ids[key] = account_id
        return {key: self._ids[key] for key in keys}
