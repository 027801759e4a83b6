"""Figures of a benchmark: which value stands for how many calls, and what is written where."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.machine import Machine
from benchmarks.measure import Question, Timing, percentile
from benchmarks.report import Answers, Filled, verdict, write_page
from benchmarks.year import Year
from services.core.calendar import SHANGHAI

QUESTION = Question("pue, month", "/api/v1/indicators/pue", (("scope", "area:150000"), ("bucket", "month")))


def timing(p95_ms: float, *, status: int = 200) -> Timing:
    return Timing(QUESTION, status, 100, 12, 13_300, 15.21, p95_ms, 60.0, 5.0, 9.0)


def answers(*timings: Timing) -> Answers:
    at = datetime(2026, 11, 21, 15, tzinfo=UTC)
    machine = Machine("A processor", 2, 23.5, "Debian", "3.11", "0.1.0", "0.165.0", "0.54.0")
    filled = Filled(at, at, at, 74, 483, 4_400_000, 60.0, 4_400_000, 550.0)
    return Answers(at, machine, "PostgreSQL 15.18", filled, 0.1, 0.02, timings)


def test_95_of_100_calls_take_at_most_the_95th_percentile() -> None:
    taken_ms = [float(number) for number in range(100, 0, -1)]
    assert [percentile(taken_ms, percent) for percent in (50, 95, 99)] == [50.0, 95.0, 99.0]
    assert percentile([7.0], 99) == 7.0
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)


def test_goal_is_reached_below_50_ms_and_not_at_50_ms() -> None:
    assert verdict(timing(49.9)) == "reached"
    assert verdict(timing(50.0)) == "not reached"
    assert verdict(timing(1.0, status=404)) == "status 404"


def test_year_is_the_twelve_whole_months_before_and_the_one_at_hand() -> None:
    year = Year.before(datetime(2026, 2, 28, 20, 40, tzinfo=UTC))
    assert year.start == datetime(2025, 3, 1, tzinfo=SHANGHAI)
    assert year.end == datetime(2026, 3, 1, tzinfo=SHANGHAI)
    assert year.until == datetime(2026, 3, 1, 4, tzinfo=SHANGHAI)
    months = list(year.months())
    assert len(months) == year.month_count == 13
    assert months[0] == (year.start, datetime(2025, 4, 1, tzinfo=SHANGHAI))
    assert months[-1] == (year.end, year.until)


def test_question_is_sent_with_its_parameters() -> None:
    assert QUESTION.target == "/api/v1/indicators/pue?scope=area%3A150000&bucket=month"


def test_figures_replace_those_of_the_last_run_and_leave_the_rest_of_the_page(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text(
        "# Speed\n\n<!-- answers: written by make bench -->\n\nold\n\n<!-- answers: end -->\n\nTried.\n",
        encoding="utf-8",
    )
    write_page(answers(timing(20.0), timing(70.0)), page)
    write_page(answers(timing(20.0), timing(70.0)), page)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Speed\n\n<!-- answers")
    assert text.endswith("<!-- answers: end -->\n\nTried.\n")
    assert "old" not in text
    assert text.count("**1 of 2 calls reach the goal**") == 1
    assert "| pue, month | 12 | 13.3 | 15.2 | 70.0 | 60.0 | 3.0 | not reached |" in text


def test_page_without_the_marks_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text("# Speed\n", encoding="utf-8")
    with pytest.raises(ValueError, match="between which the figures belong"):
        write_page(answers(timing(20.0)), page)
    assert page.read_text(encoding="utf-8") == "# Speed\n"
