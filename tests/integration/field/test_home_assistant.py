"""Home Assistant's statestream, and its automation in Enermon's own format."""

import json
import time
from pathlib import Path

from fastapi.testclient import TestClient

from services.up.stack import Stack
from tests.integration.field.conftest import FieldPlant, Stored
from tests.integration.field.software import HOME, demanded, program, recipe
from tests.integration.let_in import let_in, password_of
from tests.integration.ports import free_port
from tests.integration.running import environment_of, running, wait_until

# What the plant has: a meter whose register stands in a file.
PLANT = """
http:
  server_host: 127.0.0.1
  server_port: {port}
logger:
  default: info
command_line:
  - sensor:
      name: main_meter_energy
      command: cat {shown}
      scan_interval: 1
"""


def configured(folder: Path, stack: Stack, plant: FieldPlant) -> Path:
    """Make the folder of its configuration; the file in which the meter shows its register."""
    folder.mkdir()
    shown = folder / "shown"
    shown.write_text("81233.4", "utf-8")
    put = {"GW-150622-0007": plant.gateway, "150622-0007-E01": plant.meters[1], 'minutes: "/15"': 'seconds: "/1"'}
    text = PLANT.format(port=free_port(), shown=shown) + recipe("home-assistant.yaml", put)
    (folder / "configuration.yaml").write_text(text, "utf-8")
    broker = {"broker": "127.0.0.1", "port": stack.broker.port, "discovery": False}
    broker |= {"username": plant.gateway, "password": password_of(plant.gateway)}
    entry = {"entry_id": "enermon", "version": 1, "minor_version": 1, "domain": "mqtt", "title": "Enermon"}
    entry |= {"data": broker | {"birth_message": {}, "will_message": {}}, "options": {}, "source": "user"}
    entry |= {"pref_disable_new_entities": False, "pref_disable_polling": False, "unique_id": None, "disabled_by": None}
    kept = {"version": 1, "minor_version": 1, "key": "core.config_entries", "data": {"entries": [entry]}}
    (folder / ".storage").mkdir()
    (folder / ".storage/core.config_entries").write_text(json.dumps(kept), "utf-8")
    return shown


def test_home_assistant_sends_each_change_without_its_time_and_each_quarter_with_it(
    stack: Stack, database_url: str, client: TestClient, plant: FieldPlant, stored: Stored, tmp_path: Path
) -> None:
    hass = demanded("Home Assistant (from PyPI, in ENERMON_HOME/home-assistant)", HOME / "home-assistant/bin/hass")
    point = {"name": "main_meter_energy", "meter": plant.meters[0]}
    gateway = f"/api/v1/gateways/{plant.gateway}"
    assert client.put(f"{gateway}/profile", json={"profile": "ha-statestream"}).status_code == 200
    assert client.put(f"{gateway}/points", json={"points": [point]}).status_code == 200
    let_in(stack.broker, [plant.gateway])
    shown = configured(tmp_path / "hass", stack, plant)
    began_ms = time.time_ns() // 1_000_000
    command = [hass, "-c", str(tmp_path / "hass")]

    def values(meter: str) -> list[float]:
        """Each of them once."""
        return list(dict.fromkeys(value for _, value in stored.of(meter)))

    with (
        running("ingest", **environment_of(stack, database_url)),
        program(command, tmp_path / "hass.log", PATH=f"{Path(hass).parent}:/usr/bin:/bin") as home,
    ):
        wait_until("the first is stored", lambda: values(plant.meters[1]) == [81233.4], within_s=60, said=home.said)
        shown.write_text("81234.125", "utf-8")
        wait_until("its change is stored", lambda: values(plant.meters[0])[-1:] == [81234.125], said=home.said)
        wait_until("so it is with times", lambda: values(plant.meters[1])[-1:] == [81234.125], said=home.said)
    assert values(plant.meters[1]) == [81233.4, 81234.125]
    assert set(values(plant.meters[0])) <= {81233.4, 81234.125}
    times = [at_ms for meter in plant.meters for at_ms, _ in stored.of(meter)]
    assert began_ms <= min(times) <= max(times) <= time.time_ns() // 1_000_000
    counts = client.get("/api/v1/foreign-counts").json()["data"]
    assert {each["reason"] for each in counts} == {"received"}
