"""The running API in the hands of an enemy: whatever is asked, it is answered or refused with a code, and stays up."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from services.core.data.divisions import divisions
from tests.e2e.conftest import RunningRegion

SQL_LIKE = "' OR 1=1; DROP TABLE meter; --"
CODES = ("", "'", SQL_LIKE, "%", "NONE", "x" * 65, "１５００００", "150000\x00", "150000\n", "../../etc/passwd")
MOMENTS = ("", "NaN", "inf", "-1", "1e9", "9999-12-31", "0001-01-01", "1999-12-31", "2000-01-01", "2100-01-01")
DAYS = ("2026-02-30", "2026-03-01T00:00:00", "2026-03-01T24:00:00+08:00", "2026-03-01T00:07:00+08:00", "now")
NUMBERS = ("", "NaN", "-1", "0", "1", "1.5", "1e3", "10000", "10001", "9" * 40)
CURSORS = ("", "x", "AAAA", "eyJhIjoxfQ==", "9" * 500)
SCOPES = (*(f"{kind}:{code}" for kind in ("area", "park", "unit", "planet") for code in CODES), *CODES)
BUCKETS = ("", "NaN", "15m", "hour", "day", "month", "year", "total", "rolling_12_months", "decade")
GROUPS = ("", "unit", "enterprise", "banner", "league", "park", "meter", "unit,unit", SQL_LIKE)
RANGE = {"start": (*MOMENTS, *DAYS), "end": (*MOMENTS, *DAYS)}
PAGE = {"limit": NUMBERS, "cursor": CURSORS, "colour": ("red",)}
NARROWED = {"area": CODES, "park": CODES, "enterprise": CODES}
MEASURED = {"scope": SCOPES, "bucket": BUCKETS, "by": GROUPS, **RANGE, **PAGE}
WORDS = ("x", SQL_LIKE, "true", "ok", "existing")

ASKED: dict[str, Mapping[str, Sequence[str]]] = {
    "indicators/pue": MEASURED,
    "indicators/unit_product_energy": MEASURED,
    "indicators/energy_intensity_gdp": MEASURED,
    "indicators/park_renewable_share": MEASURED,
    "energy": MEASURED | {"basis": WORDS, "carrier": CODES, "flow": WORDS},
    "energy/balance": MEASURED,
    "export/energy_hour": RANGE
    | PAGE
    | {
        "area": CODES,
        "enterprise": CODES,
        "carrier": CODES,
        "format": WORDS,
        "changed_since": (*WORDS, "1-0000000A-5"),
    },
    "efficiency-list": NARROWED | RANGE | PAGE | {"process": CODES, "status": WORDS, "placing": WORDS},
    "two-high": NARROWED | PAGE | {"trade": CODES, "status": WORDS, "in_ledger": WORDS, "verdict": WORDS},
    "tariff": {"unit": CODES, "year": (*NUMBERS, "2001", "2099", "2027.5")},
    "parks/PARK-150624/renewables": RANGE | {"bucket": BUCKETS},
    "targets": PAGE | {"area": CODES, "plan": WORDS, "indicator": CODES, "year": NUMBERS, "below": WORDS, "q": CODES},
    "progress": PAGE | {"area": CODES, "plan": WORDS, "year": NUMBERS, "below": WORDS},
    "statistics": PAGE | {"owner": SCOPES, "kind": CODES, "period": MOMENTS},
    "alerts": NARROWED | PAGE | {"rule": CODES, "severity": WORDS, "state": WORDS, "status": WORDS, "since": MOMENTS},
    "alert-states": PAGE | {"state": WORDS, "rule": CODES, "area": CODES},
    "rules": PAGE | {"enabled": WORDS, "q": CODES},
    "deliveries": PAGE | {"status": WORDS, "channel": WORDS, "body": CODES, "alert": NUMBERS},
}
OFTEN = {"tariff": {"unit": "150202-0003-U1"}}
LONGEST = {"start": "2000-01-01", "end": "2100-01-01", "limit": "10000"}

BANNERS = [area.code for area in divisions() if area.level == "banner" and area.parent_code == "152900"]
GDP = {"kind": "gdp", "unit": "10k CNY", "price_base": 1995}

NO_NUMBER = re.compile(r"[:\[,]\s*-?(NaN|Infinity)")

pytestmark = pytest.mark.timeout(300)


def complaint(answer: httpx.Response) -> str | None:
    """What is wrong with an answer; None where it is an answer, or a refusal with a code."""
    what = f"{answer.status_code} {answer.request.method} {answer.request.url}: {answer.text[:200]}"
    if answer.status_code == 200:
        return what if NO_NUMBER.search(answer.text) else None
    if answer.status_code >= 500 or answer.headers["content-type"] != "application/problem+json":
        return what
    body = answer.json()
    return None if body["code"] and body["detail"] else what


def questions(path: str) -> Iterator[dict[str, str]]:
    """Each parameter with each value, and each two with their last ones."""
    for name, values in ASKED[path].items():
        yield from ({name: value} for value in values)
    for one, other in itertools.combinations(ASKED[path], 2):
        yield {one: ASKED[path][one][-1], other: ASKED[path][other][-1]}
    if "start" in ASKED[path]:
        for bucket, by in itertools.product(BUCKETS, GROUPS):
            fitting = {name: value for name, value in (("bucket", bucket), ("by", by)) if name in ASKED[path] and value}
            yield LONGEST | fitting


@pytest.mark.parametrize("path", list(ASKED))
def test_every_question_is_answered_or_refused_with_a_code(region: RunningRegion, path: str) -> None:
    often = OFTEN.get(path, {})
    answers = [region.api.get(f"/api/v1/{path}", params=often | asked) for asked in questions(path)]
    assert [found for answer in answers if (found := complaint(answer))] == []
    assert {answer.status_code for answer in answers} >= {200, 422}
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = region.api.request(method, f"/api/v1/{path}")
        assert answer.status_code == (422 if (method, path) == ("POST", "statistics") else 405)
    assert region.api.get("/health/ready").status_code == 200


@pytest.mark.parametrize(
    "address", ["indicators/{}", "parks/{}/renewables", "indicators/pue/{}", "efficiency-list/{}", "targets/{}"]
)
def test_slugs_that_are_none_are_not_found(region: RunningRegion, address: str) -> None:
    for slug in ("'", "%27%20OR%201=1", "%00", "pue'--", "PUE", "п", "x" * 3000, "..%2F..%2Fenergy"):
        answer = region.api.get(f"/api/v1/{address.format(slug)}")
        assert complaint(answer) is None
        assert answer.status_code in (404, 422), answer.request.url


def gdp(number: int, value: float) -> dict[str, Any]:
    """The GDP of one quarter of a banner of Alxa; each number is another one."""
    banner, quarter = divmod(number, 34 * 4)
    year, quarter = divmod(quarter, 4)
    return GDP | {"owner": f"area:{BANNERS[banner]}", "period": f"{1992 + year}-Q{quarter + 1}", "value": value}


def test_five_thousand_statistics_are_written_at_once_and_one_more_is_refused(region: RunningRegion) -> None:
    leagues = [area.code for area in divisions() if area.level != "region"]
    periods = [f"{year}-Q{quarter}" for year in range(1992, 2026) for quarter in (1, 2, 3, 4)]
    owned = itertools.product(leagues, periods)
    many = [
        GDP | {"owner": f"area:{area}", "period": period, "value": float(number)}
        for number, (area, period) in enumerate(itertools.islice(owned, 5001))
    ]
    too_many = region.api.post("/api/v1/statistics", json=many)
    assert (too_many.status_code, too_many.json()["code"]) == (422, "invalid_body")
    written = region.api.post("/api/v1/statistics", json=many[:5000])
    assert written.status_code == 200, written.text
    assert [row["created"] for row in written.json()["data"]] == [True] * 5000
    again = region.api.post("/api/v1/statistics", json=many[:5000])
    assert [row["created"] for row in again.json()["data"]] == [False] * 5000
    broken = [*many[:4999], many[4999] | {"value": -1.0}]
    assert region.api.post("/api/v1/statistics", json=broken).json()["errors"][0]["field"] == "4999.value"


def test_statistics_posted_at_the_same_moment_lose_no_version(region: RunningRegion) -> None:
    # half of the posts name the periods in the opposite order: whoever locks them must not wait in a circle
    def post(number: int) -> int:
        entries = [gdp(i, float(number)) | {"price_base": 1996} for i in range(10)]
        return region.api.post("/api/v1/statistics", json=entries if number % 2 else entries[::-1]).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(post, range(40))) == {200}
    for number in range(10):
        asked = {"owner": gdp(number, 0.0)["owner"], "kind": "gdp", "period": gdp(number, 0.0)["period"]}
        found = region.ask("statistics", **asked, versions="true", limit=1000)["data"]
        found = [row for row in found if row["price_base"] == 1996]
        assert sorted(row["version"] for row in found) == list(range(1, 41))
        assert sorted(row["value"] for row in found) == [float(n) for n in range(40)]


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "-Infinity", "1e999", "1" * 400, "-1", '"1"', "null", "true", "[]"]
)
def test_a_statistic_that_is_no_number_is_refused(region: RunningRegion, value: str) -> None:
    entry = '{"owner": "area:152921", "kind": "gdp", "period": "2019", "unit": "10k CNY", "price_base": 2020, '
    text = f'{entry}"value": {value}}}'
    answer = region.api.post("/api/v1/statistics", content=text, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_body")
    assert answer.json()["errors"][0]["field"] == "value"


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [("gdp", 0, "gdp_not_positive"), ("energy_consumption", 0, "energy_not_positive")],
)
def test_impossible_statistics_are_named_and_never_divided_by(
    region: RunningRegion, kind: str, value: float, reason: str
) -> None:
    money = {"price_base": 2020} if kind == "gdp" else {}
    entry = {"owner": "area:152900", "kind": kind, "period": "2025", "value": value} | money
    region.api.post("/api/v1/statistics", json=entry | {"unit": "10k CNY" if money else "tce"}).raise_for_status()
    answer = region.ask("progress", area="152900", year=2025)
    assert (answer["intensity"]["verdict"], answer["intensity"]["obstacles"][0]["reason"]) == ("cannot_judge", reason)
    assert answer["lights"]["intensity"]["level"] is None
    assert len(region.ask("progress", year=2025, limit=100)["data"]) == 22
