"""What a proposed change would do, as it is answered and kept."""

from datetime import datetime

from pydantic import BaseModel, Field

from services.api.sum_changes import SumPreview


class Effect(BaseModel):
    """What would change of closed months."""

    since: datetime | None = Field(description="The first moment touched; null: from the beginning")
    open_from: datetime = Field(description="Months before this moment were closed when it was proposed")
    enterprises: list[str] = Field(description="Whose energy changes, the first 100")
    enterprise_count: int
    meters: list[str] = Field(description="Meters whose energy is booked again, the first 100")
    meter_count: int
    manual_reports_before: int | None = Field(
        None,
        description="Manual reports with this `id` or a later one came after it was proposed; null: it is of none",
    )
    carrier_unit: str | None = Field(description="Unit of `before` and `after`; null without `changes`")
    complete: bool | None = Field(description="Whether `changes` are all; null without them")
    changes: list[SumPreview] | None = Field(
        description="Of one meter the months whose quantity differs, the open one too; null: of several meters, or of "
        "what energy is worth, they are not told beforehand"
    )
