"""The renewable share of a park 园区新能源消纳比重."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from services.api.asking import NOT_ON_HOUR, RANGE_TOO_LONG, START_AFTER_END, Align, MomentOrDay, Now, is_wider
from services.api.database import Db
from services.api.indicators.answer import RatioTerm, ReasonOut, RowUsed, reason_out
from services.api.indicators.ask import IndicatorQuery, frame_of
from services.api.judgement.renewables import INDICATOR, ParkShares, shares_of
from services.api.names import NamedKind, NamesOut, names_of_codes
from services.api.openapi import refusals
from services.api.registry import nouns
from services.api.registry.fields import Code
from services.api.tables import TablesDep
from services.core.calendar import MONTHS_OF_YEAR, Grain, floor, months_before
from services.core.frame import PeriodLength
from services.judging.indicators.forming import Evaluated
from services.judging.indicators.judging import used_target
from services.judging.indicators.terms import Term

router = APIRouter(prefix="/api/v1/parks", tags=["judgement"])


class RenewablesQuery(BaseModel):
    """The range and the period of each share."""

    model_config = ConfigDict(extra="forbid")

    start: MomentOrDay | None = Field(
        None, description="First moment, on a whole hour; 12 months before `end` if left out"
    )
    end: MomentOrDay | None = Field(None, description="First moment after the range; start of this month if left out")
    align: Align | None = Field(None, description="outward: a range that is not on whole hours is widened to them")
    bucket: PeriodLength = Field(PeriodLength.MONTH, description="Period of each share")


class TargetOut(BaseModel):
    """The target of the plan."""

    row: str = Field(description="Code in `rows`")
    op: str
    value: float
    unit: str
    target_year: int | None


class ShareOut(BaseModel):
    """The share of one period."""

    start: datetime
    end: datetime
    value: float | None
    unit: str
    verdict: str = Field(description="ok, breach, provisional (too little of the period is there) or cannot_judge")
    reasons: list[ReasonOut]
    coverage: float | None
    numerator: RatioTerm = Field(description="Renewable electricity")
    denominator: RatioTerm = Field(description="All electricity bought, renewable included")


class RenewablesAnswer(BaseModel):
    """The renewable share of a park by bucket and in total."""

    park: str
    name_zh: str
    name_en: str | None
    kind: str = Field(description="ordinary, low_carbon or zero_carbon")
    area: str
    bucket: str
    aligned: bool = Field(description="Whether the range is wider than what was asked for, as `align` allows")
    target: TargetOut | None = Field(description="null: ordinary, or no plan of its area sets one")
    total: ShareOut = Field(description="Ratio of the sums over the whole range")
    data: list[ShareOut]
    rows: list[RowUsed]
    names: NamesOut


_REFUSALS = refusals(nouns.PARK.unknown, START_AFTER_END, NOT_ON_HOUR, RANGE_TOO_LONG)


@router.get(
    "/{code}/renewables", summary="Tell a park's renewable share", response_model=RenewablesAnswer, responses=_REFUSALS
)
def read_renewables(
    database: Db, tables: TablesDep, code: Code, query: Annotated[RenewablesQuery, Query()], now: Now
) -> Response:
    """Renewable electricity divided by all electricity bought by the park's enterprises, as of the days they belonged.

    A low-carbon park must reach 50 %, a zero-carbon park 100 %, where a plan of their area says so.
    """
    end = query.end or floor(now, Grain.MONTH)
    start = query.start or months_before(floor(end, Grain.MONTH), MONTHS_OF_YEAR)
    asked = IndicatorQuery(scope=f"park:{code}", start=start, end=end, align=query.align, bucket=query.bucket)
    buckets = frame_of(asked, now=now)
    whole = frame_of(asked.model_copy(update={"bucket": PeriodLength.TOTAL}), now=now)
    with database.read() as connection:
        found = shares_of(connection, tables, code, buckets=buckets, whole=whole, now=now)
        names = names_of_codes(connection, {NamedKind.PARK: [found.park.code], NamedKind.AREA: [found.park.area_code]})
    aligned = is_wider(query, found.whole.start, found.whole.end)
    answer = _answer(found, query.bucket) | {"aligned": aligned, "names": names}
    return Response(msgspec.json.encode(answer), media_type="application/json")


def _answer(found: ParkShares, bucket: PeriodLength) -> dict[str, Any]:
    park, target = found.park, found.target
    carried = target is not None and found.whole.end.date() > target.valid_to
    return {
        "park": park.code,
        "name_zh": park.name_zh,
        "name_en": park.name_en,
        "kind": park.kind,
        "area": park.area_code,
        "bucket": bucket,
        "target": None
        if target is None or target.value is None
        else {
            "row": target.code,
            "op": target.op,
            "value": float(target.value),
            "unit": target.unit,
            "target_year": target.target_year,
        },
        "total": _share(found, found.whole),
        "data": [_share(found, share) for share in found.buckets],
        "rows": [] if target is None else [used_target(target, carried=carried)],
    }


def _share(found: ParkShares, share: Evaluated) -> dict[str, Any]:
    ratio = share.ratio
    verdict, reasons = found.verdict_on(share)
    return {
        "start": share.start,
        "end": share.end,
        "value": None if ratio.value is None else float(ratio.value),
        "unit": INDICATOR.unit,
        "verdict": verdict,
        "reasons": [reason_out(code, of) for code, of in reasons],
        "coverage": ratio.coverage,
        "numerator": _sum(ratio.numerator, INDICATOR.numerator_unit),
        "denominator": _sum(ratio.denominator, INDICATOR.denominator_unit),
    }


def _sum(term: Term, unit: str) -> dict[str, Any]:
    return {"value": None if term.value is None else float(term.value), "unit": unit}
