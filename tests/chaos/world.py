"""The region of the chaos tests: who is registered, and what each of its meters shows at each quarter of an hour.

Everything follows from a seed and the moment at which a run begins, so that several processes agree without talking.
"""

import zlib
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from services.core.calendar import SHANGHAI
from services.core.credit_code import check_character
from services.ingest.necc.identity import DeviceIds
from simulators.registry import Enterprise, Gateway, Meter, Park, Registry, Unit

STEP_MS = 900_000
DAY_STEPS = 96
# The oldest readings are seven months old and come late; three days are lost for ever; the rest is sent as it is read.
OLD_DAYS, LIVE_DAYS_AGO, SPAN_DAYS = 20, 197, 220
OLD_STEPS = OLD_DAYS * DAY_STEPS
LIVE_FROM = (SPAN_DAYS - LIVE_DAYS_AGO) * DAY_STEPS
STEPS = SPAN_DAYS * DAY_STEPS - 8
PARK = "P-CHAOS"
BANNERS = ("150622", "150621", "150105", "150603")
PARK_BANNER = BANNERS[0]
ENTERPRISES = 4
"""With an ordinary gateway each."""
FLOOD_GATEWAY, NEW_GATEWAY = "G-FLOOD", "G-NEW"


def credit_code(number: int) -> str:
    """The credit code of the enterprise with this number."""
    body = f"91{BANNERS[number % len(BANNERS)]}MACH{number:05d}"
    return body + check_character(body)


# Gateways that speak other formats: by a profile over MQTT and over HTTP, HJ 212, Sparkplug B, and the national
# protocol, by which the platform gives the gateway of an enterprise its code.
PROFILE_MQTT, PROFILE_HTTP, MONITOR, EDGE = "G-PROFILE", "G-TOKEN", "G-MONITOR", "G-EDGE"
NECC_KEY = "the key of the platform of the chaos tests"
END_DEVICE_OWNER = credit_code(ENTERPRISES + 6)
END_DEVICE = DeviceIds(NECC_KEY).of(END_DEVICE_OWNER, "").gateway
FOREIGN_GATEWAYS = (PROFILE_MQTT, PROFILE_HTTP, MONITOR, EDGE, END_DEVICE)
FOREIGN_METERS = 6
"""Of each of them: counters, and of the end device periods. All are due on whole seconds, as HJ 212 writes times."""

Steps = NDArray[np.int64]


@dataclass(frozen=True)
class Model:
    """A kind of meter. mean: what it books in an hour on average, in its own unit of measure, multiplied already."""

    kind: str
    carrier: str
    flow: str
    unit_of_measure: str
    mean: float
    multiplier: float = 1.0
    register_size: float | None = None
    rated_per_hour: float | None = None
    interval_s: int = 900


MODELS = (
    Model(
        "counter", "electricity", "input", "kWh", 900.0, multiplier=40.0, register_size=100_000.0, rated_per_hour=4000.0
    ),
    Model("counter", "electricity", "input", "MWh", 2.4, multiplier=3.5),
    Model("counter", "natural_gas", "input", "m3", 310.0, register_size=50_000.0, rated_per_hour=1500.0),
    Model("counter", "electricity", "sub", "kWh", 120.0, multiplier=10.0),
    Model("counter", "water", "input", "m3", 14.0, register_size=10_000.0),
    Model("counter", "electricity", "output", "kWh", 75.0),
    Model("interval", "electricity", "input", "kW", 420.0, rated_per_hour=2000.0),
    Model("interval", "product", "product", "t", 3.3, interval_s=3600),
    Model("interval", "heat", "input", "GJ", 6.1),
    Model("gauge", "steam", "input", "t/h", 8.0, rated_per_hour=40.0),
    Model("gauge", "electricity", "renewable", "kW", 230.0),
)
NEW_MODEL = Model("counter", "electricity", "sub", "kWh", 33.0, multiplier=20.0)
PERIOD_MODEL = Model("interval", "heat", "input", "GJ", 6.1)


@dataclass(frozen=True)
class Swap:
    """A change of meter between two steps, recorded by a person some time during the run."""

    meter: str
    ts_ms: int
    final_value: float
    first_value: float


@dataclass(frozen=True)
class Move:
    """An enterprise belongs to another place from a day on."""

    credit_code: str
    area_code: str
    park_code: str
    valid_from: date


@dataclass(frozen=True)
class Series:
    """What one meter shows: times (epoch ms) and values by step; `shown` is false where it gives nothing."""

    meter: Meter
    times_ms: Steps
    values: NDArray[np.float64]
    shown: NDArray[np.bool_]
    swap: Swap | None = None


@dataclass(frozen=True, kw_only=True)
class World:
    """began_ms: the moment of the run; enterprises: with one gateway of len(MODELS) meters each; new_meters: those of
    a gateway whose meters nobody has registered when it begins to send."""

    seed: int
    began_ms: int
    enterprises: int = ENTERPRISES
    new_meters: int = 1000
    flood_meters: int = 22
    _series: dict[str, list[Series]] = field(default_factory=dict)

    @property
    def first_ms(self) -> int:
        """The time of step 0."""
        now_ms = self.began_ms - self.began_ms % STEP_MS
        return now_ms - SPAN_DAYS * DAY_STEPS * STEP_MS

    @property
    def registry(self) -> Registry:
        """All that is registered before the first reading."""
        first_foreign = self.enterprises + 2
        count = len(self.gateways)
        return Registry(
            parks=[
                Park(code=PARK, name_zh="混沌园区", name_en="Chaos Park", kind="zero_carbon", area_code=PARK_BANNER)
            ],
            enterprises=[_enterprise(n) for n in range(count)],
            units=[
                Unit(code=f"U-{n}-{part}", credit_code=credit_code(n), name_zh="车间", name_en="Works")
                for n in range(count)
                for part in (0, 1)
            ],
            gateways=[
                Gateway(code=code, credit_code=credit_code(n), name=code) for n, code in enumerate(self.gateways)
            ],
            meters=[
                meter for n in (*range(self.enterprises + 1), *range(first_foreign, count)) for meter in self._meters(n)
            ],
        )

    @property
    def gateways(self) -> list[str]:
        """Codes in the order of the enterprises: normal ones, the one that floods, the new one, foreign ones."""
        return [*self.normal_gateways, FLOOD_GATEWAY, NEW_GATEWAY, *FOREIGN_GATEWAYS]

    @property
    def normal_gateways(self) -> list[str]:
        """Gateways that send all the time."""
        return [f"G-{n}" for n in range(self.enterprises)]

    @property
    def unregistered_meters(self) -> list[Meter]:
        """The meters of the new gateway, which are registered late."""
        return self._meters(self.enterprises + 1)

    def moves(self) -> list[Move]:
        """One enterprise changes its banner and joins the park in the middle of what is sent."""
        day = datetime.fromtimestamp(self.first_ms / 1000, SHANGHAI).date() + timedelta(
            days=SPAN_DAYS - LIVE_DAYS_AGO + 2
        )
        return [Move(credit_code(1), BANNERS[0], PARK, day)]

    def _meters(self, number: int) -> list[Meter]:
        gateway = self.gateways[number]
        count = len(MODELS)
        if gateway == FLOOD_GATEWAY:
            count = self.flood_meters
        elif gateway == NEW_GATEWAY:
            count = self.new_meters
        elif gateway in FOREIGN_GATEWAYS:
            count = FOREIGN_METERS
        models = [_model(gateway, i) for i in range(count)]
        return [_meter(f"{gateway}-M{i}", f"U-{number}-{i % 2}", gateway, model) for i, model in enumerate(models)]

    def series_of(self, gateway: str) -> list[Series]:
        """What the meters of a gateway show."""
        if gateway not in self._series:
            number = self.gateways.index(gateway)
            self._series[gateway] = [
                self._series_of_meter(meter, _model(gateway, i)) for i, meter in enumerate(self._meters(number))
            ]
        return self._series[gateway]

    def swaps(self) -> list[Swap]:
        """The changes of meter of the normal gateways."""
        return [s.swap for g in self.normal_gateways for s in self.series_of(g) if s.swap is not None]

    def _series_of_meter(self, meter: Meter, model: Model) -> Series:
        draw = np.random.default_rng([self.seed, zlib.crc32(meter.code.encode())])
        times_ms = self.first_ms + np.arange(STEPS, dtype=np.int64) * STEP_MS
        shown = draw.random(STEPS) > 0.01
        swap: Swap | None = None
        if model.kind == "counter":
            values, swap = _register(draw, meter, model, times_ms, swaps=meter.code.endswith("-M1"))
        elif model.kind == "interval":
            values = _amounts(draw, model)
            shown &= times_ms % (model.interval_s * 1000) == 0
        else:
            values = np.round(model.mean * draw.gamma(4.0, 0.25, STEPS), 3)
            times_ms = times_ms + draw.integers(0, 200_000, STEPS)
        return Series(meter, times_ms, values, shown, swap)


def _model(gateway: str, number: int) -> Model:
    return {NEW_GATEWAY: NEW_MODEL, END_DEVICE: PERIOD_MODEL}.get(gateway) or MODELS[number % len(MODELS)]


def _enterprise(number: int) -> Enterprise:
    area = BANNERS[number % len(BANNERS)]
    return Enterprise(
        credit_code=credit_code(number),
        name_zh=f"企业{number}",
        name_en=f"Enterprise {number}",
        trade="chemical",
        area_code=area,
        park_code=PARK if area == PARK_BANNER else "",
    )


def _meter(code: str, unit: str, gateway: str, model: Model) -> Meter:
    return Meter(
        code=code,
        unit_code=unit,
        gateway_code=gateway,
        name_zh="计量点",
        name_en=code,
        kind=model.kind,
        carrier=model.carrier,
        flow=model.flow,
        unit_of_measure=model.unit_of_measure,
        multiplier=model.multiplier,
        register_size=model.register_size,
        rated_per_hour=model.rated_per_hour,
        interval_s=model.interval_s,
    )


def _register(
    draw: np.random.Generator, meter: Meter, model: Model, times_ms: Steps, *, swaps: bool
) -> tuple[NDArray[np.float64], Swap | None]:
    """A counter with all that befalls one: rollovers, resets, zeros in between, dips, values too great, a swap."""
    steps = np.round(model.mean / 4 / model.multiplier * draw.gamma(4.0, 0.25, STEPS), 4)
    register = np.cumsum(steps) + round(draw.uniform(0, 900), 2)
    for fell in np.flatnonzero(draw.random(STEPS) < 0.0004):
        register[fell:] -= register[fell]
    swap = None
    if swaps:
        at = LIVE_FROM + int(draw.integers(100, 200))
        first = round(draw.uniform(0, 20), 2)
        final = register[at - 1] + steps[at] / 2
        swap_ms = int(times_ms[at] - STEP_MS // 2)
        swap = Swap(meter.code, swap_ms, round(float(final), 4), first)
        register[at:] += first + steps[at] / 2 - register[at]
    if model.register_size is not None:
        register %= model.register_size
    register = np.round(register, 4)
    odd = draw.random(STEPS)
    register[odd < 0.003] = 0.0
    dips = (odd > 0.003) & (odd < 0.005)
    register[dips] = np.round(register[dips] * 0.97, 4)
    high = (odd > 0.005) & (odd < 0.006)
    register[high] += 1_000_000.0
    return register, swap


def _amounts(draw: np.random.Generator, model: Model) -> NDArray[np.float64]:
    hours = 1.0 if model.unit_of_measure == "kW" else model.interval_s / 3600
    values = np.round(model.mean * hours * draw.gamma(4.0, 0.25, STEPS), 4)
    odd = draw.random(STEPS)
    values[odd < 0.002] *= -1.0
    values[(odd > 0.002) & (odd < 0.003)] += 3e6
    return values
