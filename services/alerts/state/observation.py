"""What a rule sees of one subject at one time. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from services.core.verdict import Verdict

SubjectKind = Literal["unit", "enterprise", "park", "area", "gateway", "meter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One subject, held against a rule."""

    subject_kind: SubjectKind
    subject_code: str
    name_zh: str = ""
    name_en: str = ""
    area_code: str | None = None
    """The banner where one is known, else the area itself."""
    park_code: str | None = None
    enterprise_code: str | None = None
    verdict: Verdict
    cleared: bool = False
    """In order, and on the far side of the hysteresis: a firing alert may be resolved."""
    value: float | None = None
    unit: str = ""
    limit: float | None = None
    coverage: float | None = None
    reasons: tuple[tuple[str, str], ...] = ()
    """Codes, and of what; texts are in services/core/reason.py."""
    breach_since: datetime | None = None
    """Since when it is in breach by the periods themselves, whenever they were seen; None: since it was seen so."""
    start: datetime | None = None
    end: datetime | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    """All it stands on, as JSON: sums, limits, coefficient rows, reported numbers, range of readings."""
