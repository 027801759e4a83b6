"""Rules look at every subject: values, verdicts, and what is held against them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection

from services.core.alerting.evidence import with_readings
from services.core.alerting.observe import observations
from services.core.data.tables import load_tables
from services.core.db.engine import create_engine
from services.core.domain.alerting.observation import Observation
from services.core.domain.alerting.rule import Rule, parse
from services.core.domain.calendar import SHANGHAI
from tests.integration.line import Line
from tests.integration.registered import JUNGAR, SAIHAN, Registered
from tests.integration.test_indicators import data_centre
from tests.unit.core.alerting.rules import body

TABLES = load_tables()
AFTER = datetime(2026, 3, 2, 0, 30, tzinfo=SHANGHAI)
"""Half an hour after the day on which the meters of these tests measure."""


@pytest.fixture
def line(client: TestClient, database_url: str) -> Line:
    return Line(client, database_url)


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    engine = create_engine(database_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def rule(**given: Any) -> Rule:
    return parse(body(**given))


def seen(connection: Connection, rule: Rule, now: datetime = AFTER) -> dict[str, Observation]:
    return {found.subject_code: found for found in observations(connection, TABLES, rule, now=now)}


def told(found: dict[str, Observation]) -> dict[str, tuple[str, float | None, bool]]:
    return {code: (str(each.verdict), each.value, each.cleared) for code, each in found.items()}


def test_a_number_with_hysteresis_tells_breach_order_and_what_lies_between(
    registered: Registered, line: Line, connection: Connection
) -> None:
    above = data_centre(registered, line, total=[142.0] * 24, it=[100.0] * 24)
    between = data_centre(registered, line, total=[129.5] * 24, it=[100.0] * 24)
    below = data_centre(registered, line, total=[120.0] * 24, it=[100.0] * 24)
    silent = data_centre(registered, line, total=[142.0] * 12 + [None] * 12, it=[100.0] * 24)
    line.roll_up()
    found = seen(connection, rule(compare={"op": ">", "number": 1.3}, clear={"margin": 0.01}))
    assert told(found) == {
        above.unit: ("breach", 1.42, False),
        between.unit: ("ok", 1.295, False),
        below.unit: ("ok", 1.2, True),
        silent.unit: ("cannot_judge", None, False),
    }
    assert found[silent.unit].reasons == (("below_possible", "0.71"), ("low_coverage", "0.5000"))
    firing = found[above.unit]
    assert (firing.limit, firing.unit, firing.coverage, firing.area_code) == (1.3, "1", 1.0, JUNGAR)
    assert firing.enterprise_code == above.enterprise
    assert firing.evidence["numerator"]["value"] == 3408.0
    assert firing.evidence["denominator"]["measures"] == [
        {"carrier": "electricity", "flow": "it_load", "measured_s": 86_400, "expected_s": 86_400}
    ]
    (with_range,) = with_readings(connection, [firing])
    assert [(each["first"]["ts"], each["last"]["value"]) for each in with_range.evidence["readings"]] == [
        ("2026-02-28T16:00:00+00:00", 142.0),
        ("2026-02-28T16:00:00+00:00", 100.0),
    ]


def test_t12_the_three_targets_for_pue_fire_apart(registered: Registered, line: Line, connection: Connection) -> None:
    existing = data_centre(registered, line, total=[142.0] * 24, it=[100.0] * 24, commissioned_on="2019-01-01")
    new = {"commissioned_on": "2025-01-01", "area_code": SAIHAN}
    large = data_centre(registered, line, total=[142.0] * 24, it=[100.0] * 24, standard_racks=5000, **new)
    data_centre(registered, line, total=[142.0] * 24, it=[100.0] * 24, standard_racks=200, **new)
    data_centre(registered, line, total=[142.0] * 24, it=[100.0] * 24, area_code=SAIHAN)
    line.roll_up()
    target: dict[str, Any] = {"compare": {"target": True}}
    for_new = seen(connection, rule(scope={"unit_status": ["new"], "least_racks": 3000}, **target))
    for_existing = seen(connection, rule(scope={"unit_status": ["existing"]}, **target))
    for_fleet = seen(connection, rule(subject="region", scope={"least_racks": 3000}, **target))
    assert told(for_new) == {large.unit: ("breach", 1.42, False)}
    # the plan of Ordos alone speaks of those already there
    assert told(for_existing) == {existing.unit: ("breach", 1.42, False)}
    # only the large one is of the large ones
    assert told(for_fleet) == {"150000": ("breach", 1.42, False)}
    assert for_fleet["150000"].evidence["subjects"] == 1
    assert [each.reasons for found in (for_new, for_existing, for_fleet) for each in found.values()] == [
        (("missed", "IM-06"),),
        (("missed", "OR-04"),),
        (("missed", "IA2-11"),),
    ]
