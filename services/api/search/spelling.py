"""How a name may be typed: in its own letters, in pinyin, by initials.

鄂尔多斯 is found by eerduosi, by eeds, and by what lies between, such as erduos or eerds: each syllable in turn by one
letter or more from its beginning.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from sys import intern

from services.api.search.readings import Readings

_RUN = re.compile(r"[\u3400-\u9fff]+|[^\W_\u3400-\u9fff]+")
_HAN = re.compile(r"[\u3400-\u9fff]")
_LETTERS = re.compile(r"[a-z]+")
_LEAST_WITHIN = 2
"""Letters that must be typed for what begins within a name; one letter finds beginnings alone."""


class Fit(IntEnum):
    """How well a term fits a name, the best last."""

    NONE = 0
    WITHIN_SPELLING = 1
    WITHIN = 2
    START_OF_SPELLING = 3
    START_OF_WORD = 4
    START = 5
    WHOLE_SPELLING = 6
    WHOLE = 7


@dataclass(frozen=True, slots=True)
class Spelled:
    """A name as it is compared: in small letters, its words, and its syllables where it is Chinese."""

    plain: str
    words: tuple[str, ...]
    syllables: tuple[str, ...]
    initials: str

    @classmethod
    def of(cls, name: str, readings: Readings) -> "Spelled":
        """The name, spelled; without syllables where a run of it is not among `readings`."""
        plain = name.casefold()
        words = tuple(_RUN.findall(plain))
        syllables: list[str] = []
        if _HAN.search(plain):
            for word in words:
                read = readings.get(word) if _HAN.match(word) else (word,)
                if read is None:
                    return cls(plain, words, (), "")
                syllables += map(intern, read)
        return cls(plain, words, tuple(syllables), "".join(syllable[0] for syllable in syllables))

    @property
    def is_unread(self) -> bool:
        """Whether it has Chinese characters whose readings are not known."""
        return not self.syllables and _HAN.search(self.plain) is not None

    def fit(self, term: str) -> Fit:
        """How well `term`, in small letters, fits."""
        if term in self.plain:
            if term == self.plain:
                return Fit.WHOLE
            if self.plain.startswith(term):
                return Fit.START
            return Fit.START_OF_WORD if any(word.startswith(term) for word in self.words) else Fit.WITHIN
        return self._spelled(term) if self.syllables and _LETTERS.fullmatch(term) else Fit.NONE

    def _spelled(self, term: str) -> Fit:
        begins = self.initials.find(term[0])
        while begins != -1:
            if begins > 0 and len(term) < _LEAST_WITHIN:
                return Fit.NONE
            end = _end(self.syllables, begins, term)
            if end is not None:
                if begins > 0:
                    return Fit.WITHIN_SPELLING
                return Fit.WHOLE_SPELLING if end == len(self.syllables) else Fit.START_OF_SPELLING
            begins = self.initials.find(term[0], begins + 1)
        return Fit.NONE


def _end(syllables: tuple[str, ...], begins: int, term: str) -> int | None:
    """The syllable before which `term` ends, if it spells those from `begins` on; None: it does not."""
    reached = {0}
    for number in range(begins, len(syllables)):
        reached = {place + taken for place in reached for taken in _taken(syllables[number], term, place)}
        if len(term) in reached:
            return number + 1
        if not reached:
            return None
    return None


def _taken(syllable: str, term: str, place: int) -> range:
    """How many letters of `term` at `place` may be those with which the syllable begins."""
    shared = 0
    while shared < min(len(syllable), len(term) - place) and syllable[shared] == term[place + shared]:
        shared += 1
    return range(1, shared + 1)


def runs_to_read(names: Iterable[str]) -> set[str]:
    """The runs of Chinese characters in names, whose readings spell them."""
    return {run for name in names for run in _RUN.findall(name.casefold()) if _HAN.match(run)}
