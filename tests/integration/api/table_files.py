"""Files of a registry, and their import."""

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

import openpyxl
from fastapi.testclient import TestClient

from services.api.export.described import CSV
from services.api.limited import Limits

NOTHING = {"created": 0, "updated": 0, "unchanged": 0, "skipped": 0, "hidden": 0, "error_count": 0, "errors": []}


PARK_HEADER = ("code", "name_zh", "name_en", "kind", "area_code")


def as_csv(*rows: Sequence[object], encoding: str = "utf-8-sig") -> bytes:
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    return stream.getvalue().encode(encoding)


def as_xlsx(*rows: Sequence[object]) -> bytes:
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet()
    for row in rows:
        sheet.append(row)
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def imported(
    client: TestClient, kind: str, body: bytes, *, content_type: str = CSV, dry_run: bool = False, **how: str
) -> Any:
    return client.post(
        f"/api/v1/import/{kind}",
        params={"dry_run": dry_run, **how},
        content=body,
        headers={"Content-Type": content_type},
    )


class HereWork:
    """Does work in this process, where a bound may be patched."""

    def done(self, _limits: Limits, work: Callable[..., Any], *given: Any) -> Any:
        return work(*given)


def places(answer: Any) -> list[tuple[int, str, str]]:
    return [(error["line"], error["field"], error["code"]) for error in answer.json()["errors"]]


def count(client: TestClient, kind: str) -> int:
    return len(client.get(f"/api/v1/{kind}?limit=1000").json()["data"])


def outcomes(answer: Any) -> list[tuple[int, str | None, str, list[str]]]:
    return [(row["line"], row["key"], row["outcome"], row["fields"]) for row in answer.json()["outcomes"]]
