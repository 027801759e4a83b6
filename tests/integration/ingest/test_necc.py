"""End devices of the national protocol: the simulated device against the server as an operator runs it."""

import datetime as dt
import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from services.core.clock import utc_now
from services.ingest.certificates import PrivateCa
from services.ingest.necc.identity import DeviceIds
from simulators.necc.device import NotTakenError, SimulatedEndDevice
from tests.integration.registered import Registered
from tests.integration.running import Process, running

pytestmark = pytest.mark.store

KEY = "0123456789abcdef0123456789abcdef"
POWER, GAS = "0000000002330011", "0000000001150011"
DAY = dt.date(2026, 11, 19)


@contextmanager
def platform(database_url: str, **settings: str) -> Iterator[str]:
    """A running server: where devices register."""
    given = {"ENERMON_DATABASE_URL": database_url, "ENERMON_NECC_KEY": KEY, "ENERMON_NECC_PORT": "0", **settings}
    with running("necc", **given) as process:
        yield f"{scheme_of(settings)}://127.0.0.1:{port_of(process)}/necc/register"
        assert process.said("request failed") == []


def scheme_of(settings: dict[str, str]) -> str:
    return "https" if "ENERMON_NECC_TLS_CERTIFICATE" in settings else "http"


def port_of(process: Process) -> int:
    return int(process.said("ready")[0]["port"])


@contextmanager
def device(url: str, enterprise: str, **given: Any) -> Iterator[SimulatedEndDevice]:
    with httpx.Client(timeout=30, verify=given.pop("verify", True)) as client:
        yield SimulatedEndDevice(url, enterprise, "150622", given.pop("codes", (POWER,)), client, **given)


def gateway_of(registered: Registered, enterprise: str, serial: str = "") -> str:
    """The gateway of a device, registered."""
    return registered.gateway(enterprise, code=DeviceIds(KEY).of(enterprise, serial).gateway)


def metered(
    registered: Registered, database: psycopg.Connection, gateway: str, unit: str, *, unit_of: str = "MWh"
) -> str:
    """A quarter-hourly meter that the real-time values of electricity are."""
    code = registered.meter(gateway_code=gateway, unit_code=unit, kind="interval", interval_s=900)
    with database.transaction():
        database.execute(
            "INSERT INTO point (gateway_code, name, meter_id, unit_of_measure)"
            " SELECT %s, %s, meter_id, nullif(%s, '') FROM meter WHERE code = %s",
            [gateway, f"{POWER}/0", unit_of, code],
        )
        database.execute("UPDATE registry_revision SET revision = revision + 1")
    return code


def count(database: psycopg.Connection, table: str) -> int:
    row = database.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return int(row[0])


def test_a_day_is_stored_once_and_days_are_kept_to_be_compared(
    registered: Registered, database: psycopg.Connection, database_url: str
) -> None:
    enterprise = registered.enterprise()
    gateway = gateway_of(registered, enterprise)
    meter = metered(registered, database, gateway, registered.unit(enterprise))
    with platform(database_url) as url, device(url, enterprise, lower_case_id=True) as end:
        assert end.register() == end.register() == DeviceIds(KEY).of(enterprise, "").device_id
        assert end.versions() == ("1", "1")
        assert len(end.download()) == 17
        end.upload_info()
        records = list(end.day(DAY))
        assert len(records) == 97
        assert end.send(records)
        assert end.send(records)
        assert count(database, "reading") == 96
        assert database.execute("SELECT data_code, stat_type, value FROM necc_value").fetchall() == [
            (POWER, 1, float(records[-1]["dataValue"]))
        ]
        first = database.execute("SELECT min(ts), min(value) FILTER (WHERE ts = %s) FROM reading", [day_start()])
        assert first.fetchone() == (day_start(), 1000 * float(records[0]["dataValue"]))
        assert end.send(list(end.month(dt.date(2026, 11, 1), 204.5)))
        # Corrected: the first value stays, the other is kept, and the device need not send it for ever.
        assert end.send([records[0] | {"dataValue": "99.5"}, records[-1] | {"dataValue": "1.25"}])
        assert database.execute("SELECT code FROM rejected_reading").fetchall() == [("conflict",)]
        assert count(database, "necc_value") == 3
        assert count(database, "reading") == 96
        told = registered.client.get(f"/api/v1/gateways/{gateway}/end-device", params={"start": "2026-11-01"}).json()
        assert told["points"] == [f"{POWER}/0"]
        month, later, day = told["values"][2], told["values"][1], told["values"][0]
        assert [each["period"] for each in told["values"]] == ["day", "day", "month"]
        assert (day["first"], day["agrees"], day["completeness"], day["unit"]) == (True, True, 1.0, "MWh")
        assert (day["meter"], day["meter_name_zh"]) == (meter, "电表")
        assert abs(day["difference"]) < 1e-9
        assert (later["first"], later["value"], later["agrees"]) == (False, 1.25, False)
        assert (month["agrees"], round(month["completeness"], 4)) == (False, round(96 / 2880, 4))
    info = database.execute("SELECT info -> 'collectitemconfig' -> 0 ->> 'energyTypeCode' FROM necc_device").fetchone()
    assert info == ("3300",)


@pytest.mark.parametrize(("first", "then"), [("01", ""), ("1", "0"), ("0", "1")])
def test_one_level_of_a_code_is_taken_in_whatever_is_mapped(
    registered: Registered, database: psycopg.Connection, database_url: str, first: str, then: str
) -> None:
    enterprise = registered.enterprise()
    gateway, unit = gateway_of(registered, enterprise), registered.unit(enterprise)
    with platform(database_url) as url, device(url, enterprise) as end:
        end.register()
        assert end.send(list(end.day(DAY)))
    for levels in (first, then):
        points = [
            {
                "name": f"{POWER}/{level}",
                "unit_of_measure": "MWh",
                "meter": registered.meter(
                    gateway_code=gateway, unit_code=unit, kind="interval", interval_s=86_400 if level == "1" else 900
                ),
            }
            for level in levels
        ]
        if points:
            told = registered.client.put(f"/api/v1/gateways/{gateway}/points", json={"points": points})
            told.raise_for_status()
            both = levels == "01" or levels == then
            assert told.json()["waits_for"] == ({f"{POWER}/1": f"{POWER}/0"} if both else {})
            registered.client.post("/api/v1/held-readings/take", params={"gateway": gateway}).raise_for_status()
    assert count(database, "reading") == (1 if first == "1" else 96)
    assert count(database, "held_reading WHERE outcome IS NULL") == (96 if first == "1" else 1)


def trusting(ca: PrivateCa) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(ca.own.certificate))


def day_start() -> dt.datetime:
    return dt.datetime(2026, 11, 18, 16, tzinfo=dt.UTC)


def test_unknown_device_is_told_to_send_again_until_it_is_registered(
    registered: Registered, database: psycopg.Connection, database_url: str
) -> None:
    enterprise, other = registered.enterprise(), registered.enterprise()
    with platform(database_url) as url, device(url, enterprise, serial="S1") as end:
        with pytest.raises(NotTakenError):
            end.register()
        gateway = DeviceIds(KEY).of(enterprise, "S1").gateway
        kept = database.execute("SELECT code, gateway_code, detail FROM rejected_message").fetchall()
        assert [(code, of) for code, of, _ in kept] == [("unknown_gateway", gateway)]
        assert gateway in kept[0][2]
        gateway_of(registered, enterprise, "S1")
        end.register()
        assert end.send(list(end.day(DAY)))
        end.enterprise = other
        assert not end.send(list(end.day(DAY)))
        end.enterprise, end.registered["deviceId"] = enterprise, "0" * 32
        assert not end.send_again()
    codes = database.execute("SELECT code FROM rejected_message ORDER BY message_id").fetchall()
    assert codes == [("unknown_gateway",), ("not_admitted",), ("not_admitted",)]


@pytest.mark.parametrize("cipher", ["aes", "sm4"])
def test_encrypted_day_over_tls(
    registered: Registered, database: psycopg.Connection, database_url: str, tmp_path: Path, cipher: str
) -> None:
    ca = PrivateCa(tmp_path / "ca")
    ca.make("test", now=utc_now())
    ca.certify_server(["127.0.0.1"], now=utc_now())
    enterprise = registered.enterprise()
    gateway = gateway_of(registered, enterprise)
    metered(registered, database, gateway, registered.unit(enterprise), unit_of="")
    tables = tmp_path / "tables"
    tables.mkdir()
    (tables / "units.csv").write_text("code,unit\n023300,MWh\n", "utf-8")
    with (
        platform(
            database_url,
            ENERMON_NECC_CIPHER=cipher,
            ENERMON_NECC_TLS_CERTIFICATE=str(ca.server.certificate),
            ENERMON_NECC_TLS_KEY=str(ca.server.key),
            ENERMON_NECC_DICTIONARIES=str(tables),
        ) as url,
        device(url, enterprise, cipher=cipher, verify=trusting(ca)) as end,
    ):
        end.register()
        records = list(end.day(DAY))
        assert end.send(records)
        assert count(database, "reading") == 96
        # By another key nothing can be read, and it stays with the device.
        end.registered["secretKey"] = "00112233445566778899aabbccddeeff"
        assert not end.send(records)
        assert database.execute("SELECT code FROM rejected_message").fetchall() == [("undecodable",)]


def test_what_is_by_hand_wrong_or_without_unit_is_kept_and_answered(
    registered: Registered, database: psycopg.Connection, database_url: str
) -> None:
    enterprise = registered.enterprise()
    gateway = gateway_of(registered, enterprise)
    unit = registered.unit(enterprise)
    power = metered(registered, database, gateway, unit, unit_of="")
    gas = registered.meter(
        gateway_code=gateway,
        unit_code=unit,
        kind="interval",
        interval_s=900,
        carrier="natural_gas",
        unit_of_measure="m3",
    )
    with platform(database_url) as url, device(url, enterprise, codes=(POWER, GAS), by_hand=frozenset({GAS})) as end:
        end.register()
        good = list(end.day(DAY))[:1]
        assert end.send(
            [
                *good,
                *list(end.day(DAY))[97:98],
                good[0] | {"dataCode": "00-01-0000-023300-11"},
                good[0] | {"dataValue": "--"},
                {"dataCode": "x"},
                good[0] | {"dataCode": "00-00-0000-080100-10"},
            ]
        )
        answer = end.client.post(
            end.registered["centerDataURL"], json={"deviceId": end.registered["deviceId"], "data": 1}
        )
        assert answer.json()["responseCode"] == "0"
        whose = {"deviceId": end.registered["deviceId"]}
        assert end.client.post(end.registered["centerDataURL"], json=whose | {"data": [1] * 50_001}).status_code == 413
        assert end.client.post(end.registered["centerDataURL"], content=b"[").status_code == 400
        nan = (
            f'{{"deviceId": "{whose["deviceId"]}", "data": [{{"dataCode": "{GAS}", "dataValue": NaN, "statType": 0}}]}}'
        )
        assert end.client.post(end.registered["centerDataURL"], content=nan).json()["responseCode"] == "0"
        assert end.client.post(end.registered["centerDataURL"], content=b" " * 8_000_001).status_code == 413
    held = database.execute("SELECT point, flag, why FROM held_reading").fetchall()
    assert sorted(held) == [
        (f"{GAS}/0", "manual", "unknown_point"),
        (f"{POWER}/0", "", "no_unit"),
        ("0001000002330011/0", "bad", "unknown_point"),
    ]
    assert database.execute("SELECT data_code, stat_type FROM necc_value").fetchall() == [("0000000008010010", 0)]
    details = [row[0] for row in database.execute("SELECT detail FROM rejected_message ORDER BY message_id").fetchall()]
    assert details[0].startswith("2 of 6 records: dataValue is '--'")
    codes = database.execute("SELECT code FROM rejected_message ORDER BY message_id").fetchall()
    assert [code for (code,) in codes] == [
        "undecodable",
        "undecodable",
        "too_large",
        "undecodable",
        "undecodable",
        "too_large",
    ]
    assert details[4].startswith("1 of 1 records: dataValue is 'nan'")
    kept = database.execute("SELECT payload FROM rejected_message ORDER BY message_id").fetchall()
    assert (kept[4][0], len(json.loads(kept[0][0]))) == (nan.encode(), 2)
    assert count(database, "reading") == 0
    # Once their points have units, what was held is taken in: that by hand only if a person says so.
    points = [{"name": f"{code}/0", "meter": meter} for code, meter in ((POWER, power), (GAS, gas))]
    path = f"/api/v1/gateways/{gateway}/points"
    assert registered.client.put(path, json={"points": points}).json()["taken"]["stored"] == 0
    units = [point | {"unit_of_measure": unit} for point, unit in zip(points, ("MWh", "m3"), strict=True)]
    assert registered.client.put(path, json={"points": units}).json()["taken"]["stored"] == 1
    assert database.execute("SELECT value FROM reading").fetchall() == [(1000 * float(good[0]["dataValue"]),)]
    assert database.execute("SELECT point, outcome FROM held_reading WHERE outcome = 'taken'").fetchall() == [
        (f"{POWER}/0", "taken")
    ]


def test_corrected_value_by_hand_waits_beside_the_first_for_a_person(
    registered: Registered, database: psycopg.Connection, database_url: str
) -> None:
    enterprise = registered.enterprise()
    gateway = gateway_of(registered, enterprise)
    metered(registered, database, gateway, registered.unit(enterprise))
    take = {"gateway": gateway, "accept_flags": True}
    with platform(database_url) as url, device(url, enterprise, by_hand=frozenset({POWER})) as end:
        end.register()
        first = next(end.day(DAY))
        assert end.send([first])
        assert end.send([first])
        assert registered.client.post("/api/v1/held-readings/take", params=take).json()["stored"] == 1
        assert end.send([first | {"dataValue": "7.25"}])
        assert registered.client.post("/api/v1/held-readings/take", params=take).json()["conflict"] == 1
    outcomes = database.execute("SELECT value, flag, outcome FROM held_reading ORDER BY held_id").fetchall()
    assert outcomes == [(float(first["dataValue"]), "manual", "taken"), (7.25, "manual", "conflict")]
    assert database.execute("SELECT value FROM reading").fetchall() == [(1000 * float(first["dataValue"]),)]


def test_database_that_is_away_lets_the_device_send_again(
    registered: Registered, database: psycopg.Connection, database_url: str, server_url: str
) -> None:
    enterprise = registered.enterprise()
    gateway = gateway_of(registered, enterprise)
    metered(registered, database, gateway, registered.unit(enterprise))
    name = database_url.rpartition("/")[2].partition("?")[0]
    with (
        psycopg.connect(server_url, autocommit=True) as server,
        platform(database_url) as url,
        device(url, enterprise) as end,
    ):
        end.register()
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        try:
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND application_name = 'enermon-necc'",
                [name],
            )
            assert not end.send(list(end.day(DAY)))
            whose = {"deviceId": end.registered["deviceId"]}
            assert end.client.post(end.registered["centerDataURL"], json=whose).status_code == 503
        finally:
            server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        assert end.send_again()
    assert count(database, "reading") == 96
