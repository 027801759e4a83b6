"""What `enermon verify` finds."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from services.core.calendar import SHANGHAI

MOST_TOLD = 200


def shanghai_time(moment: datetime) -> str:
    """A time as people here read it."""
    return moment.astimezone(SHANGHAI).isoformat()


@dataclass(slots=True)
class Differences:
    """What is not as it was sealed: all counted, the first ones told."""

    count: int = 0
    told: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        """Note one."""
        self.count += 1
        if len(self.told) < MOST_TOLD:
            self.told.append(text)


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain stands."""

    seal_id: int
    chain: bytes
    sealed_at: datetime


class DropRecord(NamedTuple):
    """Readings that were dropped on purpose (services/retention)."""

    drop_id: int
    dropped_before: datetime
    dropped_at: datetime
    readings: int
    carried: int
    remainders: int
    remainders_digest: bytes


@dataclass(frozen=True, slots=True)
class Verification:
    """The whole of what was found. `first_seal` above 1: what was sealed before was not looked at."""

    head: Head | None
    noted: str
    first_seal: int
    seals: int
    batches: int
    agreeing_batches: int
    readings: int
    drops: Sequence[DropRecord]
    """What was dropped on purpose, the newest first."""
    corrections: int
    transactions: int
    entries: int
    rows: int
    waiting: int
    differences: Differences

    @property
    def well(self) -> bool:
        """Whether everything is as it was sealed."""
        return not self.differences.count

    def lines(self) -> list[str]:
        """The report for a person."""
        partly = f" from seal {self.first_seal} on" if self.first_seal > 1 else ""
        found = [f"chain        {self.seals} seals{partly}", *self._head_lines()]
        found.append(
            f"batches      {self.agreeing_batches} of {self.batches} agree with their digest;"
            f" {self.readings} readings read"
        )
        found.extend(
            f"dropped      {drop.readings} readings of before {shanghai_time(drop.dropped_before)}, on purpose, at"
            f" {shanghai_time(drop.dropped_at)}; batches agreed before, and what stays has digests"
            for drop in self.drops
        )
        found.append(f"corrections  {self.corrections} sealed")
        found.append(
            f"audit        {self.transactions} transactions sealed;"
            f" {self.entries} entries, by which {self.rows} rows stand"
        )
        if self.waiting:
            found.append(
                f"waiting      {self.waiting} stored and not sealed yet; the roll-up seals about once a second"
            )
        found.extend(f"DIFFERS      {text}" for text in self.differences.told)
        if self.differences.count > len(self.differences.told):
            found.append(f"DIFFERS      and {self.differences.count - len(self.differences.told)} more")
        count = self.differences.count
        agrees = f"{count} difference{'' if count == 1 else 's'}" if count else "everything is as it was sealed"
        return [*found, f"result       {agrees}"]

    def _head_lines(self) -> list[str]:
        if self.head is None:
            return ["head         nothing is sealed yet"]
        lines = [
            f"head         {self.head.chain.hex()}, seal {self.head.seal_id} of {shanghai_time(self.head.sealed_at)}"
        ]
        return [*lines, f"noted head   {self.noted}"] if self.noted else lines
