"""What the roll-up must know of the meters of a batch: their rules, and the account of a day."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import psycopg

from services.core.domain.booking import SlotEnergy
from services.core.domain.meter import Kind, MeterRule, Quality, Replacement, meter_rule
from services.ingest.rollup.quality import Stretch, collection_faults

_COLLECTION_FAULT = int(Quality.COLLECTION_FAULT)


class Place(NamedTuple):
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
        places: Sequence[Place],
        valid_us: tuple[int, int],
        faults: Collection[Stretch] = (),
    ) -> None:
        """`faults`: when a fault of the collection is known."""
        self.rule = rule
        self._faults = faults
        self._expected_from_us = max(valid_us[0], places[0].from_us) if places else valid_us[1]
        self._expected_to_us = valid_us[1]
        # without a place before the first membership
        self._starts_us = [place.from_us for place in places]
        self._accounts = [
            AccountKey(unit_id, enterprise_id, area_code, park_id, carrier, flow)
            for area_code, park_id in [(None, None), *((place.area_code, place.park_id) for place in places)]
        ]

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


def load_meters(sql: Any, connection: psycopg.Connection, meter_ids: list[int]) -> dict[int, RolledMeter]:
    """The meters of a batch, by number. A meter that is no longer registered is left out."""
    swaps: dict[int, list[Replacement]] = defaultdict(list)
    for meter_id, ts, final, first in sql.replacements(connection, meter_ids=meter_ids):
        swaps[meter_id].append(Replacement(ts, final, first))
    accepted: dict[int, set[int]] = defaultdict(set)
    for meter_id, ts in sql.acceptances(connection, meter_ids=meter_ids):
        accepted[meter_id].add(ts)
    rows = list(sql.meters(connection, meter_ids=meter_ids))
    places: dict[int, list[Place]] = defaultdict(list)
    for enterprise_id, from_us, area_code, park_id in sql.memberships(
        connection, enterprise_ids=sorted({row[11] for row in rows})
    ):
        places[enterprise_id].append(Place(from_us, area_code, park_id))
    faults = collection_faults(connection, meter_ids)
    meters: dict[int, RolledMeter] = {}
    for row in rows:
        meter_id, kind, unit, carrier_unit, multiplier, interval_s, size, rated, carrier, flow, unit_id, owner = row[
            :12
        ]
        rule = meter_rule(
            kind=Kind(kind),
            unit_of_measure=unit,
            carrier_unit=carrier_unit,
            multiplier=multiplier,
            interval_s=interval_s,
            register_size=size,
            rated_per_hour=rated,
            replacements=tuple(swaps[meter_id]),
            accepted_us=frozenset(accepted[meter_id]),
        )
        meters[meter_id] = RolledMeter(
            rule,
            unit_id=unit_id,
            enterprise_id=owner,
            carrier=carrier,
            flow=flow,
            places=places[owner],
            valid_us=row[12:],
            faults=faults.get(meter_id, ()),
        )
    return meters


class Accounts:
    """Numbers of accounts, opened with their ledgers when first needed. Forgotten when a transaction fails."""

    def __init__(self, sql: Any) -> None:
        self._sql = sql
        self._ids: dict[AccountKey, int] = {}

    def forget(self) -> None:
        """Look everything up again: what was opened may have been rolled back."""
        self._ids.clear()

    def ids(self, connection: psycopg.Connection, keys: set[AccountKey]) -> dict[AccountKey, int]:
        """The number of each account in `keys`."""
        missing = keys - self._ids.keys()
        if missing:
            for account_id, *key in self._sql.find_accounts(connection, unit_ids=sorted({k.unit_id for k in missing})):
                self._ids[AccountKey(*key)] = account_id
        for key in sorted(missing - self._ids.keys(), key=str):
            account_id = self._sql.open_account(connection, **key._asdict())
            self._sql.open_ledgers(connection, account_id=account_id)
            self._ids[key] = account_id
        return {key: self._ids[key] for key in keys}
