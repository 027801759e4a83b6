"""The years of each metric of an area: as reported, else as its meters measured, the running one forecast."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from services.judging.dual_control.assessed import Facts
from services.judging.dual_control.facts import (
    COEFFICIENT_MISSING,
    GDP,
    NUMBER_MISSING,
    EnergySource,
    Obstacle,
    YearEnergy,
    YearFacts,
)
from services.judging.dual_control.forecast import MeasuredDays, forecast_energy
from services.judging.dual_control.measured import Metered, MeteredAmount
from services.judging.dual_control.metric import METRICS, ControlMetric, MetricCode
from services.judging.dual_control.metric_year import MetricYear
from services.judging.dual_control.reported import ReportedNumbers

_CARBON = frozenset({MetricCode.CO2_TOTAL, MetricCode.CO2_INTENSITY})
_FAMILY = {MetricCode.COAL: "coal", MetricCode.OIL: "oil"}


@dataclass(frozen=True, slots=True)
class YearSpan:
    """What the meters of an area measured in so many days from 1 January on."""

    metered: Metered | None
    days: int


@dataclass(frozen=True, slots=True)
class AreaYears:
    """All that is known of an area, year by year."""

    area: str
    years: Sequence[int]
    reported: ReportedNumbers
    metered: Mapping[int, Metered]
    """Of the years that are over."""
    facts: Facts
    """With the GDP of each year, and its planned growth."""
    shares: Mapping[int, MetricYear]
    """The non-fossil share, as metered."""
    so_far: YearSpan | None
    """Of the running year, where it is the last one; with the same span of the year before."""
    before: YearSpan | None
    coverage_least: float

    def of_amount(self, metric: ControlMetric) -> list[MetricYear]:
        """An amount in each year."""
        assert metric.statistic is not None
        found: list[MetricYear] = []
        for year in self.years:
            value = self.reported.of(self.area, year, metric.statistic)
            if value is not None:
                found.append(MetricYear(year, value, EnergySource.REPORTED, apart=self._apart(metric, year)))
            elif self.so_far is not None and year == self.years[-1]:
                found.append(self._forecast(metric, year, found[-1] if found else None))
            else:
                found.append(self._metered_year(metric, year))
        return found

    def by_gdp(self, amounts: Sequence[MetricYear], *, price_base: int | None) -> list[MetricYear]:
        """The amounts by the GDP of their years, tonnes for 10 000 CNY.

        `price_base`: year of the prices that a plan states; None: of those at which the newest GDP is known the one
        that most years have.
        """
        known = {year: self._with_gdp(year) for year in self.years}
        chosen = price_base or _price_base([known[year] for year in self.years])
        found = []
        for each in amounts:
            gdp = known[each.year].gdp.get(chosen or 0)
            if each.value is None:
                found.append(replace(each, so_far=None))
            elif gdp is None or gdp <= 0:
                lacking = Obstacle(NUMBER_MISSING, each.year, GDP)
                found.append(replace(each, value=None, so_far=None, obstacle=lacking, band=None))
            else:
                band = None if each.band is None else (each.band[0] / gdp, each.band[1] / gdp)
                found.append(replace(each, value=each.value / gdp, so_far=None, band=band))
        return found

    def _with_gdp(self, year: int) -> YearFacts:
        """The year, the running one with the GDP to which the planned growth takes it where none is reported."""
        now, last = self.facts.get(year) or YearFacts(year), self.facts.get(year - 1) or YearFacts(year - 1)
        if self.so_far is None or year != self.years[-1] or now.growth_plan is None:
            return now
        grown = {base: gdp * (1 + now.growth_plan) for base, gdp in last.gdp.items()}
        return replace(now, gdp=grown | dict(now.gdp))

    def _metered_year(self, metric: ControlMetric, year: int) -> MetricYear:
        metered = self.metered.get(year)
        if metered is None or not metered.any:
            return MetricYear(year, None, obstacle=Obstacle(NUMBER_MISSING, year, metric.statistic))
        amount, apart = _amount(metric, metered), self._apart(metric, year)
        if amount is None:
            return MetricYear(year, None, obstacle=Obstacle(COEFFICIENT_MISSING, year, metric.statistic))
        return MetricYear(year, amount.value, EnergySource.MEASURED, metered.coverage, apart=apart, band=amount.band)

    def _forecast(self, metric: ControlMetric, year: int, last: MetricYear | None) -> MetricYear:
        """The running year; amounts of any unit go the way of the energy."""
        assert self.so_far is not None
        last_whole = None
        if last is not None and last.value is not None and last.source is not None:
            last_whole = YearEnergy(last.value, last.source, last.coverage)
        coming = forecast_energy(
            year,
            _days(metric, self.so_far),
            last_span=None if self.before is None else _days(metric, self.before),
            last_whole=last_whole,
            coverage_least=self.coverage_least,
        )
        so_far = None if self.so_far.metered is None else _amount(metric, self.so_far.metered)
        running = MetricYear(year, None, running=True, so_far=None if so_far is None else so_far.value)
        if isinstance(coming, Obstacle):
            return replace(running, obstacle=replace(coming, what=metric.statistic))
        energy = coming.energy
        band = None if so_far is None else _scaled(so_far, energy.tce)
        return replace(running, value=energy.tce, source=energy.source, coverage=energy.coverage, band=band)

    def _apart(self, metric: ControlMetric, year: int) -> Fraction | None:
        metered = self.metered.get(year)
        if metric.code not in _CARBON or metered is None or not metered.any:
            return None
        return metered.feedstock_tco2


def _price_base(years: Sequence[YearFacts]) -> int | None:
    newest = next((year.gdp for year in reversed(years) if year.gdp), {})
    return max(newest, key=lambda base: (sum(base in year.gdp for year in years), base), default=None)


def _amount(metric: ControlMetric, metered: Metered) -> MeteredAmount | None:
    return metered.tco2 if metric.code in _CARBON else metered.family(_FAMILY[metric.code])


def _scaled(so_far: MeteredAmount, forecast: Fraction) -> tuple[Fraction, Fraction] | None:
    """The band of a forecast, as open as the heat values of what was measured so far leave it."""
    if so_far.band is None or so_far.value <= 0:
        return None
    low, high = so_far.band
    return forecast * low / so_far.value, forecast * high / so_far.value


def _days(metric: ControlMetric, span: YearSpan) -> MeasuredDays | None:
    amount = None if span.metered is None else _amount(metric, span.metered)
    if amount is None or span.metered is None:
        return None
    return MeasuredDays(amount.value, span.days, span.metered.coverage)


AMOUNTS = tuple(METRICS[code] for code in (MetricCode.CO2_TOTAL, MetricCode.COAL, MetricCode.OIL))
"""The metrics that are amounts of their own, and not made of the evaluation of the energy."""
