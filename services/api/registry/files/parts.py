"""The elements of a part of a workbook, one after the other: whatever the part holds, little of it is in memory."""

import zipfile
from collections.abc import Collection, Iterator
from typing import NoReturn
from xml.etree.ElementTree import Element
from xml.parsers import expat

from services.api.errors import TOO_LARGE, Refused

_MOST_DEPTH = 64
_MOST_ELEMENTS = 6_000_000
# Of one element that is read whole: a workbook has at most some 65 000 styles.
_MOST_WITHIN = 200_000
_READ_BYTES = 65_536
# The parser hands texts over in pieces of at most so many bytes, which are put together.
_TEXT_BYTES = 1_000_000


def too_much(what: str) -> Refused:
    """The refusal of a workbook of which `what` is more than is read."""
    return Refused(TOO_LARGE, f"{what}; copy the table into a new sheet, or save it as CSV")


def elements_of(
    archive: zipfile.ZipFile, part: str, wanted: Collection[str], *, heads: Collection[str] = ()
) -> Iterator[Element]:
    """The elements that `wanted` names, whole, as they end; of those that `heads` names the attributes, as they begin.

    Their tags have no namespace: there are two, of the transitional and the strict form. Raises Refused where there are
    too many elements, or too many in each other; ExpatError where the part is no XML or has entities of its own.
    """
    found = _Found(part, wanted, heads)
    with archive.open(part) as stream:
        while chunk := stream.read(_READ_BYTES):
            found.parser.Parse(chunk)
            yield from found.taken()
        found.parser.Parse(b"", True)
        yield from found.taken()


class _Found:
    """Elements as the parser finds them."""

    def __init__(self, part: str, wanted: Collection[str], heads: Collection[str]) -> None:
        self._part, self._wanted, self._heads = part, frozenset(wanted), frozenset(heads)
        self._done: list[Element] = []
        self._within: list[Element] = []
        self._depth = self._elements = self._last = 0
        self.parser = expat.ParserCreate(namespace_separator="}")
        self.parser.buffer_text = True
        self.parser.buffer_size = _TEXT_BYTES
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.EntityDeclHandler = _refuse_entity

    def taken(self) -> list[Element]:
        """What was found since it was asked before."""
        done, self._done = self._done, []
        return done

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        name = name.rpartition("}")[2]
        within = self._within
        if within:
            element = Element(name, attributes)
            within[-1].append(element)
            within.append(element)
            if len(within) > _MOST_DEPTH or self._elements > self._last:
                self._refuse()
            return
        if name in self._wanted:
            within.append(Element(name, attributes))
            self._last = self._elements + _MOST_WITHIN
            return
        self._depth += 1
        if name in self._heads:
            self._done.append(Element(name, attributes))
        if self._depth > _MOST_DEPTH or self._elements > _MOST_ELEMENTS:
            self._refuse()

    def _refuse(self) -> NoReturn:
        raise too_much(f"{self._part} has too many elements, or too many in each other")

    def _end(self, _name: str) -> None:
        if self._within:
            element = self._within.pop()
            if not self._within:
                self._done.append(element)
        else:
            self._depth -= 1

    def _text(self, text: str) -> None:
        if self._within:
            element = self._within[-1]
            if len(element) == 0:
                element.text = text if element.text is None else element.text + text


def _refuse_entity(*_declared: object) -> NoReturn:
    raise expat.ExpatError("a part of a workbook has no entities of its own")
