"""What the reasons of verdicts speak of, in words: a reason keeps codes, for programs to decide by."""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from services.core.reason import About, InBoth, reason_text
from services.core.words import WORDS
from services.judging.data.tables import Tables, load_tables
from services.judging.dual_control.reason import NAMES
from services.judging.indicators.listing import BY_SLUG

FLOWS: Mapping[str, InBoth] = WORDS["flow"]
_LEVELS = {"benchmark": InBoth("benchmark", "标杆水平"), "baseline": InBoth("baseline", "基准水平")}
_OTHERS = {
    "energy": InBoth("energy", "能源"),
    "h": InBoth("h", "小时"),
    "I": InBoth("I", "一"),
    "II": InBoth("II", "二"),
    "III": InBoth("III", "三"),
}
_WHOLE = {"any meter": InBoth("any meter", "任何计量点")}
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:[.-][A-Za-z0-9_]+)*")
_SOME_OF_ALL = re.compile(r"(\d+) of (\d+)")
_YEAR = re.compile(r"(?<![\d.,-])(?:19|20)\d\d(?![\d.,])")


def verdict_text(code: str, of: str) -> InBoth:
    """The reason in both languages, with the names of what it speaks of. Raises KeyError for a code that is none."""
    return reason_text(About.VERDICT, code, of=words_of(of))


def words_of(of: str) -> InBoth:
    """What a reason speaks of: codes by their names, years and counts as people say them; the rest as it is."""
    if of in _WHOLE:
        return _WHOLE[of]
    names = _names()
    english = _WORD.sub(lambda found: names.get(found[0], InBoth(found[0], "")).en, of)
    chinese = _SOME_OF_ALL.sub(r"\2 个中 \1 个", _YEAR.sub(r"\g<0> 年", of))
    return InBoth(english, _WORD.sub(lambda found: names.get(found[0], InBoth("", found[0])).zh, chinese))


@cache
def _names() -> Mapping[str, InBoth]:
    """By code the names of all that a reason may speak of; of several with one code the first counts."""
    found: dict[str, InBoth] = {}
    for code, name in _named(load_tables()):
        found.setdefault(code, name)
    return found


def _named(tables: Tables) -> Iterator[tuple[str, InBoth]]:
    yield from _OTHERS.items()
    yield from FLOWS.items()
    for rows in (tables.carriers, tables.statistic_kinds, tables.parameters, tables.processes, tables.checks):
        yield from ((row.code, InBoth(_within(row.name_en), row.name_zh)) for row in rows)
    yield from ((slug, InBoth(_within(each.name_en), each.name_zh)) for slug, each in BY_SLUG.items())
    yield from NAMES.items()
    for target in tables.plans.targets:
        yield target.code, InBoth(f"target {target.code}", f"规划目标“{target.indicator_zh}”")
    for limit in tables.limits:
        yield (
            limit.code,
            InBoth(f"grade {limit.grade} of {limit.standard}", f"{limit.standard} 的 {limit.grade} 级限定值"),
        )
    for level in tables.benchmarks:
        name = _LEVELS[level.level]
        yield level.code, InBoth(f"the {name.en} of {level.edition}", f"{level.edition} 年版{name.zh}")


def _within(name: str) -> str:
    """A name as it stands within a sentence; what is written in capitals stays so."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]
