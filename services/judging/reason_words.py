"""What the reasons of verdicts speak of, in words: a reason keeps codes, for programs to decide by."""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from services.core.reason import About, InBoth, reason_text
from services.core.words import WORDS
from services.judging.data.tables import Tables, load_tables
from services.judging.dual_control.reason import NAMES
from services.judging.indicators.listing import BY_SLUG
from services.judging.reason_numbers import share_in
from services.judging.rows_in_words import level_in_words, limit_in_words, parameter_in_words, target_in_words

FLOWS: Mapping[str, InBoth] = WORDS["flow"]
_OTHERS = {
    "energy": InBoth("energy", "能源"),
    "h": InBoth("h", "小时"),
    "I": InBoth("I", "一"),
    "II": InBoth("II", "二"),
    "III": InBoth("III", "三"),
}
_WHOLE = {"any meter": InBoth("any meter", "任何计量点")}
_OF_SHARES = frozenset({"low_coverage", "uneven_coverage", "part_of_period", "too_little_of_period"})
"""Reasons that mention shares of 1, which people read in per cent."""
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:[.-][A-Za-z0-9_]+)*")
_SOME_OF_ALL = re.compile(r"(\d+) of (\d+)")
_YEAR = re.compile(r"(?<![\d.,-])(?:19|20)\d\d(?![\d.,])")
_SHARE = re.compile(r"(?<![\d.])\d\.\d+(?![\d.])")
_FLOWS_OF = re.compile(r"([a-z0-9_/]+) ([a-z_]+(?:/[a-z_]+)*)")
_SIGNS = {">=": "≥", "<=": "≤"}


def verdict_text(code: str, of: str) -> InBoth:
    """The reason in both languages, with the names of what it speaks of. Raises KeyError for a code that is none."""
    said = reason_text(About.VERDICT, code, of=_share_of(code, of) if code in _OF_SHARES else words_of(of))
    return InBoth(said.en, said.zh.replace(" “", "“"))


def _share_of(code: str, of: str) -> InBoth:
    """A share in per cent; of several subjects how many have too little of it."""
    if _SOME_OF_ALL.fullmatch(of):
        little = InBoth("a part", "一部分") if code == "part_of_period" else InBoth("too low", "过低")
        some = words_of(of)
        return InBoth(f"{little.en} ({some.en})", f"{little.zh}（{some.zh}）")
    return words_of(_SHARE.sub(lambda found: share_in(found[0]), of))


def words_of(of: str) -> InBoth:
    """What a reason speaks of: codes by their names, years and counts as people say them; the rest as it is."""
    if of in _WHOLE:
        return _WHOLE[of]
    if (found := _FLOWS_OF.fullmatch(of)) and found[2].split("/")[0] in FLOWS:
        return _carriers_and_flows(found[1].split("/"), found[2].split("/"))
    names = _names()
    english = _WORD.sub(lambda found: names.get(found[0], InBoth(found[0], "")).en, of)
    chinese = _SOME_OF_ALL.sub(r"\2 个中 \1 个", _YEAR.sub(r"\g<0> 年", of))
    chinese = _WORD.sub(lambda found: names.get(found[0], InBoth("", found[0])).zh, chinese)
    return InBoth(english, _written_in_chinese(chinese))


def _carriers_and_flows(carriers: list[str], flows: list[str]) -> InBoth:
    """electricity input/renewable: 电力（购入、可再生能源）."""
    names = [_names().get(carrier, InBoth(carrier, carrier)) for carrier in carriers]
    ways = [FLOWS[flow] for flow in flows if flow in FLOWS]
    english = f"{' or '.join(each.en for each in names)} ({', '.join(each.en for each in ways)})"
    return InBoth(english, f"{'或'.join(each.zh for each in names)}（{'、'.join(each.zh for each in ways)}）")


def _written_in_chinese(text: str) -> str:
    """With the signs and stops of Chinese: ≤ 1.3；1.2 至 1.4."""
    for sign, written in _SIGNS.items():
        text = text.replace(sign, written)
    return text.replace("..", " 至 ").replace("; ", "；").replace(", ", "、")


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
    for parameter in tables.parameters:
        yield parameter.code, parameter_in_words(parameter)
    for rows in (tables.carriers, tables.statistic_kinds, tables.processes, tables.checks):
        yield from ((row.code, InBoth(_within(row.name_en), row.name_zh)) for row in rows)
    yield from ((given.input, InBoth(_within(given.name_en), given.name_zh)) for given in tables.unit_inputs)
    yield from ((slug, InBoth(_within(each.name_en), each.name_zh)) for slug, each in BY_SLUG.items())
    yield from NAMES.items()
    yield from ((target.code, target_in_words(tables.plans, target)) for target in tables.plans.targets)
    yield from ((limit.code, limit_in_words(limit)) for limit in tables.limits)
    yield from ((level.code, level_in_words(level)) for level in tables.benchmarks)


def _within(name: str) -> str:
    """A name as it stands within a sentence; what is written in capitals stays so."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]
