"""What the roll-up must know of the meters of a batch: their rules, and the account of a day."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Sequence
from copy import copy
from typing import NamedTuple, Self

import psycopg

from services.core.db.statements import Statements
from services.core.meter import Kind, MeterRule, Quality, Replacement, meter_rule
from services.energy.booking.booking import SlotEnergy
from services.energy.booking.fast_path import PlainRule, plain_rule
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


class RolledMeter:
    """One meter of a batch: its rule, and its account on any day."""

    def __init__(
        self,
        rule: MeterRule,
        *,
        unit_id: int,
        enterprise_id: int,
        carrier: str,
        flow: str,
        places: Sequence[EnterprisePlace],
        valid_us: tuple[int, int],
    ) -> None:
        self.rule = rule
        self._faults: Collection[Stretch] = ()
        self._expected_from_us = max(valid_us[0], places[0].from_us) if places else valid_us[1]
        self._expected_to_us = valid_us[1]
        # without a place before the first membership
        self._starts_us = [place.from_us for place in places]
        self._accounts = [
            AccountKey(unit_id, enterprise_id, area_code, park_id, carrier, flow)
            for area_code, park_id in [(None, None), *((place.area_code, place.park_id) for place in places)]
        ]
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
        from_us = max(self._expected_from_us, self._starts_us[-1]) if self._starts_us else self._expected_to_us
        return from_us, self._expected_to_us, self._accounts[-1]

    def account_at(self, moment_us: int) -> AccountKey:
        """The account of the day that holds the moment."""
        return self._accounts[bisect_right(self._starts_us, moment_us)]

    def measured(self, slot_us: int, energy: SlotEnergy) -> tuple[int, int]:
        """Measured seconds that count for coverage, and quality; none count where no reading is expected of the meter.

        Nor do they during a fault of the collection, when what came is no measurement.
        """
        if self._faults and any(start_us <= slot_us < end_us for start_us, end_us in self._faults):
            return 0, energy.quality | _COLLECTION_FAULT
        expected = self._expected_from_us <= slot_us < self._expected_to_us
        return (energy.measured_s if expected else 0), energy.quality


def load_meters(connection: psycopg.Connection, meter_ids: list[int]) -> dict[int, RolledMeter]:
    """The meters of a batch, by number. A meter that is no longer registered is left out."""
    swaps: dict[int, list[Replacement]] = defaultdict(list)
    for meter_id, ts, final, first in _sql.run(connection, "replacements", meter_ids=meter_ids):
        swaps[meter_id].append(Replacement(ts, final, first))
    accepted: dict[int, set[int]] = defaultdict(set)
    for meter_id, ts in _sql.run(connection, "acceptances", meter_ids=meter_ids):
        accepted[meter_id].add(ts)
    rows = list(_sql.run(connection, "meters", meter_ids=meter_ids))
    places: dict[int, list[EnterprisePlace]] = defaultdict(list)
    for enterprise_id, from_us, area_code, park_id in _sql.run(
        connection, "memberships", enterprise_ids=sorted({row.enterprise_id for row in rows})
    ):
        places[enterprise_id].append(EnterprisePlace(from_us, area_code, park_id))
    meters: dict[int, RolledMeter] = {}
    for row in rows:
        rule = meter_rule(
            kind=Kind(row.kind),
            unit_of_measure=row.unit_of_measure,
            carrier_unit=row.carrier_unit,
            multiplier=row.multiplier,
            interval_s=row.interval_s,
            register_size=row.register_size,
            rated_per_hour=row.rated_per_hour,
            replacements=tuple(swaps[row.meter_id]),
            accepted_us=frozenset(accepted[row.meter_id]),
        )
        meters[row.meter_id] = RolledMeter(
            rule,
            unit_id=row.unit_id,
            enterprise_id=row.enterprise_id,
            carrier=row.carrier,
            flow=row.flow,
            places=places[row.enterprise_id],
            valid_us=(row.valid_from, row.valid_to),
        )
    return meters


class RolledMeters:
    """The meters as the registry has them: kept from batch to batch, and read again when it has changed.

    Whoever changes what is read here raises the registry's revision in the same transaction. Faults of the collection
    are found without that, so they are asked for each time.
    """

    def __init__(self) -> None:
        self._revision = -1
        self._kept: dict[int, RolledMeter] = {}

    def of(self, connection: psycopg.Connection, meter_ids: list[int]) -> dict[int, RolledMeter]:
        """These meters, by number. A meter that is no longer registered is left out."""
        revision = _sql.run(connection, "revision").scalar_one()
        if revision != self._revision:
            self._kept.clear()
            self._revision = revision
        missing = [meter_id for meter_id in meter_ids if meter_id not in self._kept]
        if missing:
            self._kept |= load_meters(connection, missing)
        found = {meter_id: self._kept[meter_id] for meter_id in meter_ids if meter_id in self._kept}
        for meter_id, faults in collection_faults(connection, meter_ids).items():
            if meter_id in found:
                found[meter_id] = found[meter_id].with_faults(faults)
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
