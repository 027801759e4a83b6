"""The rows of the tables that verdicts stand on, as people name them. Pure.

A target: “煤炭消费比重 ≤ 75 %”（内政发〔2022〕17号 三（八））.
"""

import re

from services.core.data.parameters import Parameter
from services.core.reason import InBoth
from services.core.words import WORDS
from services.judging.data.benchmarks import Benchmark
from services.judging.data.limits import Limit
from services.judging.data.plan_targets import PlanTarget
from services.judging.data.plans import Plans
from services.judging.reason_numbers import number_in
from services.judging.targets.target import Operator

_LEVELS = {"benchmark": InBoth("benchmark", "标杆水平"), "baseline": InBoth("baseline", "基准水平")}
_SIGNS = {
    Operator.AT_LEAST: "≥ ",
    Operator.AT_MOST: "≤ ",
    Operator.ABOVE: "> ",
    Operator.BELOW: "< ",
    Operator.EXACTLY: "= ",
    Operator.ABOUT: "≈ ",
}
_NUMBER = re.compile(r"[^（）]*〔\d{4}〕\d+号")


def target_in_words(plans: Plans, target: PlanTarget) -> InBoth:
    """What a plan asks, with the document and its section."""
    place = " ".join(part for part in (document_number(target.source), target.clause) if part)
    asked = asked_in_words(target)
    english = f'"{target.indicator_en or target.code}{asked.en}" ({plans.plans[target.plan].name_en}, {place})'
    return InBoth(english, f"“{target.indicator_zh}{asked.zh}”（{place}）")


def asked_in_words(target: PlanTarget) -> InBoth:
    """The sign, number and unit of a target behind its name:  ≤ 75 %; its words where it has no number."""
    if target.value is None:
        return (
            InBoth(f": {target.value_printed}", f"：{target.value_printed}") if target.value_printed else InBoth("", "")
        )
    number = number_in(target.value) + (f"–{number_in(target.value_high)}" if target.value_high is not None else "")
    sign = _SIGNS.get(target.op, "")
    unit = WORDS["unit_of_measure"].get(target.unit, InBoth(target.unit, target.unit))
    return InBoth(*(f" {sign}{number} {each}".rstrip() for each in unit))


def document_number(source: str) -> str:
    """The number of a document where its source names one, else its title; a standard by its number and title."""
    title, _, inside = source.partition("（")
    if _NUMBER.fullmatch(inside.removesuffix("）")):
        return inside.removesuffix("）")
    return title if title[:1].isascii() else f"《{title}》"


def parameter_in_words(parameter: Parameter) -> InBoth:
    """A parameter that a share is held against, with its number."""
    is_share = parameter.unit == "1" and parameter.value <= 1
    unit = InBoth("%", "%") if is_share else WORDS["unit_of_measure"].get(parameter.unit, InBoth("", ""))
    number = number_in(parameter.value * 100 if is_share else parameter.value)
    name = InBoth(parameter.name_en[:1].lower() + parameter.name_en[1:], parameter.name_zh)
    return InBoth(
        f"{name.en} {number} {unit.en}".rstrip(),
        f"“{name.zh} {number} {unit.zh}".rstrip() + f"”（{document_number(parameter.source)}）",
    )


def limit_in_words(limit: Limit) -> InBoth:
    """A grade of a standard. Its number is left out: what decides may be corrected."""
    return InBoth(f"grade {limit.grade} of {limit.standard}", f"{limit.standard} 的 {limit.grade} 级限定值")


def level_in_words(level: Benchmark) -> InBoth:
    """A level of an edition of the national list, with its number."""
    name = _LEVELS[level.level]
    unit = WORDS["unit_of_measure"].get(level.unit, InBoth(level.unit, level.unit))
    number = number_in(level.value)
    return InBoth(
        f"the {name.en} of {level.edition}, {number} {unit.en}".rstrip(),
        f"{level.edition} 年版{name.zh}（{number} {unit.zh}".rstrip() + "）",
    )
