"""What a mapping file says, read strictly: an unknown field is an error that names it."""

import datetime as dt
import re
import tomllib
from pathlib import Path
from typing import Any, Literal

import msgspec

from simulators.credit_code import is_valid
from simulators.registry import Enterprise, Gateway, Meter, Park, Registry, Unit

MAPPINGS_DIR = Path(__file__).parents[1] / "mappings"

_OFFSET = re.compile(r"^[+-]\d{2}:\d{2}$")


class MappingError(ValueError):
    """The mapping or the series cannot be read; the message names the file and the place."""


class FileRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """path: relative to the data directory, .xz is unpacked; format json: a list of objects."""

    path: str
    format: Literal["csv", "json"] = "csv"
    encoding: str = "utf-8"
    source: str = ""


class Shift(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Rows whose `column` holds `equals` are moved by so many days."""

    column: str
    equals: str
    days: int


class TimeRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """columns: joined by a space; format: strptime, `iso` or `epoch_ms`; zone: of the stamps, `UTC` or an offset
    like +09:00; stamp: whether a stamp names the start or the end of the interval."""

    columns: tuple[str, ...]
    format: str = "iso"
    zone: str = "UTC"
    stamp: Literal["start", "end"] = "start"
    interval_s: int
    shift: tuple[Shift, ...] = ()

    def offset(self) -> dt.timedelta:
        """Of the zone. Raises ValueError."""
        if self.zone == "UTC":
            return dt.timedelta(0)
        if not _OFFSET.match(self.zone):
            raise ValueError(f"zone {self.zone!r} is neither UTC nor an offset like +09:00")
        minutes = int(self.zone[1:3]) * 60 + int(self.zone[4:6])
        return dt.timedelta(minutes=minutes if self.zone[0] == "+" else -minutes)


class Layout(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """wide: a column for each meter; long: a row for each value, whose `keys` columns name the meter."""

    kind: Literal["wide", "long"] = "wide"
    keys: tuple[str, ...] = ()
    value: str = ""


class Missing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Values that mean `none was measured` and are not sent, beside the empty cell."""

    values: tuple[str, ...] = ()


class MeterRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A meter and where its values stand: a column (wide), the key values (long), or a constant.

    scale: the printed value times this is sent (default 1: as printed). constant: sent whenever `column` has a value.
    """

    code: str
    unit_code: str
    gateway_code: str
    name_zh: str
    name_en: str
    kind: Literal["counter", "interval", "gauge"]
    carrier: str
    flow: str
    unit_of_measure: str
    column: str = ""
    key: tuple[str, ...] = ()
    scale: float = 1.0
    constant: float | None = None
    multiplier: float = 1.0
    register_size: float | None = None
    rated_per_hour: float | None = None
    interval_s: int | None = None
    valid_from: str = ""
    valid_to: str = ""


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    name: str
    title: str
    notes: str = ""
    file: FileRule
    time: TimeRule
    layout: Layout = Layout()
    missing: Missing = Missing()
    park: tuple[dict[str, str], ...] = ()
    enterprise: tuple[dict[str, str], ...]
    unit: tuple[dict[str, Any], ...]
    gateway: tuple[dict[str, str], ...]
    meter: tuple[MeterRule, ...]


def load_mapping(path: str | Path) -> Mapping:
    """The mapping in this file; a bare name means one of the project's own. Raises MappingError."""
    file = Path(path)
    if file.suffix != ".toml" and file.parent == Path():
        file = MAPPINGS_DIR / f"{file.name}.toml"
    try:
        content: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        mapping = msgspec.convert(content, Mapping)
        mapping.time.offset()
        registry_of(mapping)
    except FileNotFoundError as error:
        known = ", ".join(sorted(each.stem for each in MAPPINGS_DIR.glob("*.toml")))
        raise MappingError(f"no mapping {file}; the project has {known}") from error
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError, TypeError, ValueError) as error:
        raise MappingError(f"mapping {file}: {error}") from error
    _check(file, mapping)
    return mapping


def registry_of(mapping: Mapping) -> Registry:
    """What to register before the series is sent."""
    return Registry(
        parks=[Park(**row) for row in mapping.park],
        enterprises=[Enterprise(**row) for row in mapping.enterprise],
        units=[Unit(**row) for row in mapping.unit],
        gateways=[Gateway(**row) for row in mapping.gateway],
        meters=[_meter(rule, mapping.time.interval_s) for rule in mapping.meter],
    )


def _meter(rule: MeterRule, interval_s: int) -> Meter:
    return Meter(
        code=rule.code,
        unit_code=rule.unit_code,
        gateway_code=rule.gateway_code,
        name_zh=rule.name_zh,
        name_en=rule.name_en,
        kind=rule.kind,
        carrier=rule.carrier,
        flow=rule.flow,
        unit_of_measure=rule.unit_of_measure,
        multiplier=rule.multiplier,
        register_size=rule.register_size,
        rated_per_hour=rule.rated_per_hour,
        interval_s=rule.interval_s or interval_s,
        valid_from=rule.valid_from,
        valid_to=rule.valid_to,
    )


def _check(file: Path, mapping: Mapping) -> None:
    gateways = {row["code"] for row in mapping.gateway}
    units = {row["code"] for row in mapping.unit}
    codes = {row["credit_code"] for row in mapping.enterprise}
    for code in codes:
        if not is_valid(code):
            raise MappingError(f"mapping {file}: credit code {code} has a wrong check character")
    for row in (*mapping.gateway, *mapping.unit):
        if row["credit_code"] not in codes:
            raise MappingError(
                f"mapping {file}: {row['code']} belongs to {row['credit_code']}, which is no enterprise of it"
            )
    for meter in mapping.meter:
        if meter.gateway_code not in gateways or meter.unit_code not in units:
            raise MappingError(f"mapping {file}: meter {meter.code} names a gateway or unit that is not in it")
        if mapping.layout.kind == "wide" and not meter.column:
            raise MappingError(f"mapping {file}: meter {meter.code} has no column")
        if mapping.layout.kind == "long" and len(meter.key) != len(mapping.layout.keys):
            raise MappingError(f"mapping {file}: meter {meter.code} needs a value for each of {mapping.layout.keys}")
