"""What coal the simulated enterprises burn, and what laboratories measured of it.

The leagues of the east mine lignite and burn it. A tenth of those who burn coal have nothing measured, so that there is
always somebody whose verdict waits for it.
"""

from collections.abc import Iterable, Iterator

import msgspec

from simulators.fleet.draw import uniform
from simulators.fleet.model import MeterModel, UnitModel
from simulators.registry import HeatValue

RAW_COAL, LIGNITE = "raw_coal", "lignite"
TCE_PER_T = {RAW_COAL: 0.7143, LIGNITE: 0.4286}
LIGNITE_LEAGUES = frozenset({"1504", "1505", "1507", "1522", "1525"})
_MJ_PER_KGCE = 29.3076
_NEEDS_HARD_COAL = frozenset({"blast_furnace"})
_PROCESS_WITH_LIGNITE = {"methanol_bituminous_coal": "methanol_lignite"}
_NOT_MEASURED = 0.1
_DEVIATION = 0.01
"""What is measured lies so near what the standard prints, and a month as near to the enterprise's mean."""
_LABORATORY = "模拟煤质化验中心 (simulated)"


def as_burnt(area_code: str, model: UnitModel) -> UnitModel:
    """The unit with the coal of its league; of lignite it burns as much more as that holds less."""
    if area_code[:4] not in LIGNITE_LEAGUES or model.process in _NEEDS_HARD_COAL:
        return model
    meters = tuple(_with_lignite(meter) if meter.carrier == RAW_COAL else meter for meter in model.meters)
    if meters == model.meters:
        return model
    process = _PROCESS_WITH_LIGNITE.get(model.process, model.process)
    return msgspec.structs.replace(model, meters=meters, process=process)


def _with_lignite(meter: MeterModel) -> MeterModel:
    assert meter.ratio is not None
    more = TCE_PER_T[RAW_COAL] / TCE_PER_T[LIGNITE]
    low, high = meter.ratio
    return msgspec.structs.replace(meter, carrier=LIGNITE, ratio=(low * more, high * more))


def heat_values(
    seed: int, prefix: str, credit_code: str, carriers: Iterable[str], *, months: Iterable[str]
) -> Iterator[HeatValue]:
    """A default, and a value of each of these months, of the coals among the carriers; nothing of who measures none."""
    if uniform(seed, prefix, "measured") < _NOT_MEASURED:
        return
    for carrier in sorted(TCE_PER_T.keys() & set(carriers)):
        mean = TCE_PER_T[carrier] * _MJ_PER_KGCE * _near_one(seed, prefix, carrier)
        for month in ("", *months):
            ncv_mj = mean * (_near_one(seed, prefix, carrier, month) if month else 1.0)
            yield HeatValue(
                enterprise=credit_code,
                carrier=carrier,
                month=month,
                ncv_mj_per_kg=round(ncv_mj, 3),
                laboratory=_LABORATORY,
                report=f"MJ-{prefix}-{month or 'own'}",
            )


def _near_one(seed: int, *names: str) -> float:
    return uniform(seed, *names, "heat", low=1.0 - _DEVIATION, high=1.0 + _DEVIATION)


def months_from(first_day: str, last_month: str) -> list[str]:
    """The months 2026-03 from that of a day up to the last; that of the day alone where none is given."""
    if not first_day:
        return []
    first, last = _count(first_day), _count(last_month or first_day)
    return [f"{count // 12:04}-{count % 12 + 1:02}" for count in range(first, last + 1)]


def _count(text: str) -> int:
    year, month = text.split("-")[:2]
    return int(year) * 12 + int(month) - 1
