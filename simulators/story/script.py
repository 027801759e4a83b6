"""The script of the story, read from story.toml, strictly; its times become moments of a run."""

import datetime as dt
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from simulators.faults.placed import PlacedFault, PlacedKind
from simulators.options import SHANGHAI

_FILE = Path(__file__).with_name("story.toml")
LEAST_DAYS = 62
"""A region with less history cannot tell the story: it reaches back into the last whole month."""


class Moment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`at` (10:40) of the day so many days before the first, or of a day of the last whole month."""

    at: str
    days_ago: int | None = None
    last_month: int | None = None

    def on(self, first_day: dt.date) -> dt.datetime:
        """The moment in a run whose region began on `first_day`. Raises ValueError for a time that is none."""
        if self.last_month is not None:
            day = (first_day.replace(day=1) - dt.timedelta(days=1)).replace(day=self.last_month)
        else:
            day = first_day - dt.timedelta(days=self.days_ago or 0)
        return dt.datetime.combine(day, dt.time.fromisoformat(self.at), SHANGHAI)

    def ms(self, first_day: dt.date) -> int:
        """The same in epoch milliseconds."""
        return int(self.on(first_day).timestamp() * 1000)


class Flow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of a meter: amount for one unit of activity, and season."""

    meter: str
    ratio: float
    season: str


class Longer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A gateway whose meters have a past of so many whole months."""

    gateway: str
    months: int


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"begins": "from"}):
    """Something that befalls a meter."""

    kind: PlacedKind
    meter: str
    begins: Moment
    until: Moment | None = None
    factor: float = 1.0


class Quiet(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"begins": "from"}):
    """A gateway that is heard no more."""

    gateway: str
    begins: Moment


class Outage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"begins": "from"}):
    """A time of which a gateway has nothing."""

    gateway: str
    begins: Moment
    until: Moment


class Correction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reading that is corrected to `factor` times what was sent."""

    account: str
    meter: str
    at: Moment
    factor: float
    reason: str


class Refused(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message that is refused for its value."""

    gateway: str
    meter: str
    at: Moment
    value: str


class Judged(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rules that are held against what was measured, as of these moments."""

    at: tuple[Moment, ...]
    rules: tuple[str, ...]


class Bodies(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The banners with a supervision body of their own."""

    banners: tuple[str, ...]


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step of handling. due_in_days: of a plan, from today on."""

    account: str
    action: str
    text: str | None = None
    due_in_days: int | None = None
    reference: str | None = None


class Handled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is done with an alert. nth: of those of its rule and subject, from the oldest on."""

    rule: str
    subject: str
    steps: tuple[Step, ...]
    nth: int = 1


class Issued(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bulletins of the last whole month, each of an area."""

    account: str
    areas: tuple[str, ...]


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole story."""

    flow: tuple[Flow, ...]
    longer: tuple[Longer, ...]
    fault: tuple[Fault, ...]
    quiet: tuple[Quiet, ...]
    outage: tuple[Outage, ...]
    correction: tuple[Correction, ...]
    refused: tuple[Refused, ...]
    judged: tuple[Judged, ...]
    bodies: Bodies
    handled: tuple[Handled, ...]
    issued: tuple[Issued, ...]

    def placed(self, first_day: dt.date, meters_of: dict[str, list[str]]) -> tuple[PlacedFault, ...]:
        """The faults in a run whose region began on `first_day`. meters_of: the meters of each gateway."""
        faults = [
            PlacedFault(
                each.kind,
                each.meter,
                each.begins.ms(first_day),
                each.until.ms(first_day) if each.until else None,
                each.factor,
            )
            for each in self.fault
        ]
        faults += [
            PlacedFault("silent", meter, outage.begins.ms(first_day), outage.until.ms(first_day))
            for outage in self.outage
            for meter in meters_of[outage.gateway]
        ]
        return tuple(faults)

    def quiet_from(self, first_day: dt.date) -> dict[str, int]:
        """From when on each gateway that falls silent is heard no more, epoch ms."""
        return {each.gateway: each.begins.ms(first_day) for each in self.quiet}

    def first_days(self, first_day: dt.date) -> dict[str, dt.date]:
        """The first day of the gateways with a longer past."""
        return {each.gateway: months_before(first_day, each.months) for each in self.longer}


@cache
def load_script(path: Path = _FILE) -> Script:
    """Raises ValueError that names the file and the field."""
    with path.open("rb") as file:
        content: dict[str, Any] = tomllib.load(file)
    try:
        return msgspec.convert(content, Script)
    except msgspec.ValidationError as error:
        raise ValueError(f"{path.name}: {error}") from error


def months_before(day: dt.date, months: int) -> dt.date:
    """The first of the month so many months before that of `day`."""
    month = day.year * 12 + day.month - 1 - months
    return dt.date(month // 12, month % 12 + 1, 1)
