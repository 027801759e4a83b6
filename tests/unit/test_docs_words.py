"""The words that code and pages share are the same in both: codes, bits, marks, metrics, floors, files."""

import re
import tomllib
from typing import get_args

import pytest

from services.core.meter import Mark, Quality
from services.core.reason import REASONS, About
from services.ingest.message import MessageCode, ReadingCode
from tests.unit.api.test_docs import problem_codes
from tests.unit.test_docs import ARCHITECTURE, ROOT, TEXTS, each_page, source_text
from tests.unit.up.test_operations_page import SOURCE as OF_UP


def section(page: str, heading: str) -> str:
    """The text below a heading, to the next one of its kind."""
    level = heading.partition(" ")[0]
    _, found, rest = TEXTS[page].partition(f"\n{heading}\n")
    assert found, heading
    return rest.partition(f"\n{level} ")[0]


def first_cells(text: str, *, column: int = 0) -> list[str]:
    """What stands in backticks in a column of the tables of a text."""
    rows = [line.split("|")[1 + column] for line in text.splitlines() if line.startswith("| ")]
    return [word for cell in rows for word in re.findall(r"`([a-z_]+)`", cell)]


def test_glossary_has_each_bit_of_the_quality_of_a_slot_and_no_other() -> None:
    [row] = [line for line in TEXTS["docs/glossary.md"].splitlines() if "Bits of a slot:" in line]
    named = {int(bit): words for bit, words in re.findall(r"\b(\d+) ([a-z]+(?: [a-z]+)?)", row)}
    assert sorted(named) == sorted(bit.value for bit in Quality)
    for bit in Quality:
        assert (bit.name or "").lower().replace("_", " ") in named[bit.value]


def test_glossary_has_each_mark_of_a_reading_and_no_other() -> None:
    rows = re.findall(r"^\| (\w+) \| [^|]+ \| (\d+) \|", TEXTS["docs/glossary.md"], re.MULTILINE)
    assert [(name, int(code)) for name, code in rows] == [(mark.name.lower(), mark.value) for mark in Mark]


def test_every_metric_is_named_on_a_page() -> None:
    metrics = set(re.findall(r"(?:Counter|Gauge|Histogram)\(\s*\"(enermon_\w+)\"", source_text("services")))
    assert len(metrics) > 20
    assert sorted(name for name in metrics if not any(f"`{name}" in text for text in TEXTS.values())) == []


def test_architecture_names_the_floors_as_import_linter_holds_them() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    [floors] = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    held = [{name.removeprefix("services.") for name in floor.split(" | ")} for floor in reversed(floors)]
    [rule] = re.findall(r"^1\. Floors: (.*?)\. ", ARCHITECTURE, re.MULTILINE)
    named = [
        {name.removeprefix("services.") for name in re.findall(r"`([^`]+)`", floor)} for floor in rule.split(" < ")
    ]
    assert named == held


def test_architecture_names_what_the_pure_modules_may_not_import() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    [forbidden] = [contract["forbidden_modules"] for contract in contracts if contract["name"].startswith("Pure")]
    [named] = re.findall(r"import no (.*?), nor does what", ARCHITECTURE)
    assert re.split(r", | or ", named.lower()) == forbidden


def test_codes_by_which_messages_and_readings_are_refused_are_those_of_the_page() -> None:
    whole, single = section("docs/mqtt.md", "## 6. Codes").split("**One reading is refused**")
    assert first_cells(whole) == list(get_args(MessageCode))
    assert first_cells(single) == list(get_args(ReadingCode))


def test_errors_of_the_api_are_those_of_the_page() -> None:
    rows = re.findall(r"^\| \d{3} \| ([^|]+) \|", TEXTS["docs/api.md"], re.MULTILINE)
    assert {code for cell in rows for code in re.findall(r"`([a-z_]+)`", cell)} == problem_codes()


def test_errors_of_up_are_those_of_the_page() -> None:
    raised = set(re.findall(r"StartError\(\s*\"([a-z_]+)\"", OF_UP))
    told = {"no_permission"}  # said by the command itself
    assert set(first_cells(section("docs/operations.md", "## When it does not start"))) == raised | told


@pytest.mark.parametrize(
    ("heading", "about"),
    [
        ("## Verdicts 判定", About.VERDICT),
        ("## Sums 合计", About.SUM),
        ("## Dual control 双控", About.PROGRESS),
        ("## Refused values 取值不符", About.REFUSAL),
        ("## Rules of alerts 预警规则", About.RULE),
        ("## Ended alerts 预警结束", About.ENDED),
    ],
)
def test_reasons_are_those_of_the_page_with_their_words(heading: str, about: About) -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \|$", section("docs/reasons.md", heading), re.MULTILINE)
    assert rows == [(code, english, chinese) for code, (english, chinese) in REASONS[about].items()]


@pytest.mark.parametrize("page", ["docs/indicators.md", "docs/dual-control.md"])
def test_reasons_that_a_page_explains_exist(page: str) -> None:
    [table] = re.findall(r"^\| reason \| .*?(?=\n\n|\Z)", TEXTS[page], re.MULTILINE | re.DOTALL)
    named = first_cells(table)
    assert len(named) > 5
    assert set(named) <= REASONS[About.VERDICT].keys() | REASONS[About.PROGRESS].keys()


@each_page
def test_every_file_of_the_services_exists(page: str) -> None:
    for name in re.findall(r"`(services/[a-z0-9_/]+\.\w+)`", TEXTS[page]):
        assert (ROOT / name).is_file(), name
