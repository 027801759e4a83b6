"""The sheets of a workbook beside its rows: the sources of the numbers, and how the list was asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.api.export.cells import Cell, simple
from services.api.export.pages import ListPages, Row
from services.api.export.titles import FileLanguage, called

SHEETS: Mapping[FileLanguage, tuple[str, str, str]] = {
    "zh": ("数据", "来源", "查询"),
    "en": ("Data", "Sources", "Query"),
}
"""Names of the sheets: rows, sources, query."""

_OF_SOURCE = ("code", "value", "unit", "valid_from", "source", "place", "quote", "verified", "carried", "origin")
_SOURCE_HEADINGS: Mapping[FileLanguage, Sequence[str]] = {
    "zh": ("行", "值", "单位", "生效", "来源文件", "位置（条款、行）", "原文", "核实", "沿用", "来源类别"),
    "en": ("Row", "Value", "Unit", "Valid from", "Source", "Place", "Quote", "Verified", "Carried on", "Origin"),
}
_VERIFIED: Mapping[FileLanguage, Mapping[bool, str]] = {
    "zh": {True: "已核实", False: "未核实"},
    "en": {True: "verified", False: "not verified"},
}
_CARRIED: Mapping[FileLanguage, Mapping[bool, str]] = {
    "zh": {True: "超出有效期沿用", False: ""},
    "en": {True: "beyond its time", False: ""},
}
_MISSING: Mapping[FileLanguage, str] = {"zh": "无此系数，相关数值为空", "en": "in no table: what needs it is empty"}
_OF_QUERY: Mapping[FileLanguage, Mapping[str, str]] = {
    "zh": {
        "address": "查询地址",
        "account": "查询账号",
        "asked_at": "查询时间",
        "rows": "行数",
        "sha256": "摘要（同一结果 CSV 的 SHA-256）",
        "revision": "登记修订号",
        "seal": "封存链头",
        "version": "系统版本",
        "times": "时间",
        "times_are": "北京时间（+08:00）；“止”不含在内",
        "empty": "空单元格",
        "empty_is": "没有值，不是零；原因见“状态”列",
    },
    "en": {
        "address": "Address",
        "account": "Account",
        "asked_at": "Asked at",
        "rows": "Rows",
        "sha256": "Digest (SHA-256 of the same result as CSV)",
        "revision": "Revision of the registry",
        "seal": "Head of the seals",
        "version": "Version of Enermon",
        "times": "Times",
        "times_are": "Asia/Shanghai (+08:00); an end is not within",
        "empty": "Empty cell",
        "empty_is": "no value, which is not zero; the column Status says why",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAsked:
    """How a list was asked for, and of what state of things the answer is."""

    address: str
    account: str
    asked_at: datetime
    revision: int
    seal: str | None
    version: str


def source_headings(language: FileLanguage) -> Sequence[str]:
    """What stands above the sources."""
    return _SOURCE_HEADINGS[language]


def source_columns(pages: ListPages, language: FileLanguage) -> Sequence[Sequence[Cell]]:
    """The rows of documents that the numbers stand on, and the coefficients that are in none, as columns."""
    rows = [[_of_source(row, name, language) for name in _OF_SOURCE] for row in pages.sources.values()]
    for row in pages.missing.values():
        known = {"code": row.get("carrier"), "valid_from": str(row.get("year", "")), "place": row.get("basis")}
        rows.append([_MISSING[language] if name == "verified" else known.get(name) for name in _OF_SOURCE])
    return list(zip(*rows, strict=True))


def query_columns(
    asked: ListAsked, pages: ListPages, digest: bytes, language: FileLanguage
) -> Sequence[Sequence[Cell]]:
    """How the list was asked for, and what it says of itself beside its rows: what is said, and what of it."""
    words = _OF_QUERY[language]
    said: dict[str, Cell] = {
        "address": asked.address,
        "account": asked.account,
        "asked_at": asked.asked_at,
        "rows": pages.rows,
        "sha256": digest.hex(),
        "revision": asked.revision,
        "seal": asked.seal,
        "version": asked.version,
        "times": words["times_are"],
        "empty": words["empty_is"],
    }
    rows: list[tuple[str, Cell]] = [(words[name], value) for name, value in said.items()]
    for name, value in pages.about.items():
        if value not in (None, [], {}):
            rows.append((called(name, language), simple(value, language)))
    return list(zip(*rows, strict=True))


def _of_source(row: Row, name: str, language: FileLanguage) -> Cell:
    value: Any = row.get(name)
    if name in ("verified", "carried"):
        return None if value is None else {"verified": _VERIFIED, "carried": _CARRIED}[name][language][bool(value)]
    return simple(value, language)
