"""The parts of a workbook beside its cells: which sheet is read, its texts, its number formats.

ECMA-376 part 1, 18. openpyxl, read line by line, tells neither hidden rows nor merged cells nor formulas without a
value, and read whole it takes some 50 times the size of the file; so the few parts are read here.
"""

import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from services.api.errors import INVALID_BODY, Refused
from services.api.registry.files.number_format import GENERAL, NumberFormat, built_in, number_format
from services.api.registry.files.parts import elements_of, too_much

# A sheet of 50 000 meters unpacks to some 40 MB; texts and styles are held in memory whole, so they are bounded lower.
_MOST_UNPACKED_BYTES = 80_000_000
_MOST_PART_BYTES = 32_000_000
_MOST_PARTS = 500
MOST_CELLS = 1_600_000
"""Cells of a sheet, empty ones included, and texts of a workbook: 32 a row of the longest table."""
# A spreadsheet keeps 255 characters of a format, and some 250 formats of one's own.
_MOST_FORMAT_CHARACTERS, _MOST_FORMATS = 1000, 5000

_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_RELATION_ID = re.compile(r".*relationships\}id")


@dataclass(frozen=True, slots=True)
class Workbook:
    """What is needed to read the cells of a sheet."""

    sheets: Sequence[tuple[str, str]]
    """The sheets that are shown, in their order: name, and the part with its rows."""
    texts: Sequence[str]
    formats: Sequence[NumberFormat]
    is_from_1904: bool
    """Whether days are counted from 1904-01-01."""


def workbook_in(archive: zipfile.ZipFile) -> Workbook:
    """The workbook in `archive`. Raises Refused, and whatever a broken file makes zipfile and the parser raise."""
    _require_harmless(archive)
    main = _relations(archive, "").by_kind("/officeDocument")
    relations = _relations(archive, main)
    sheets, is_from_1904 = _shown_sheets(archive, main)
    styles, texts = relations.by_kind("/styles", ""), relations.by_kind("/sharedStrings", "")
    return Workbook(
        sheets=[(name, relations.by_id[relation]) for name, relation in sheets],
        texts=list(_texts(archive, texts)) if texts else (),
        formats=_formats(archive, styles) if styles else (),
        is_from_1904=is_from_1904,
    )


def text_in(element: Element) -> str:
    """The text of a cell or shared text: that of its runs, without hints of pronunciation."""
    if element.tag == "t":
        found = element.text or ""
        return _ESCAPED.sub(lambda escaped: chr(int(escaped[1], 16)), found) if "_x" in found else found
    return "".join(text_in(part) for part in element if part.tag in ("t", "r", "is"))


def is_on(value: str | None) -> bool:
    """Whether an attribute says yes."""
    return value in ("1", "true", "on")


def _require_harmless(archive: zipfile.ZipFile) -> None:
    """Refuse a workbook that would unpack to too much. zipfile never unpacks more of a part than is declared."""
    parts = archive.infolist()
    sheets = [part for part in parts if part.filename.startswith("xl/worksheets/")]
    others = [part for part in parts if part not in sheets]
    if (
        len(parts) > _MOST_PARTS
        or sum(part.file_size for part in parts) > _MOST_UNPACKED_BYTES
        or any(part.file_size > _MOST_PART_BYTES for part in others)
    ):
        raise too_much(f"the workbook unpacks to more than {_MOST_UNPACKED_BYTES} bytes")


@dataclass(frozen=True, slots=True)
class _Relations:
    by_id: Mapping[str, str]
    kinds: Mapping[str, str]

    def by_kind(self, ending: str, default: str | None = None) -> str:
        found = next((part for kind, part in self.kinds.items() if kind.endswith(ending)), default)
        if found is None:
            raise KeyError(ending)
        return found


def _relations(archive: zipfile.ZipFile, part: str) -> _Relations:
    folder, name = posixpath.split(part)
    by_id: dict[str, str] = {}
    kinds: dict[str, str] = {}
    for element in elements_of(archive, posixpath.join(folder, "_rels", f"{name}.rels"), {"Relationship"}):
        target = posixpath.normpath(posixpath.join("/", folder, element.attrib["Target"])).lstrip("/")
        by_id[element.attrib["Id"]] = target
        kinds.setdefault(element.attrib["Type"], target)
        if len(by_id) > _MOST_PARTS:
            raise too_much(f"the workbook names more than {_MOST_PARTS} parts")
    return _Relations(by_id, kinds)


def _shown_sheets(archive: zipfile.ZipFile, main: str) -> tuple[list[tuple[str, str]], bool]:
    """Name and relation of the sheets that are shown, at least one, and whether days are counted from 1904."""
    sheets: list[tuple[str, str]] = []
    is_from_1904 = False
    for element in elements_of(archive, main, {"workbookPr", "sheet"}):
        if element.tag == "workbookPr":
            is_from_1904 = is_on(element.get("date1904"))
        elif element.get("state", "visible") == "visible":
            relations = (value for name, value in element.attrib.items() if _RELATION_ID.fullmatch(name))
            sheets += ((element.get("name", ""), relation) for relation in relations)
        if len(sheets) > _MOST_PARTS:
            raise too_much(f"the workbook has more than {_MOST_PARTS} sheets")
    if not sheets:
        raise Refused(INVALID_BODY, "the workbook has no sheet that is shown")
    return sheets, is_from_1904


def _texts(archive: zipfile.ZipFile, part: str) -> Iterator[str]:
    for number, element in enumerate(elements_of(archive, part, {"si"}), start=1):
        if number > MOST_CELLS:
            raise too_much(f"the workbook has more than {MOST_CELLS} texts")
        yield text_in(element)


def _formats(archive: zipfile.ZipFile, part: str) -> list[NumberFormat]:
    """The number formats of the styles, in their order."""
    own: dict[int, str] = {}
    formats: list[NumberFormat] = []
    for element in elements_of(archive, part, {"numFmt", "cellXfs"}):
        if element.tag == "numFmt":
            code = element.attrib["formatCode"]
            if len(code) > _MOST_FORMAT_CHARACTERS or len(own) > _MOST_FORMATS:
                raise too_much("the workbook has more number formats than a spreadsheet makes, or a longer one")
            own[int(element.attrib["numFmtId"])] = code
        else:
            numbers = [int(style.get("numFmtId", "0")) for style in element if style.tag == "xf"]
            formats = [number_format(own[number]) if number in own else built_in(number) for number in numbers]
    return formats or [GENERAL]
