"""What the shipped rules see of monitors of pollution sources."""

import datetime as dt
from dataclasses import replace

import psycopg
from fastapi.testclient import TestClient

from services.alerts.observe.sources import READERS
from services.alerts.observe.view import View
from services.alerts.state.observation import Observation
from services.core.calendar import to_us
from services.core.db.connections import connect, connect_to_ask
from services.core.db.roles import DatabaseRole
from services.core.verdict import Verdict
from services.ingest.hj212.emissions import Emission, EmissionGrain
from services.ingest.hj212.keep import keep_emissions
from tests.integration.observing import SHIPPED
from tests.integration.registered import Registered
from tests.integration.served import shipped_tables

SHANGHAI = dt.timezone(dt.timedelta(hours=8))
NOW = dt.datetime(2026, 3, 10, 10, 5, tzinfo=SHANGHAI)
LIMIT = {"factor": "a21026", "grain": "hour", "number": 35, "valid_from": "2026-01-01", "source": "permit"}


def monitored(registered: Registered, code: str, **given: object) -> str:
    """An outlet with a monitor, a limit of SO2 and hours that are due; the gateway."""
    enterprise = registered.enterprise()
    gateway = registered.gateway(enterprise)
    outlet = {"credit_code": enterprise, "gateway": gateway, "name_zh": f"烟囱{code}", "medium": "gas"}
    registered.put(f"outlets/{code}", outlet | {"monitored_from": "2026-03-01", "limits": [LIMIT], **given})
    return gateway


def keep(database_url: str, gateway: str, means: list[float], *, factor: str = "a21026", flag: str = "N") -> None:
    """Hourly means, the last of them of the hour that has just ended."""
    first = NOW.replace(minute=0) - dt.timedelta(hours=len(means))
    one = Emission(gateway=gateway, factor=factor, grain=EmissionGrain.HOUR, at_us=to_us(first), flag=flag)
    hour_us = 3_600_000_000
    emissions = [replace(one, at_us=one.at_us + n * hour_us, mean=mean) for n, mean in enumerate(means)]
    with connect(database_url, role=DatabaseRole.INGEST, application_name="test") as connection:
        keep_emissions(connection, emissions)
        connection.commit()


def seen(database_url: str, slug: str, at: dt.datetime = NOW) -> list[Observation]:
    """What the shipped rule sees."""
    rule = SHIPPED[slug]
    with connect_to_ask(database_url, role=DatabaseRole.ALERTS, application_name="test") as connection:
        view = View(connection, shipped_tables(), at, measures=lambda _: False)
        return READERS[rule.indicator](view, rule)


def test_newest_valid_mean_above_its_limit_is_a_breach(registered: Registered, database_url: str) -> None:
    above, below = monitored(registered, "DA1"), monitored(registered, "DA2")
    flagged, unlimited = monitored(registered, "DA3"), monitored(registered, "DA4", limits=[])
    keep(database_url, above, [20.0, 42.0])
    keep(database_url, below, [50.0, 35.0])
    keep(database_url, flagged, [99.0], flag="M")
    keep(database_url, unlimited, [99.0])
    found = {each.subject_code: each for each in seen(database_url, "emission_above_limit")}
    assert {code: (each.value, each.verdict) for code, each in found.items()} == {
        above: (120.0, Verdict.BREACH),
        below: (100.0, Verdict.OK),
    }
    assert (found[above].name_zh, found[above].evidence["outlet"], found[above].evidence["factor"]) == (
        "烟囱DA1",
        "DA1",
        "a21026",
    )


def test_limit_of_the_converted_mean_is_held_against_that(registered: Registered, database_url: str) -> None:
    gateway = monitored(registered, "DA1", limits=[LIMIT | {"converted": True}])
    keep(database_url, gateway, [99.0])
    assert seen(database_url, "emission_above_limit") == []


def test_silence_begins_when_hours_are_due_and_ends_with_a_stop(
    registered: Registered, client: TestClient, database: psycopg.Connection, database_url: str
) -> None:
    stop = {"start": "2026-03-10T00:00:00+08:00", "end": "2026-03-11T00:00:00+08:00", "reason": "检修"}
    never, stopped = monitored(registered, "DA1"), monitored(registered, "DA2", stops=[stop])
    heard = monitored(registered, "DA3")
    database.execute(
        "INSERT INTO gateway_state (gateway_code, last_message_at) VALUES (%s, %s)",
        [heard, NOW - dt.timedelta(hours=1)],
    )
    found = {each.subject_code: (each.value, each.verdict) for each in seen(database_url, "monitor_silent")}
    assert found == {never: (9 * 86_400 + 10 * 3600 + 300, Verdict.BREACH), heard: (3600, Verdict.OK)}
    later = {each.subject_code for each in seen(database_url, "monitor_silent", NOW + dt.timedelta(days=1))}
    assert later == {never, heard, stopped}


def test_values_that_stay_are_counted_from_the_newest_back(registered: Registered, database_url: str) -> None:
    gateway, zero = monitored(registered, "DA1"), monitored(registered, "DA2")
    keep(database_url, gateway, [1.0, *[7.5] * 13])
    keep(database_url, gateway, [*[7.5] * 20, 8.0, 7.5], factor="a21002")
    keep(database_url, zero, [1.0, *[0.0] * 24])
    stuck = {each.subject_code: (each.value, each.verdict) for each in seen(database_url, "emission_stuck")}
    assert stuck == {gateway: (13.0, Verdict.BREACH)}
    at_zero = {each.subject_code: (each.value, each.verdict) for each in seen(database_url, "emission_zero")}
    assert at_zero == {zero: (24.0, Verdict.BREACH)}
