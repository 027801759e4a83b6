"""Evaluates indicators as they are asked for: in a page of rows, compared, explained, and beside the whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from psycopg import Connection

from services.api.energy.cost import require_explainable
from services.api.energy.query import quantity_units
from services.api.indicators.answer import IndicatorRows, Names, product_unit, reason_out
from services.api.indicators.ask import IndicatorQuery
from services.api.indicators.compared import IndicatorCompared, compared_frames
from services.api.indicators.cost import require_affordable_ratios
from services.api.indicators.explaining import IndicatorExplaining
from services.api.names import CalledByKind, NamedKind, names_of_codes
from services.api.paging import Pager
from services.core.frame import Frame
from services.judging.data.tables import Tables
from services.judging.indicators.evaluate import Grouping, GroupingError, Question, ReadOnce, check, evaluate
from services.judging.indicators.forming import Evaluated
from services.judging.indicators.kinds import Indicator, IndicatorLevel
from services.judging.indicators.scope import SQL, JudgedPark

Found = tuple[Indicator, Evaluated]

_KINDS: Mapping[Grouping, NamedKind] = {
    Grouping.UNIT: NamedKind.UNIT,
    Grouping.ENTERPRISE: NamedKind.ENTERPRISE,
    Grouping.PARK: NamedKind.PARK,
}
_TIMES_COMPARED = 4
"""A range at hand that is compared is formed for itself, for what it is compared with, and for both their parts."""


@dataclass(frozen=True, slots=True)
class ToldIndicators:
    """A page of rows with the indicator of each, those of the whole, and what they stand on."""

    data: Sequence[tuple[Indicator, dict[str, Any]]]
    total: Sequence[tuple[Indicator, dict[str, Any]]] | None
    rows: Sequence[dict[str, Any]]
    names: CalledByKind
    next: str | None


class IndicatorTelling:
    """Evaluates and tells indicators of one question, from one reading of sums."""

    def __init__(
        self, connection: Connection, tables: Tables, query: IndicatorQuery, asked: Question, pager: Pager
    ) -> None:
        self._connection, self._tables, self._query, self._asked = connection, tables, query, asked
        self._pager = pager
        self._reader = ReadOnce(connection, now=asked.now)
        self._least = float(tables.parameter("coverage_least").value)
        self._units = quantity_units(connection)

    def of(self, indicators: Sequence[Indicator]) -> ToldIndicators:
        """What is asked of them. Raises Refused, and UnknownScopeError for a unit."""
        query = self._query
        times = (_TIMES_COMPARED if query.compare else 1) * (2 if query.total else 1)
        require_affordable_ratios(self._connection, indicators, self._asked, times=times)
        found = [(indicator, each) for indicator in indicators for each in self._evaluated(indicator, self._asked)]
        page, following = self._pager.part(found)
        if query.explain:
            require_explainable(len(page))
        parks = {park.code: park for park in SQL.run(self._connection, "parks").of(JudgedPark)}
        area_names: Mapping[str, Names] = {
            row.code: (row.name_zh, row.name_en) for row in SQL.run(self._connection, "areas")
        }
        rows = IndicatorRows(self._tables, self._asked, parks, area_names)
        data = self._rows(rows, page, self._asked)
        names = names_of_codes(self._connection, _codes(page, self._asked))
        if not query.total:
            return ToldIndicators(data, None, rows.used, names, following)
        whole = replace(self._asked, by=None)
        of_whole = IndicatorRows(self._tables, whole, parks, area_names)
        formed = [each for each in indicators if _is_formed_of(each, whole)]
        in_all = [(indicator, each) for indicator in formed for each in self._evaluated(indicator, whole)]
        total = self._rows(of_whole, in_all, whole)
        used = {row["code"]: row for row in (*rows.used, *of_whole.used)}
        return ToldIndicators(data, total, [used[code] for code in sorted(used)], names, following)

    def _evaluated(self, indicator: Indicator, asked: Question) -> Sequence[Evaluated]:
        return evaluate(self._connection, self._tables, indicator, asked, reader=self._reader)

    def _rows(
        self, rows: IndicatorRows, page: Sequence[Found], asked: Question
    ) -> Sequence[tuple[Indicator, dict[str, Any]]]:
        told = [(indicator, rows.of(indicator, each)) for indicator, each in page]
        if self._query.compare is not None:
            beside = self._compared({indicator.slug: indicator for indicator, _ in page}, self._query.compare, asked)
            for (indicator, each), (_, row) in zip(page, told, strict=True):
                row["compared"] = beside[indicator.slug].of(each)
        if self._query.explain:
            explaining = IndicatorExplaining(self._tables, self._units, [each for _, each in page], now=asked.now)
            for (indicator, each), (_, row) in zip(page, told, strict=True):
                row["explained"] = explaining.of(
                    indicator, each, product_unit(self._tables, each.process), _why_left_out(each)
                )
        return told

    def _compared(
        self, indicators: Mapping[str, Indicator], compare: str, asked: Question
    ) -> Mapping[str, IndicatorCompared]:
        frames = compared_frames(asked.frame, self._query.bucket, compare, now=asked.now)
        found = {}
        for slug, indicator in indicators.items():
            found[slug] = IndicatorCompared(indicator, frames, partial(self._over, indicator, asked), self._least)
        return found

    def _over(self, indicator: Indicator, asked: Question, periods: Frame) -> Sequence[Evaluated]:
        return self._evaluated(indicator, replace(asked, frame=periods, in_parts=False))


def _codes(page: Sequence[Found], asked: Question) -> Mapping[NamedKind, Sequence[str]]:
    """The codes of the scope, of the groups, and of what is left out."""
    codes: dict[NamedKind, list[str]] = {NamedKind(asked.scope.kind): [asked.scope.code]}
    for indicator, found in page:
        if found.group is not None and asked.by is not None:
            codes.setdefault(_KINDS.get(asked.by, NamedKind.AREA), []).append(found.group)
        owner = NamedKind.ENTERPRISE if indicator.level is IndicatorLevel.ENTERPRISE else NamedKind.UNIT
        if len(found.units) == 1:
            (unit,) = found.units
            codes.setdefault(NamedKind.ENTERPRISE, []).append(unit.credit_code)
            codes.setdefault(NamedKind.AREA, []).extend([unit.area_code] if unit.area_code else [])
            codes.setdefault(NamedKind.PARK, []).extend([unit.park_code] if unit.park_code else [])
        # of a banner alone it is named with that: code (banner)
        codes.setdefault(owner, []).extend(name.split(" ")[0] for name in found.ratio.left_out)
    return codes


def _is_formed_of(indicator: Indicator, asked: Question) -> bool:
    try:
        check(indicator, asked.scope.kind, asked.by)
    except GroupingError:
        return False
    return True


def _why_left_out(found: Evaluated) -> Mapping[str, Sequence[dict[str, str]]]:
    because = found.ratio.left_out_because
    return {code: [reason_out(*reason) for reason in because.get(code, ())] for code in found.ratio.left_out}
