"""Node-RED keeps what was not answered: in its own format, over a cut line and its own sudden end."""

import json
from pathlib import Path

import httpx

from services.up.stack import Stack
from tests.chaos.proxy import Proxy
from tests.integration.field.conftest import FieldPlant, Stored
from tests.integration.field.software import HOME, Program, demanded, program, recipe
from tests.integration.let_in import let_in, password_of
from tests.integration.ports import free_port
from tests.integration.running import environment_of, running, wait_until

SETTINGS = """
module.exports = {
  flowFile: "flows.json", uiHost: "127.0.0.1", uiPort: %d, httpAdminRoot: false, disableEditor: true,
  credentialSecret: false, mqttReconnectTime: 500, logging: { console: { level: "info" } },
};
"""
# What the plant's own flows would do: here the test says what the meters show.
METERS = [
    {"id": "t1", "type": "http in", "z": "enermon-tab", "url": "/shown", "method": "post", "wires": [["t2"]]},
    {
        "id": "t2",
        "type": "function",
        "z": "enermon-tab",
        "func": "msg.ts = msg.payload.ts; msg.payload = msg.payload.values; return msg;",
        "outputs": 1,
        "wires": [["enermon-outbox", "t3"]],
    },
    {"id": "t3", "type": "http response", "z": "enermon-tab", "statusCode": "204", "wires": []},
]
START_MS = 1_772_416_800_000


def node_red(home: Path, plant: FieldPlant, *, mqtt_port: int, http_port: int) -> list[str]:
    """Make the folder in which it finds the recipe; the command."""
    node = demanded("Node.js", "node")
    red = HOME / "node-red/node_modules/node-red/red.js"
    demanded("Node-RED (make bench installs it from npm)", red)
    home.mkdir()
    flow = json.loads(recipe("node-red.json", {"GW-150622-0007": plant.gateway}))
    for each in flow:
        if each["type"] == "mqtt-broker":
            each |= {"broker": "127.0.0.1", "port": str(mqtt_port), "usetls": False}
        if each["type"] == "tab":
            each["env"][1]["value"] = str(home / "outbox")
    (home / "flows.json").write_text(json.dumps([*flow, *METERS]), "utf-8")
    login = {"enermon-broker": {"user": plant.gateway, "password": password_of(plant.gateway)}}
    (home / "flows_cred.json").write_text(json.dumps(login), "utf-8")
    (home / "settings.js").write_text(SETTINGS % http_port, "utf-8")
    return [node, str(red), "-u", str(home)]


def test_node_red_loses_nothing_over_a_cut_line_and_its_own_sudden_end(
    stack: Stack, database_url: str, plant: FieldPlant, stored: Stored, tmp_path: Path
) -> None:
    broker = Proxy(lambda: stack.broker.port or 0)
    port, home = free_port(), tmp_path / "node-red"
    command = node_red(home, plant, mqtt_port=broker.port, http_port=port)
    first, second = plant.meters

    def show(quarter: int, value: float, other: float) -> None:
        shown = {"ts": START_MS + quarter * 900_000, "values": {first: value, second: other}}
        assert httpx.post(f"http://127.0.0.1:{port}/shown", json=shown, timeout=30).status_code == 204

    def kept() -> int:
        return len(list((home / "outbox").glob("*.json")))

    def connected(red: Program) -> None:
        wait_until("it is connected", lambda: red.says("Connected to broker"), said=red.said)

    let_in(stack.broker, [plant.gateway])
    with running("ingest", **environment_of(stack, database_url)):
        with program(command, tmp_path / "first.log") as red:
            connected(red)
            show(0, 81233.4, 0.1)
            wait_until("the first is stored", lambda: len(stored.of(second)) == 1, said=red.said)
            broker.refuse()
            show(1, 81234.0, 0.30000000000000004)
            show(2, 81235.7, 12345678.9)
            wait_until("they are kept", lambda: kept() == 2, said=red.said)
        broker.accept()
        with program(command, tmp_path / "second.log") as red:
            wait_until("all are answered", lambda: kept() == 0, said=red.said)
            show(3, 81236.0, 12345679.0)
            wait_until("the last is answered", lambda: len(stored.of(second)) == 4 and not kept(), said=red.said)
    assert (home / "outbox/last").read_text("utf-8") == "4"
    values = [81233.4, 81234.0, 81235.7, 81236.0], [0.1, 0.30000000000000004, 12345678.9, 12345679.0]
    for meter, shown in zip(plant.meters, values, strict=True):
        assert stored.of(meter) == [(START_MS + n * 900_000, value) for n, value in enumerate(shown)]
    broker.close()
