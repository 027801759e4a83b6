"""The simulated region: which enterprises there are, and the meters of each."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from simulators.credit_code import ENTERPRISE, PUBLIC_INSTITUTION, credit_code
from simulators.fleet import fuel, reported
from simulators.fleet.draw import key_of, uniform
from simulators.fleet.model import UNITS, EnterpriseModel, MeterModel, UnitModel, load_models
from simulators.fleet.quantity import Activity, Part, SimulatedMeter
from simulators.fleet.review import reviewed, tce_a_year, units_ahead
from simulators.fleet.sites import Site, load_parks, load_sites
from simulators.registry import Enterprise, Gateway, HeatValue, Meter, Registry, Statistic, Unit

# A meter behind transformers measures 5 A at 100 V: 0.866 kW of its own. Voltage ratio by greatest power (kW).
_PT_BY_KW = ((400.0, 1.0), (9_000.0, 100.0), (45_000.0, 350.0), (140_000.0, 1_100.0), (math.inf, 2_200.0))
_CT_RATIOS = (
    1,
    2,
    4,
    6,
    8,
    10,
    15,
    20,
    30,
    40,
    60,
    80,
    100,
    120,
    160,
    200,
    240,
    300,
    400,
    500,
    600,
    800,
    1000,
    1600,
    2400,
)
_LOW_VOLTAGE_KW = 3.46
_HIGH_VOLTAGE_KW = 0.866

# Renewable share of the electricity bought, lowest and highest, by kind of park.
_GREEN_SHARE = {"ordinary": (0.0, 0.22), "low_carbon": (0.44, 0.64), "zero_carbon": (0.95, 0.998)}
_LEAST_GREEN_SHARE = 0.05


@dataclass(frozen=True)
class Region:
    registry: Registry
    meters_by_gateway: dict[str, tuple[SimulatedMeter, ...]]


@dataclass(frozen=True)
class Particular:
    """What is particular of a run. flows: ratio and season of a meter; first_days: since when (ISO) a gateway reads."""

    flows: Mapping[str, tuple[float, str]] = field(default_factory=dict)
    first_days: Mapping[str, str] = field(default_factory=dict)


def build_region(
    *,
    seed: int,
    enterprises: int,
    valid_from: str = "",
    this_year: int = 2026,
    last_month: str = "",
    particular: Particular | None = None,
) -> Region:
    """valid_from: first day (Asia/Shanghai, ISO) on which the meters are expected to give readings.

    this_year: the last year for which numbers are reported; plans may lie ahead. last_month: the last one (2026-03) for
    which heat values were measured, beginning with that of `valid_from`; empty: for that one alone.
    """
    models = load_models()
    particular = particular or Particular()
    parks = load_parks()
    park_kinds = {park.code: park.kind for park in parks}
    registered: list[Enterprise] = []
    units: list[Unit] = []
    gateways: list[Gateway] = []
    by_gateway: dict[str, tuple[SimulatedMeter, ...]] = {}
    statistics = list(reported.of_areas(seed, last_year=this_year))
    heat_values: list[HeatValue] = []
    months = fuel.months_from(valid_from, last_month)
    for site in load_sites(enterprises):
        model = models[site.model]
        enterprise = _enterprise(site, model)
        registered.append(enterprise)
        gateway = Gateway(code=f"GW-{site.prefix}", credit_code=enterprise.credit_code, name=f"{site.label_en} 1")
        gateways.append(gateway)
        green = _green_share(seed, site, park_kinds.get(site.park_code, "ordinary"))
        simulated: list[SimulatedMeter] = []
        for unit_model in (fuel.as_burnt(site.area_code, each) for each in model.unit):
            since = particular.first_days.get(gateway.code, valid_from)
            of_unit = _meters(seed, site, unit_model, gateway.code, green, since, particular.flows)
            unit = _unit(site, enterprise, unit_model)
            units.append(reviewed(unit, seed=seed, label_en=site.label_en, number=unit_model.code, meters=of_unit))
            simulated += of_unit
        units += units_ahead(prefix=site.prefix, credit_code=enterprise.credit_code, label_en=site.label_en)
        by_gateway[gateway.code] = tuple(simulated)
        statistics += _reported(seed, enterprise, simulated, green=green, last_year=this_year)
        carriers = {each.meter.carrier for each in simulated}
        heat_values += fuel.heat_values(seed, site.prefix, enterprise.credit_code, carriers, months=months)
    registry = Registry(
        parks=parks,
        enterprises=registered,
        units=units,
        gateways=gateways,
        meters=[each.meter for group in by_gateway.values() for each in group],
        statistics=statistics,
        heat_values=heat_values,
    )
    return Region(registry, by_gateway)


def _reported(
    seed: int, enterprise: Enterprise, meters: list[SimulatedMeter], *, green: float, last_year: int
) -> Iterator[Statistic]:
    code = enterprise.credit_code
    if enterprise.trade == "public_institution":
        kgce_a_year = 1000.0 * tce_a_year(meters, calorific=True)
        yield from reported.of_institution(seed, code, kgce_a_year=kgce_a_year, last_year=last_year)
    if enterprise.trade == "aluminium":
        yield from reported.of_smelter(code, renewable_share=green, last_year=last_year)


def _enterprise(site: Site, model: EnterpriseModel) -> Enterprise:
    kind = PUBLIC_INSTITUTION if model.trade == "public_institution" else ENTERPRISE
    return Enterprise(
        credit_code=credit_code(kind=kind, area_code=site.area_code, key=site.prefix),
        name_zh=f"{site.label_zh}{model.name_zh}（模拟）",
        name_en=f"{site.label_en} {model.name_en}".strip() + " (simulated)",
        trade=model.trade,
        area_code=site.area_code,
        park_code=site.park_code,
    )


def _unit(site: Site, enterprise: Enterprise, model: UnitModel) -> Unit:
    return Unit(
        code=f"{site.prefix}-{model.code}",
        credit_code=enterprise.credit_code,
        name_zh=model.name_zh,
        name_en=model.name_en,
        process=model.process,
    )


def _green_share(seed: int, site: Site, park_kind: str) -> float:
    low, high = _GREEN_SHARE[park_kind]
    share = uniform(seed, site.prefix, "green", low=low, high=high)
    return share if share >= _LEAST_GREEN_SHARE else 0.0


def _meters(
    seed: int,
    site: Site,
    model: UnitModel,
    gateway_code: str,
    green: float,
    valid_from: str,
    flows: Mapping[str, tuple[float, str]],
) -> list[SimulatedMeter]:
    activity = Activity(seed, f"{site.prefix}-{model.code}", model.shape)
    parts = {
        meter.code: _part(seed, site, model, _flowing(meter, flows.get(f"{site.prefix}-{meter.code}")), activity)
        for meter in model.meters
        if meter.ratio
    }
    result = []
    for meter in model.meters:
        flow_parts = tuple(parts[code] for code in meter.sum_of or (meter.code,))
        renewable = green if meter.green else 0.0
        context = _Place(seed, site.prefix, f"{site.prefix}-{model.code}", gateway_code, valid_from)
        result.append(_simulated(context, meter, flow_parts, share=1.0 - renewable))
        if renewable:
            bought_green = msgspec.structs.replace(
                meter,
                code=meter.code.replace("E", "R"),
                name_zh="绿电（可再生能源）",
                name_en="Renewable electricity bought",
                flow="renewable",
            )
            result.append(_simulated(context, bought_green, flow_parts, share=renewable))
    return result


def _flowing(meter: MeterModel, particular: tuple[float, str] | None) -> MeterModel:
    """The model with the ratio and season that are particular of this meter."""
    if particular is None:
        return meter
    ratio, season = particular
    return msgspec.structs.replace(meter, ratio=(ratio, ratio), season=season)


@dataclass(frozen=True)
class _Place:
    seed: int
    prefix: str
    unit_code: str
    gateway_code: str
    valid_from: str


def _part(seed: int, site: Site, model: UnitModel, meter: MeterModel, activity: Activity) -> Part:
    assert meter.ratio is not None
    ratio = uniform(seed, site.prefix, meter.code, "ratio", low=meter.ratio[0], high=meter.ratio[1])
    return Part(
        activity=activity,
        name=meter.code,
        season=meter.season or model.season,
        per_hour=ratio * model.activity_per_hour * site.scale,
        idle=meter.idle,
    )


def _simulated(place: _Place, model: MeterModel, parts: tuple[Part, ...], *, share: float) -> SimulatedMeter:
    per_carrier_unit, is_rate = UNITS[model.carrier, model.unit]
    peak = share * sum(part.peak_per_hour for part in parts)
    code = f"{place.prefix}-{model.code}"
    multiplier, register_size = 1.0, None
    if model.kind == "counter":
        multiplier = _transformer_ratio(peak) if model.carrier == "electricity" else 1.0
        register_size = _register_size(peak * per_carrier_unit / multiplier)
    meter = Meter(
        code=code,
        unit_code=place.unit_code,
        gateway_code=place.gateway_code,
        name_zh=model.name_zh,
        name_en=model.name_en,
        kind=model.kind,
        carrier=model.carrier,
        flow=model.flow,
        unit_of_measure=model.unit,
        multiplier=multiplier,
        register_size=register_size,
        rated_per_hour=_round_up(1.5 * peak),
        interval_s=900,
        valid_from=place.valid_from,
    )
    start = (key_of(place.seed, code, "start") % 10_000) / 10_000.0 * (register_size or 0.0)
    live_s = model.live_s if model.kind != "interval" else 900
    return SimulatedMeter(meter, parts, share, per_carrier_unit, start, is_rate, live_s)


def _transformer_ratio(peak_kw: float) -> float:
    """CT x PT of a meter whose load peaks at peak_kw, from the ratios that are made."""
    pt = next(ratio for limit_kw, ratio in _PT_BY_KW if peak_kw <= limit_kw)
    meter_kw = _LOW_VOLTAGE_KW if pt == 1.0 else _HIGH_VOLTAGE_KW
    ct = next((ct for ct in _CT_RATIOS if ct * pt * meter_kw >= peak_kw), _CT_RATIOS[-1])
    return ct * pt


def _register_size(peak_register_per_hour: float) -> float:
    """A power of ten that a meter of this pace takes between three months and three years to go through."""
    return float(10.0 ** max(3, math.ceil(math.log10(peak_register_per_hour * 2_500.0))))


def _round_up(number: float) -> float:
    """Up to two significant digits."""
    step = 10.0 ** (math.floor(math.log10(number)) - 1)
    return round(math.ceil(number / step) * step, 10)
