"""What a simulator registers before it sends: the fields of the registry API and of its bulk import, no more."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, kw_only=True)
class Park:
    code: str
    name_zh: str
    name_en: str
    kind: str
    area_code: str


@dataclass(frozen=True, kw_only=True)
class Enterprise:
    """An enterprise with its first membership: the banner and park it belongs to from a day on."""

    credit_code: str
    name_zh: str
    name_en: str
    trade: str
    area_code: str
    park_code: str = ""
    valid_from: str = "2020-01-01"


@dataclass(frozen=True, kw_only=True)
class Unit:
    """design_energy_tce, approved_energy_tce: tce a year, equivalent basis."""

    code: str
    credit_code: str
    name_zh: str
    name_en: str
    process: str = ""
    status: str = "existing"
    commissioned_on: str = ""
    design_energy_tce: float | None = None
    approved_energy_tce: float | None = None
    retrofit_listed_on: str = ""
    retrofit_due_on: str = ""
    capacity_class: str = ""
    measuring_category: int | None = None
    standard_racks: int | None = None


@dataclass(frozen=True, kw_only=True)
class Gateway:
    code: str
    credit_code: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Meter:
    """multiplier: CT x PT; register_size: in register units; rated_per_hour: in the carrier's own unit."""

    code: str
    unit_code: str
    gateway_code: str
    name_zh: str
    name_en: str
    kind: str
    carrier: str
    flow: str
    unit_of_measure: str
    multiplier: float = 1.0
    register_size: float | None = None
    rated_per_hour: float | None = None
    interval_s: int = 900
    valid_from: str = ""
    valid_to: str = ""


@dataclass(frozen=True, kw_only=True)
class Statistic:
    """A number that is reported. price_base: year at whose constant prices money is counted."""

    owner: str
    kind: str
    period: str
    value: float
    unit: str
    price_base: int | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class HeatValue:
    """What a laboratory measured of a fuel. month: 2026-03; empty: the enterprise's own default."""

    enterprise: str
    carrier: str
    month: str = ""
    ncv_mj_per_kg: float
    laboratory: str
    report: str


Row = Park | Enterprise | Unit | Gateway | Meter | Statistic | HeatValue


@dataclass(frozen=True, kw_only=True)
class Registry:
    parks: Sequence[Park] = ()
    enterprises: Sequence[Enterprise] = ()
    units: Sequence[Unit] = ()
    gateways: Sequence[Gateway] = ()
    meters: Sequence[Meter] = field(default=())
    statistics: Sequence[Statistic] = ()
    heat_values: Sequence[HeatValue] = ()

    def meter(self, code: str) -> Meter:
        """The meter of this code; raises KeyError."""
        for meter in self.meters:
            if meter.code == code:
                return meter
        raise KeyError(code)

    def by_kind(self) -> dict[str, Sequence[Row]]:
        """Rows by import kind, in the order in which they must be registered."""
        return {
            "parks": self.parks,
            "enterprises": self.enterprises,
            "units": self.units,
            "gateways": self.gateways,
            "meters": self.meters,
            "statistics": self.statistics,
            "heat-values": self.heat_values,
        }


def fields_of(row: Row) -> dict[str, str]:
    """The row as text cells of the bulk import; an absent value is an empty cell."""
    return {name: _cell(value) for name, value in asdict(row).items()}


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value)
