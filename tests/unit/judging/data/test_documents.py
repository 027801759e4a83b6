"""Every number of the plans stands where its row says, and no number of the documents is left out.

The documents are kept beside the repository; where they are absent these tests are skipped.
"""

import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from services.core.data.divisions import divisions
from services.judging.data.plan_targets import BETWEEN_PASSAGES, PlanTarget
from services.judging.data.plans import load_plans
from services.judging.targets.target import PrintedState

SHARED = Path(os.environ.get("ENERMON_SHARED", Path(__file__).parents[4] / ".." / "shared"))
DOCUMENTS = SHARED / "domain" / "documents"
CITATION = re.compile(r"(\d{3}):L(\d+)(?:-(\d+))?")
NUMBER = re.compile(r"\d+(?:\.\d+)?")
TARGETS = load_plans().targets
TRADITIONAL = "004"
BETWEEN_COPIES = " / "
# Words that stand for a number.
READ_AS = {"全面": "100", "全部": "100", "零": "0"}

pytestmark = pytest.mark.skipif(
    not DOCUMENTS.is_dir(), reason=f"{DOCUMENTS} is absent: the plans are not compared with their documents"
)


def normal(text: str) -> str:
    """Full-width signs as plain ones (％ to %, ⁄ to /), without spaces and line breaks."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text).replace("⁄", "/"))


@cache
def documents() -> Mapping[str, list[str]]:
    """The lines of each document by the number its file name begins with."""
    return {file.name[:3]: file.read_text("utf-8").split("\n") for file in sorted(DOCUMENTS.iterdir())}


@cache
def cited(document: str, first: int, last: int) -> str:
    """Lines `first` to `last` joined: words are broken across them."""
    return normal("".join(documents()[document][first - 1 : last]))


def passages(row: PlanTarget) -> Iterator[tuple[str, str, str]]:
    """Document, text of the cited lines, and quoted words as printed, for each place of a row."""
    for copies, quote in zip(row.place.split(BETWEEN_PASSAGES), row.quote.split(BETWEEN_PASSAGES), strict=True):
        for copy in copies.split(BETWEEN_COPIES):
            found = CITATION.fullmatch(copy)
            assert found, copy
            document, first, last = found.groups()
            yield document, cited(document, int(first), int(last or first)), quote


def lines_of(row: PlanTarget, document: str) -> list[tuple[int, int]]:
    """First and last cited lines of a row in a document."""
    found = CITATION.findall(row.place)
    return [(int(first), int(last or first)) for name, first, last in found if name == document]


def numbers(text: str) -> list[str]:
    # spaces stay: they part the cells of a table
    return NUMBER.findall(unicodedata.normalize("NFKC", text))


each_row = pytest.mark.parametrize("row", TARGETS, ids=[row.code for row in TARGETS])


@each_row
def test_every_row_stands_at_its_cited_lines(row: PlanTarget) -> None:
    for document, text, quote in passages(row):
        if document == TRADITIONAL:
            assert set(numbers(quote)) <= set(numbers(text))
        else:
            assert normal(quote) in text


@each_row
def test_what_a_row_says_is_in_its_quote(row: PlanTarget) -> None:
    printed = row.quote.split(BETWEEN_PASSAGES)
    quotes = [normal(quote) for quote in printed]
    own = quotes[0]
    assert normal(row.value_printed) in own
    assert all(normal(word) in own for word in row.op_printed.split(" / "))
    assert all(any(normal(part) in quote for quote in quotes) for part in (row.alias, row.change_printed))
    if row.unit_printed not in ("", "%", "％"):
        assert all(any(normal(part) in quote for quote in quotes) for part in row.unit_printed.split(" / "))
    if row.base_value is not None:
        assert any(str(abs(row.base_value)) in numbers(quote) for quote in printed)


@each_row
def test_the_value_is_the_printed_number(row: PlanTarget) -> None:
    printed = numbers(row.value_printed)
    if row.state in (PrintedState.NUMBER, PrintedState.ZERO):
        assert row.value is not None
        expected = [str(row.value)] if row.value_high is None else [str(row.value), str(row.value_high)]
        # the sign of a reduction is dropped, that of negative energy is kept
        expected = [number.lstrip("-") for number in expected]
        assert (printed or [READ_AS[row.value_printed]]) == expected
        assert set(printed) <= set(numbers(row.quote))
        assert (row.value < 0) == (row.value_printed.startswith("-") and "reduction" not in row.indicator)
    if row.change is not None:
        assert numbers(row.change_printed) == [str(abs(row.change))]


@pytest.mark.parametrize(("document", "plan"), [("000", "14"), ("001", "14"), ("002", "13")])
def test_no_number_of_a_document_is_left_out(document: str, plan: str) -> None:
    text = normal("".join(documents()[document]))
    quotes = {normal(quote) for row in TARGETS if row.plan == plan for quote in row.quote.split(BETWEEN_PASSAGES)}
    for quote in sorted(quotes, key=len, reverse=True):
        text = text.replace(quote, "□")
    # what remains: dates, numbers of documents and meetings, and of headings, annexes and notes
    for date_or_number in (
        r"\d{4}年(\d+月)?(\d+日)?",
        r"\d{4}-\d\d-\d\d",
        r"〔\d{4}〕\d+号",
        r"第\d+次",
        r"(附件|专栏|附件:|注:)\d",
        r"\d[.、]",
    ):
        text = re.sub(date_or_number, "", text)
    assert re.findall(r".{0,15}\d.{0,15}", text) == []


def test_t07_t08_twelve_leagues_of_which_the_page_break_put_three_into_annex_2() -> None:
    rows = [row for row in TARGETS if row.code.startswith("IA1-")]
    assert {row.area_code for row in rows} == {area.code for area in divisions() if area.level == "league"}
    assert len(rows) == 24
    name = {area.code: area.name_zh for area in divisions()}
    for row in rows:
        assert normal(row.quote).startswith(name[row.area_code])
    annex_2 = documents()["000"].index("附件 2") + 1
    assert {name[row.area_code] for row in rows if lines_of(row, "000")[0][0] > annex_2} == {
        "巴彦淖尔市",
        "乌海市",
        "阿拉善盟",
    }


def test_nine_banners_and_the_city_itself() -> None:
    rows = [row for row in TARGETS if row.code.startswith("OA1-")]
    banners = {area.code for area in divisions() if area.parent_code == "150600"}
    assert len(banners) == 9
    assert {row.area_code for row in rows} == banners | {"150600"}
    assert len(rows) == 20
    name = {area.code: area.name_zh for area in divisions()} | {"150600": "全市"}
    for row in rows:
        assert normal(row.quote).startswith(name[row.area_code])


def test_fifteen_industry_rows_of_the_region_and_fourteen_of_the_city() -> None:
    region = [row for row in TARGETS if row.code.startswith("IA2-")]
    city = [row for row in TARGETS if row.code.startswith("OA2-")]
    assert (len(region), len(city)) == (15, 14)
    for row in (*region, *city):
        assert normal(row.quote).startswith(normal(row.indicator_zh))
    unmatched = {row.indicator_zh for row in region} - {row.indicator_zh for row in city}
    assert unmatched == {"大型和超大型数据中心电能利用效率"}


def test_thirty_eight_rows_of_the_summary_with_their_attributes() -> None:
    first, last = 231, 457
    summary = {}
    for row in TARGETS:
        for (start, end), quote in zip(lines_of(row, "001"), row.quote.split(BETWEEN_PASSAGES), strict=False):
            if first <= start and end <= last:
                number, *_, attribute = quote.split()
                summary[int(number)] = (row, attribute)
    assert sorted(summary) == list(range(1, 39))
    labels = {"约束性": "binding", "预期性": "expected"}
    assert all(row.nature == labels[attribute] for row, attribute in summary.values())
    assert {number for number, (row, _) in summary.items() if row.nature == "binding"} == {1, 4, 5, 6, 7, 27, 28}


def test_t23_the_thirteenth_plan_repeats_passages_and_each_is_one_row() -> None:
    repeated = [row for row in TARGETS if row.plan == "13" and len(lines_of(row, "002")) > 1]
    assert len(repeated) > 40
    assert len({row.code for row in TARGETS}) == len(TARGETS)
    waste = next(row for row in TARGETS if row.code == "P12-22b")
    assert "⁄" in waste.quote
    assert "％" in next(row for row in TARGETS if row.code == "P13-31").quote


def test_t26_two_copies_of_the_region_document_say_the_same_to_the_letter() -> None:
    def body(document: str) -> str:
        text = normal("".join(documents()[document])).replace("“", '"').replace("”", '"')
        begin, end = text.index("各盟行政公署"), text.index("公众自觉履行节能减排责任")
        return text[begin:end].replace(
            "给你们,请结合实际,认真贯彻落实。内蒙古自治区人民政府2022", "给你们,请结合实际,认真贯彻落实。2022"
        )

    assert body("000") == body("003")
    assert "内政发〔2022〕17号" in "".join(documents()["003"])
    assert load_plans().plans["14"].document_number == "内政发〔2022〕17号"


def test_t25_the_traditional_copy_is_held_against_by_its_digits_alone() -> None:
    rows = [row for row in TARGETS if lines_of(row, TRADITIONAL)]
    assert len(rows) >= 40
    assert "公裏" in "".join(documents()[TRADITIONAL])
    assert all(lines_of(row, "000") and lines_of(row, "003") for row in rows)
