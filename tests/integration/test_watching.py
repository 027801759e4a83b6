"""What rules and dashboards ask for is what the running processes tell."""

import re
from contextlib import ExitStack
from pathlib import Path

import httpx

from services.core.host import LAST_BACKUP
from services.ingest.broker_users import SPARKPLUG_USER
from services.up.stack import Stack
from tests.integration.ports import free_port
from tests.integration.running import environment_of, running, running_api
from tests.signed_in import BY_ADMINISTRATOR
from tests.watching import asked, metrics_of

TOLD_BY_ONE = {
    "enermon_ingest_connected": "ingest",
    "enermon_hj212_listening": "hj212",
    "enermon_necc_listening": "necc",
    "enermon_sparkplug_online": "sparkplug",
}
"""What is a fault where it is 0: of another process, which never has it, an alert would come."""
OF_THE_ARCHIVE = {"enermon_archive_reaches_timestamp_seconds"}
"""Told by a process that copies the whole server: tests/integration/backup asks it."""
PROCESSES = ("ingest", "rollup", "quality", "alerts", "hj212", "necc", "sparkplug", "upward")


def told_by(text: str) -> set[str]:
    """The metrics of an answer, as they are declared: a counter of which nothing was counted yet is there too."""
    return set(re.findall(r"^# TYPE (enermon_\w+) ", text, re.MULTILINE))


def test_every_metric_of_the_rules_and_the_dashboards_is_told(
    stack: Stack, store: str, database_url: str, tmp_path: Path
) -> None:
    (tmp_path / LAST_BACKUP).write_text('{"finished": "2026-01-01T00:00:00+00:00", "path": "x", "verified": true}')
    environment = environment_of(stack, database_url) | {
        "ENERMON_BACKUP_DIR": str(tmp_path),
        "ENERMON_SPARKPLUG_MQTT_URL": stack.mqtt_url(SPARKPLUG_USER),
        "ENERMON_HJ212_PORT": "0",
        "ENERMON_NECC_PORT": "0",
        "ENERMON_NECC_KEY": "a key of the tests, long enough for anybody",
        "ENERMON_UPWARD_NECC_URL": "http://127.0.0.1:9/enterprise/register",
        "ENERMON_UPWARD_NECC_SINCE": "2026-01-01",
        "ENERMON_ROLLUP_WORKERS": "2",
        "ENERMON_QUALITY_WORKERS": "1",
    }
    texts = {}
    with ExitStack() as started:
        ports = {name: free_port() for name in PROCESSES if store != "embedded" or name != "sparkplug"}
        for name, port in ports.items():
            started.enter_context(running(name, **environment, **{f"ENERMON_{name.upper()}_METRICS_PORT": str(port)}))
        address = started.enter_context(running_api(**environment))
        for name, port in ports.items():
            texts[name] = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text
        texts["api"] = httpx.get(f"{address}/metrics", headers=BY_ADMINISTRATOR, timeout=30).text

    told = OF_THE_ARCHIVE.union(*map(told_by, texts.values()))
    wanted = {name: metrics_of(expression) for name, expression in asked()}
    missing = {name: sorted(each - told) for name, each in wanted.items() if each - told}
    if store == "embedded":
        missing = {name: each for name, each in missing.items() if not all("_sparkplug_" in one for one in each)}
    assert missing == {}
    for text in (texts["rollup"], texts["api"]):
        assert re.search(r"^enermon_backup_age_seconds \d", text, re.MULTILINE)
        assert re.search(r'^enermon_disk_free_bytes\{path="[^"]+"\} [1-9]', text, re.MULTILINE)
    assert re.search(r"^enermon_ingest_connected 1.0$", texts["ingest"], re.MULTILINE)
    assert re.search(r"^enermon_clock_offset_seconds -?0\.\d|e-0\d$", texts["rollup"], re.MULTILINE)
    for metric, teller in TOLD_BY_ONE.items():
        tellers = [name for name, text in texts.items() if re.search(rf"^{metric}\b", text, re.MULTILINE)]
        assert tellers == [teller] * (teller in texts), metric
    for name in ("ingest", "api", "hj212", "necc"):
        assert re.search(r'^enermon_ingest_readings_total\{outcome="rejected"\} 0.0$', texts[name], re.MULTILINE)
