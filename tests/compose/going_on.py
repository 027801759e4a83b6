"""What is held while containers are restarted, killed and upgraded, and gateways go on sending."""

import datetime as dt
import os
import subprocess
from pathlib import Path

import yaml

from tests.compose.senders import ByHttps, ByMqtt, Sender
from tests.compose.stack import Stack, expect, readings_stored, yesterday

ROOT = Path(__file__).resolve().parents[2]
KILLED_TOGETHER = (
    ("ingest", "rollup", "quality", "alerts", "api", "hj212"),
    ("broker", "broker-users", "sparkplug", "necc", "ingest-1"),
    ("database",),
    ("front", "api-1", "rollup-1", "quality-1"),
)
HEALTHY_AGAIN_S = 180
ROLLED_S = 900
NOT_STARTED = {"upward"}
"""Needs a platform above."""


def registered_gateway(stack: Stack, name: str) -> Sender:
    """Register a gateway with a meter and give it a password."""
    enterprise = stack.get("/api/v1/enterprises", limit=1)["data"][0]["credit_code"]
    names = {"name_zh": "测试", "name_en": "test"}
    gateway, unit, meter = f"GW-{name}", f"{name}-U", f"{name}-E01"
    stack.post("/api/v1/units", {"code": unit, "credit_code": enterprise, "status": "existing", **names})
    stack.post("/api/v1/gateways", {"code": gateway, "credit_code": enterprise, "name": "test"})
    start = dt.datetime.fromisoformat(yesterday()[0]) - dt.timedelta(days=100)
    described = {
        "code": meter,
        "valid_from": start.date().isoformat(),
        "unit_code": unit,
        "gateway_code": gateway,
        "kind": "interval",
        **names,
    }
    stack.post("/api/v1/meters", {**described, "carrier": "electricity", "flow": "input", "unit_of_measure": "kWh"})
    password = stack.post(f"/api/v1/gateways/{gateway}/credentials", {})["password"]
    return Sender(gateway, password, meter, int(start.timestamp() * 1000))


def _stored(stack: Stack, meter: str) -> tuple[int, float]:
    """How many readings of the meter are stored, and what they add up to."""
    of_meter = f"FROM reading JOIN meter USING (meter_id) WHERE code = '{meter}'"
    sql = f"SELECT count(*), coalesce(sum(value), 0) {of_meter}"
    said = stack.inside("database", "psql", "-U", "postgres", "-d", "enermon", "-AtF,", "-c", sql)
    count, total = said.strip().split(",")
    return int(count), float(total)


def nothing_is_missing(stack: Stack, sender: Sender, begun: int) -> None:
    missing = set(range(begun)) - sender.answered
    expect(not missing, f"{sender.gateway}: {len(missing)} of {begun} messages have no answer, {sorted(missing)[:5]} …")
    found = _stored(stack, sender.meter)
    expect(
        found == (begun, begun * (begun - 1) / 2 + begun / 4), f"{sender.gateway}: {begun} were sent, stored: {found}"
    )


def a_rolling_restart_refuses_no_reading(stack: Stack) -> None:
    https, mqtt = registered_gateway(stack, "ROLLED-HTTPS"), registered_gateway(stack, "ROLLED-MQTT")
    trusted = stack.trusted()
    with ByHttps(https, stack.api_url, trusted) as posting, ByMqtt(mqtt, stack.mqtts_port, trusted) as publishing:
        done = subprocess.run(
            [str(ROOT / "deploy" / "rolling_restart.sh"), "--all"],
            env={**os.environ, "COMPOSE": " ".join(stack.compose)},
            capture_output=True,
            text=True,
            timeout=ROLLED_S,
            check=False,
        )
    expect(done.returncode == 0, f"exit code {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    restarted = [line for line in done.stdout.splitlines() if line.endswith((": restarted", ": replaced"))]
    expect(len(restarted) >= 15, done.stdout)
    expect(not https.refused and not mqtt.refused, f"refused: {(https.refused + mqtt.refused)[:3]}")
    for sending in (posting, publishing):
        nothing_is_missing(stack, sending.sender, sending.begun)
    print(
        f"     {posting.begun} readings by HTTPS and {publishing.begun} by MQTT while {len(restarted)} were restarted"
    )


def what_is_killed_comes_again_and_nothing_is_lost(stack: Stack) -> None:
    https, mqtt = registered_gateway(stack, "KILLED-HTTPS"), registered_gateway(stack, "KILLED-MQTT")
    trusted = stack.trusted()
    with ByHttps(https, stack.api_url, trusted) as posting, ByMqtt(mqtt, stack.mqtts_port, trusted) as publishing:
        for together in KILLED_TOGETHER:
            before = {name: stack.started(name) for name in together}
            for name in together:
                stack.inside(name, "sh", "-c", "kill -9 -1", check=False)
            stack.wait_for(
                lambda before=before: all(stack.started(name) != at for name, at in before.items()),  # type: ignore[misc]
                timeout_s=HEALTHY_AGAIN_S,
                what=lambda together=together: f"not all of {together} were killed",  # type: ignore[misc]
            )
            stack.wait_until_healthy(timeout_s=HEALTHY_AGAIN_S)
    for sending in (posting, publishing):
        nothing_is_missing(stack, sending.sender, sending.begun)
    print(f"     {posting.begun} readings by HTTPS ({len(https.refused)} attempts failed), {publishing.begun} by MQTT")


def a_prometheus_in_its_network_reaches_every_process(stack: Stack) -> None:
    config = yaml.safe_load((ROOT / "deploy/monitoring/prometheus.compose.yml").read_text("utf-8"))
    (own, _) = config["scrape_configs"]
    targets = {target for group in own["static_configs"] for target in group["targets"]}
    running = set(stack.run("ps", "--services").stdout.split()) - NOT_STARTED
    asked = (
        "import sys, urllib.request as u; print(u.urlopen(f'http://{sys.argv[1]}/metrics', timeout=9).read().decode())"
    )
    for target in sorted(target for target in targets if target.partition(":")[0] in running):
        expect("enermon_" in stack.inside("api", "python", "-c", asked, target), f"{target} tells nothing of Enermon")
    for name in ("front", "broker"):
        said = stack.inside(name, "sh", "-c", "getent hosts database rollup || echo unknown", check=False)
        expect("unknown" in said, f"{name} reaches the database or the roll-up: {said}")


def _kept(stack: Stack) -> dict[str, float]:
    """The quantities of yesterday by carrier, all of them measured whole."""
    start, end = yesterday()
    rows = stack.get("/api/v1/energy", scope="area:150000", start=start, end=end, bucket="total", by="carrier")["data"]
    return {row["carrier"]: row["quantity"] for row in rows}


def the_last_release_is_sent_to(old: Stack) -> None:
    sender = registered_gateway(old, "UPGRADED")
    old.kept["begin_ms"] = str(sender.begin_ms)
    old.kept["password"] = sender.password
    messages = [sender.message(number).decode() for number in range(100)]

    def answer() -> str:
        return old.publish(gateway=sender.gateway, password=sender.password, messages=messages)

    old.wait_for(lambda: answer() == "", timeout_s=60, what=answer)
    old.wait_for(
        lambda: _stored(old, sender.meter)[0] == 100, timeout_s=60, what=lambda: str(_stored(old, sender.meter))
    )


def its_data_are_whole_after_the_upgrade(old: Stack, stack: Stack) -> None:
    kept = _kept(old)
    old.run("stop", "simulator")
    readings = readings_stored(old)
    stack.run("up", "-d", "--remove-orphans")
    stack.wait_until_healthy(timeout_s=300)
    expect(readings_stored(stack) >= readings, f"{readings_stored(stack)} readings of {readings} are there")
    found = _kept(stack)
    differ = {carrier: (value, found.get(carrier)) for carrier, value in kept.items() if found.get(carrier) != value}
    expect(not differ, f"sums of yesterday differ: {differ}")
    sender = Sender("GW-UPGRADED", old.kept["password"], "UPGRADED-E01", int(old.kept["begin_ms"]))
    with ByMqtt(sender, stack.mqtts_port, stack.trusted()) as sending:
        stack.wait_for(lambda: sending.begun > 150, timeout_s=60, what=lambda: f"{sending.begun} sent")
    nothing_is_missing(stack, sender, sending.begun)
    for words in (("enermon", "check"), ("enermon", "verify")):
        stack.run("run", "--rm", "broker-users", *words)
    print(f"     {readings} readings and the sums of {len(kept)} carriers are those of before; check and verify agree")
