"""What a row lacks, in words: an empty cell alone does not say whether something is missing or does not apply."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from services.api.export.columns import CellKind, ExportColumn
from services.api.export.titles import FileLanguage, heading

_WORDS: Mapping[FileLanguage, Mapping[str, str]] = {
    "zh": {
        "heading": "状态",
        "whole": "完整",
        "missing": "缺数",
        "part": "部分缺数（完整率 {percent} %）",
        "none_expected": "无应到读数",
        "cannot_judge": "无法判定",
        "provisional": "暂定",
        "empty": "无值：{columns}",
        "between": "、",
        "and": "；",
    },
    "en": {
        "heading": "Status",
        "whole": "complete",
        "missing": "missing",
        "part": "measured in part ({percent} %)",
        "none_expected": "no readings expected",
        "cannot_judge": "cannot judge",
        "provisional": "provisional",
        "empty": "no value: {columns}",
        "between": ", ",
        "and": "; ",
    },
}
_MEASURED = ("coverage",)
_JUDGED = ("verdict",)


class StatusColumn:
    """The column that says of each row what it lacks."""

    def __init__(self, columns: Sequence[ExportColumn], language: FileLanguage) -> None:
        self._words = _WORDS[language]
        paths = {column.path for column in columns}
        self._measured, self._judged = _MEASURED in paths, _JUDGED in paths
        self._may_lack = [
            (column.path, heading(column, language))
            for column in columns
            if column.kind is CellKind.NUMBER and column.may_lack and column.path != _MEASURED
        ]

    @property
    def applies(self) -> bool:
        """Whether the rows may lack something."""
        return self._measured or self._judged or bool(self._may_lack)

    @property
    def heading(self) -> str:
        """What stands above it."""
        return self._words["heading"]

    def of(self, row: Mapping[str, Any]) -> str | None:
        """What a row lacks; None where nothing is to be said."""
        said = [self._coverage(row["coverage"])] if self._measured and "coverage" in row else []
        verdict = row.get("verdict") if self._judged else None
        if verdict in ("cannot_judge", "provisional"):
            said.append(self._words[verdict])
        empty = [title for path, title in self._may_lack if _is_null(row, path)]
        if empty:
            said.append(self._words["empty"].format(columns=self._words["between"].join(empty)))
        return self._words["and"].join(said) or None

    def _coverage(self, coverage: float | None) -> str:
        if coverage is None:
            return self._words["none_expected"]
        if coverage >= 1:
            return self._words["whole"]
        if coverage <= 0:
            return self._words["missing"]
        # Cut, not rounded: 99.96 % is not whole.
        return self._words["part"].format(percent=int(Decimal(repr(coverage)) * 1000) / 10)


def _is_null(row: Mapping[str, Any], path: Sequence[str]) -> bool:
    """Whether the field is there and null; one of an object that is not there lacks nothing."""
    if len(path) == 1:
        return row.get(path[0], "") is None
    inner: Any = row
    for name in path:
        if not isinstance(inner, dict) or name not in inner:
            return False
        inner = inner[name]
    return inner is None
