"""The list of areas in dual control 晴雨表: which year it shows and why, narrowed, ordered and counted."""

from services.api.computed_listing import ComputedSource
from services.api.faceted import Facets
from services.judging.dual_control.progress import Progress

NAME = "progress"
CHOICES = ("light", "total_light", "verdict", "level")
NO_LIGHT = "none"


def _completion(found: Progress) -> float | None:
    return found.evaluation.basic.completion


def _fall(found: Progress) -> float | None:
    cumulative = found.evaluation.chain.last.cumulative
    return None if cumulative is None else float(cumulative)


def _excess(found: Progress) -> float | None:
    excess = found.evaluation.total.excess
    return None if excess is None else float(excess)


LISTED: ComputedSource[Progress] = ComputedSource(
    name=NAME,
    usual=("area",),
    columns={
        "area": (str, lambda found: found.area.code),
        "name_zh": (str, lambda found: found.area.name_zh),
        "level": (str, lambda found: found.area.level),
        "light": (str, lambda found: found.evaluation.intensity_light.level),
        "total_light": (str, lambda found: found.evaluation.total_light.level),
        "completion_percent": (float, _completion),
        "cumulative_percent": (float, _fall),
        "excess_percent": (float, _excess),
    },
)
FACETS: Facets[Progress] = Facets(
    {
        "light": lambda found: (str(found.evaluation.intensity_light.level or NO_LIGHT),),
        "total_light": lambda found: (str(found.evaluation.total_light.level or NO_LIGHT),),
        "verdict": lambda found: (str(found.evaluation.finding.verdict),),
        "level": lambda found: (found.area.level,),
    }
)
