"""What the roll-up must know of the meters of a batch: their rules, and the account of a day."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Sequence
from copy import copy
from dataclasses import replace
from fractions import Fraction
from typing import Any, Self

import numpy as np
import psycopg
from numpy.typing import NDArray

from services.core.db.connections import another
from services.core.db.leading import LockKey, hold
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
from services.energy.booking.plain import PlainRule, plain_rule
from services.energy.booking.slots import SlotEnergy
from services.energy.rollup.quality import Stretch, collection_faults
from services.energy.rollup.stays import AccountKey, EnterprisePlace, OwnerFrom, Stay, stays

_sql = Statements.beside(__file__, "meters.sql")
Whole = NDArray[np.int64]
_COLLECTION_FAULT = int(Quality.COLLECTION_FAULT)
# Who changes the schema waits for the batch that waits for its accounts: these must not wait for that without end.
_LOCK_TIMEOUT_S = 10


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

    def accounts_at(self, moments_us: Whole) -> tuple[Whole, list[AccountKey]]:
        """The accounts of days that hold these moments: of each moment the number of one in a list."""
        numbers, keys = self._numbers_at(moments_us), [stay.account for stay in self._stays]
        first, last = (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, 0)
        return numbers - first, keys[first : last + 1]

    def counted(self, slots_us: Whole, energy: Whole) -> Whole:
        """Energy of slots as rows of quantity, seconds measured and quality, as `measured` has the two latter."""
        expected = np.array([stay.expected for stay in self._stays])[self._numbers_at(slots_us)]
        expected &= (self._valid_us[0] <= slots_us) & (slots_us < self._valid_us[1])
        counted = energy.copy()
        counted[~expected, 1] = 0
        for start_us, end_us in self._faults:
            faulty = (start_us <= slots_us) & (slots_us < end_us)
            counted[faulty, 1] = 0
            counted[faulty, 2] |= _COLLECTION_FAULT
        return counted

    def _numbers_at(self, moments_us: Whole) -> Whole:
        return np.maximum(0, np.searchsorted(self._starts_us, moments_us, side="right") - 1)

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
    """Numbers of accounts, opened with their ledgers when first needed."""

    def __init__(self) -> None:
        self._ids: dict[AccountKey, int] = {}

    def ids(self, connection: psycopg.Connection, keys: set[AccountKey]) -> dict[AccountKey, int]:
        """The number of each account in `keys`.

        What is missing is opened on a line of its own, and committed at once: workers that need the same account do not
        wait for each other's batches.
        """
        missing = keys - self._ids.keys()
        if missing:
            self._ids |= _opened(connection, missing)
        missing -= self._ids.keys()
        if missing:
            with another(connection) as opening:
                opening.execute(f"SET lock_timeout = '{_LOCK_TIMEOUT_S}s'")
                hold(opening, LockKey.ACCOUNT)
                found = _opened(opening, missing)
                for key in sorted(missing - found.keys(), key=str):
                    found[key] = _sql.run(opening, "open_account", **key._asdict()).scalar_one()
                    _sql.run(opening, "open_ledgers", account_id=found[key])
            self._ids |= found
        return {key: self._ids[key] for key in keys}


def _opened(connection: psycopg.Connection, keys: set[AccountKey]) -> dict[AccountKey, int]:
    """The accounts of the units of these keys."""
    rows = _sql.run(connection, "find_accounts", unit_ids=sorted({key.unit_id for key in keys}))
    return {AccountKey(*key): account_id for account_id, *key in rows.tuples()}
