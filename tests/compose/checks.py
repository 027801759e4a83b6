"""What docker-compose.yml promises, checked on the running containers. Started by run.sh.

python -m tests.compose.checks COMPOSE_COMMAND...

ENERMON_HTTPS_PORT and ENERMON_MQTTS_PORT say where front and broker are published. ENERMON_COMPOSE_BEFORE is the
command for the last release, at ENERMON_API_PORT, ENERMON_COMPOSE_BEFORE_IMAGE its image; without it no upgrade is
tried.
"""

import datetime as dt
import json
import os
import sys
import time
from collections.abc import Callable

from tests.compose.going_on import (
    a_prometheus_in_its_network_reaches_every_process,
    a_rolling_restart_refuses_no_reading,
    its_data_are_whole_after_the_upgrade,
    the_last_release_is_sent_to,
    what_is_killed_comes_again_and_nothing_is_lost,
)
from tests.compose.restored import what_was_archived_is_restored_into_a_new_volume
from tests.compose.stack import NotSoError, Stack, expect, readings_stored, yesterday

START_TIMEOUT_S = 240
FLEET_TIMEOUT_S = 180
SECRETS = {
    **{name: (f"/secrets/logins/{name}/enermon_{name}",) for name in ("api", "ingest", "rollup", "quality", "alerts")},
    "archive": ("/secrets/logins/backup/enermon_backup",),
    "broker-users": (
        "/secrets/logins/reader/enermon_reader",
        "/secrets/mqtt/enermon-ingest-0",
        "/secrets/mqtt/enermon-alerts",
        "/secrets/mqtt/enermon-sparkplug",
        "/secrets/mqtt/enermon-control",
    ),
    "database": ("/secrets/superuser/postgres", "/secrets/database/enermon"),
    "simulator": ("/secrets/administrator/key", "/secrets/administrator/password"),
}
LEAST_SECRET = 16
GATEWAY, METER = "GW-COMPOSE-TEST", "COMPOSE-TEST-E01"
READINGS = 40
INGESTS = ("ingest", "ingest-1")


def _own_readings(stack: Stack) -> int:
    start, end = yesterday()
    return len(stack.get(f"/api/v1/meters/{METER}/readings", start=start, end=end, limit=1000)["data"])


def starts_and_is_healthy(stack: Stack) -> None:
    stack.run("up", "-d")
    stack.wait_until_healthy(timeout_s=START_TIMEOUT_S)


def services_restarted_in_the_middle_of_the_history(stack: Stack) -> None:
    stack.run("restart", "broker", "ingest", "rollup")
    stack.wait_until_healthy(timeout_s=START_TIMEOUT_S)


def api_answers_on_loopback_only(stack: Stack) -> None:
    expect(stack.get("/health/ready") == {"status": "ok"}, "not ready")
    for container in stack.containers():
        for bindings in container["HostConfig"]["PortBindings"].values():
            expect([b["HostIp"] for b in bindings] == ["127.0.0.1"], f"{container['Name']} is published: {bindings}")


def every_sum_of_yesterday_is_there_and_complete(stack: Stack) -> None:
    start, end = yesterday()

    def incomplete() -> list[str]:
        rows = stack.get(
            "/api/v1/energy", scope="area:150000", start=start, end=end, bucket="total", by="carrier", limit=1000
        )["data"]
        carriers = {row["carrier"] for row in rows}
        missing = {"electricity", "coke", "raw_coal", "natural_gas"} - carriers
        bad = [r["carrier"] for r in rows if not r["quantity"] or r["coverage"] != 1.0]
        return sorted(missing) + bad

    stack.wait_for(
        lambda: not incomplete(), timeout_s=FLEET_TIMEOUT_S, what=lambda: f"incomplete: {', '.join(incomplete())}"
    )


def a_new_gateway_gets_in_with_its_password_and_not_with_another(stack: Stack) -> None:
    enterprise = stack.get("/api/v1/enterprises", limit=1)["data"][0]["credit_code"]
    name = {"name_zh": "测试", "name_en": "test"}
    stack.post("/api/v1/units", {"code": "COMPOSE-TEST", "credit_code": enterprise, "status": "existing", **name})
    stack.post("/api/v1/gateways", {"code": GATEWAY, "credit_code": enterprise, "name": "test"})
    meter = {"code": METER, "unit_code": "COMPOSE-TEST", "gateway_code": GATEWAY, "kind": "interval", **name}
    stack.post("/api/v1/meters", {**meter, "carrier": "electricity", "flow": "input", "unit_of_measure": "kWh"})
    password = stack.post(f"/api/v1/gateways/{GATEWAY}/credentials", {})["password"]
    stack.kept["password"] = password

    def answer(password: str) -> str:
        return stack.publish(gateway=GATEWAY, password=password, messages=[])

    stack.wait_for(lambda: answer(password) == "", timeout_s=30, what=lambda: answer(password))
    expect("not authori" in answer("wrong").lower(), f"the broker says to a wrong password: {answer('wrong')}")


def what_arrives_while_ingest_is_down_survives_a_restart_of_the_broker(stack: Stack) -> None:
    stack.run("stop", *INGESTS)
    start = dt.datetime.fromisoformat(yesterday()[0])
    messages = [
        json.dumps(
            {"seq": n, "ts": int((start + n * dt.timedelta(minutes=15)).timestamp() * 1000), "values": {METER: n + 0.5}}
        )
        for n in range(READINGS)
    ]
    said = stack.publish(gateway=GATEWAY, password=stack.kept["password"], messages=messages)
    expect(said == "", said)
    stack.run("restart", "broker")
    expect(_own_readings(stack) == 0, "ingest was not down")
    stack.run("start", *INGESTS)
    stack.wait_for(
        lambda: _own_readings(stack) == READINGS, timeout_s=60, what=lambda: f"{_own_readings(stack)} of {READINGS}"
    )


def the_sums_agree_with_each_other(stack: Stack) -> None:
    found = stack.run("run", "--rm", "broker-users", "enermon", "check")
    print("     " + found.stdout.strip().replace("\n", "\n     "))


def no_secret_is_in_configuration_containers_or_logs(stack: Stack) -> None:
    public = {
        "docker-compose config": stack.run("config").stdout,
        "docker inspect": json.dumps(stack.containers()),
        "logs": stack.run("logs", "--no-color").stdout,
    }
    for service, files in SECRETS.items():
        for file in files:
            secret = stack.inside(service, "cat", file).strip()
            expect(len(secret) >= LEAST_SECRET, f"{file} holds {len(secret)} characters")
            for place, text in public.items():
                expect(secret not in text, f"{file} is shown by {place}")


def a_missing_secret_is_named(stack: Stack) -> None:
    said = stack.run(
        *("run", "--rm", "--no-deps", "-e", "ENERMON_DATABASE_PASSWORD_FILE=/secrets/gone", "api", "enermon", "api"),
        check=False,
    )
    expect(said.returncode == 78, f"exit code {said.returncode}")
    expect("cannot read /secrets/gone" in said.stdout + said.stderr, said.stdout + said.stderr)


def containers_have_no_more_rights_than_they_need(stack: Stack) -> None:
    for container in stack.containers():
        name, host = container["Name"], container["HostConfig"]
        expect(host["ReadonlyRootfs"], f"{name}: root file system can be written")
        expect(host["CapDrop"] == ["ALL"] and not host["CapAdd"], f"{name}: has capabilities")
        expect("no-new-privileges:true" in host["SecurityOpt"], f"{name}: may gain privileges")
        expect(container["Config"]["User"].partition(":")[0] not in ("", "0", "root"), f"{name}: runs as root")
        expect(host["Memory"] > 0, f"{name}: no memory limit")


def down_keeps_the_data_and_up_goes_on(stack: Stack) -> None:
    stack.run("stop", "simulator")
    before, password = readings_stored(stack), stack.kept["password"]
    stack.run("down")
    expect(stack.run("ps", "--quiet").stdout == "", "containers are left")
    starts_and_is_healthy(stack)
    expect(_own_readings(stack) == READINGS, f"{_own_readings(stack)} of {READINGS} readings are there")
    expect(readings_stored(stack) >= before, f"{readings_stored(stack)} readings of {before} are there")
    number = READINGS + 1
    start = dt.datetime.fromisoformat(yesterday()[0])
    ts = int((start + number * dt.timedelta(minutes=15)).timestamp() * 1000)
    message = json.dumps({"seq": number, "ts": ts, "values": {METER: 1.0}})
    said = stack.publish(gateway=GATEWAY, password=password, messages=[message])
    expect(said == "", said)
    stack.wait_for(lambda: _own_readings(stack) == READINGS + 1, timeout_s=30, what=lambda: "no new reading")


CHECKS: tuple[Callable[[Stack], None], ...] = (
    starts_and_is_healthy,
    services_restarted_in_the_middle_of_the_history,
    api_answers_on_loopback_only,
    every_sum_of_yesterday_is_there_and_complete,
    a_new_gateway_gets_in_with_its_password_and_not_with_another,
    what_arrives_while_ingest_is_down_survives_a_restart_of_the_broker,
    a_prometheus_in_its_network_reaches_every_process,
    a_rolling_restart_refuses_no_reading,
    what_is_killed_comes_again_and_nothing_is_lost,
    the_sums_agree_with_each_other,
    no_secret_is_in_configuration_containers_or_logs,
    a_missing_secret_is_named,
    containers_have_no_more_rights_than_they_need,
    down_keeps_the_data_and_up_goes_on,
    what_was_archived_is_restored_into_a_new_volume,
)


def upgrades(before: str, after: Stack) -> tuple[Callable[[Stack], None], ...]:
    """What is looked at with the last release, and on its data; nothing of it is there afterwards."""
    words = ("env", f"ENERMON_IMAGE={os.environ['ENERMON_COMPOSE_BEFORE_IMAGE']}", "COMPOSE_PROFILES=", *before.split())
    old = Stack(words, f"http://127.0.0.1:{os.environ['ENERMON_API_PORT']}")

    def the_last_release_runs_and_is_sent_to(_: Stack) -> None:
        starts_and_is_healthy(old)
        every_sum_of_yesterday_is_there_and_complete(old)
        the_last_release_is_sent_to(old)

    def its_data_are_whole_after_an_upgrade(_: Stack) -> None:
        its_data_are_whole_after_the_upgrade(old, after)
        after.run("down", "-v")

    return the_last_release_runs_and_is_sent_to, its_data_are_whole_after_an_upgrade


def main(compose: tuple[str, ...]) -> int:
    """Run the checks in order, stopping at the first that fails. Gives the exit code."""
    stack = Stack(
        compose, f"https://localhost:{os.environ['ENERMON_HTTPS_PORT']}", int(os.environ["ENERMON_MQTTS_PORT"])
    )
    before = os.environ.get("ENERMON_COMPOSE_BEFORE")
    if not before:
        print("SKIP the upgrade from the last release: none is known, or none is asked for", flush=True)
    for check in (*(upgrades(before, stack) if before else ()), *CHECKS):
        title = check.__name__.replace("_", " ")
        started_s = time.monotonic()
        try:
            check(stack)
        except NotSoError as error:
            print(f"FAIL {title}: {error}", flush=True)
            print(stack.run("logs", "--no-color", "--tail", "20", check=False).stdout[-8000:], file=sys.stderr)
            return 1
        print(f"PASS {title} ({time.monotonic() - started_s:.0f} s)", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(tuple(sys.argv[1:])))
