"""Names are read together and once, in another process; without it they are found by their letters."""

import logging
import subprocess
import sys
from collections.abc import Sequence

import pytest

from services.api.search import readings
from services.api.search.readings import Readings
from services.api.search.spelling import Fit
from services.api.search.spellings import Spellings

SYLLABLES: Readings = {"一号机房": ["yi", "hao", "ji", "fang"], "焦化": ["jiao", "hua"], "新能": ["xin", "neng"]}


class Reader:
    """Reads what it knows, and fails while it `is_broken`."""

    def __init__(self) -> None:
        self.asked: list[Sequence[str]] = []
        self.is_broken = False
        self.now_s = 1000.0

    def read(self, runs: Sequence[str]) -> Readings:
        self.asked.append(runs)
        if self.is_broken:
            raise subprocess.CalledProcessError(1, "read", stderr="MemoryError")
        return {run: SYLLABLES[run] for run in runs}

    def spellings(self) -> Spellings:
        return Spellings(self.read, lambda: self.now_s)


def test_new_names_are_read_together_and_known_ones_not_again() -> None:
    reader = Reader()
    spellings = reader.spellings()
    spelled = spellings.of(["一号机房PUE", "焦化", "Coking", "M-1", "焦化"])
    assert spelled["一号机房PUE"].syllables == ("yi", "hao", "ji", "fang", "pue")
    assert spelled["焦化"].fit("jh") is Fit.WHOLE_SPELLING
    assert spelled["M-1"].fit("m-1") is Fit.WHOLE
    assert spellings.of(["焦化", "Coking", "新能"])["新能"].initials == "xn"
    assert spellings.of(["焦化", "M-1", "M-2"]).keys() == {"焦化", "M-1", "M-2"}
    assert reader.asked == [["一号机房", "焦化"], ["新能"]]


def test_a_failure_leaves_names_to_be_found_by_their_letters_and_to_be_read_a_minute_later(
    caplog: pytest.LogCaptureFixture,
) -> None:
    reader = Reader()
    reader.is_broken = True
    spellings = reader.spellings()
    with caplog.at_level(logging.WARNING):
        spelled = spellings.of(["焦化", "一号机房PUE", "M-1"])
    assert [record.message for record in caplog.records] == [
        "names are found by their letters alone, not by pinyin: they could not be read"
    ]
    assert (vars(caplog.records[0])["names"], vars(caplog.records[0])["said"]) == (2, "MemoryError")
    assert [spelled["焦化"].fit(term) for term in ("焦", "jh")] == [Fit.START, Fit.NONE]
    assert spelled["一号机房PUE"].fit("pue") is Fit.START_OF_WORD
    assert [spelled[name].is_unread for name in ("焦化", "一号机房PUE", "M-1")] == [True, True, False]

    reader.is_broken = False
    reader.now_s += 59
    assert spellings.of(["焦化"])["焦化"].is_unread
    assert len(reader.asked) == 1
    reader.now_s += 1
    assert spellings.of(["焦化"])["焦化"].syllables == ("jiao", "hua")


@pytest.mark.parametrize(
    ("name", "value"),
    [("LONGEST_S", 0.0), ("_PROGRAM", ("services.api.search.no_such_module",)), ("_PROGRAM", ("os",))],
)
def test_a_process_that_fails_is_a_failure_to_read(name: str, value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, name, value)
    assert Spellings().of(["焦化"])["焦化"].is_unread


def test_the_dictionaries_of_pinyin_are_not_in_the_process_that_answers() -> None:
    asked = (
        "import sys, services.api.app\n"
        "from services.api.search.spellings import Spellings\n"
        "print(Spellings().of(['重庆'])['重庆'].initials, 'pypinyin' in sys.modules)"
    )
    answered = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True)
    assert answered.stdout.strip() == "cq False"
