"""zabbix_sender, answered through the bridge when what it sends is stored."""

import subprocess
import sys
from pathlib import Path

from tests.integration.field.conftest import Door, FieldPlant, Stored
from tests.integration.field.software import RECIPES, demanded, program
from tests.integration.ports import free_port
from tests.integration.running import wait_until

AT_S = 1_772_416_800


def test_zabbix_sender_is_told_what_is_stored_and_may_send_a_file_again(
    door: Door, plant: FieldPlant, stored: Stored, tmp_path: Path
) -> None:
    sender = demanded("zabbix_sender (Debian: zabbix-agent)", "zabbix_sender")
    port = str(free_port())
    first, second = plant.meters
    facts = {"GATEWAY": plant.gateway, "PASSWORD": door.password, "LISTEN_PORT": port}
    command = [sys.executable, str(RECIPES / "zabbix_bridge.py")]

    def send(*words: str) -> tuple[int, str]:
        told = subprocess.run(
            [sender, "-z", "127.0.0.1", "-p", port, "-vv", *words],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return told.returncode, told.stdout + told.stderr

    file = tmp_path / "values"
    lines = [f"plant {first} {AT_S} 81233.4", f"plant {second} {AT_S} 0.30000000000000004"]
    file.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    with program(command, tmp_path / "away.log", ENERMON_URL="http://127.0.0.1:9", **facts) as away:
        wait_until("the bridge listens", lambda: away.says("listening"), said=away.said)
        code, told = send("-T", "-i", str(file))
        assert (code, stored.of(first)) == (1, []), told
    with program(command, tmp_path / "bridge.log", ENERMON_URL=door.address, **facts) as bridge:
        wait_until("the bridge listens", lambda: bridge.says("listening"), said=bridge.said)
        for _ in range(2):
            code, told = send("-T", "-i", str(file))
            assert (code, "processed: 2; failed: 0; total: 2" in told) == (0, True), told
        code, told = send("-s", "plant", "-k", first, "-o", "81234.75")
        assert code == 0, told
        file.write_text(f"plant nobody {AT_S} 1\nplant {second} {AT_S} n/a\nplant {second} {AT_S + 900} 7.5\n", "utf-8")
        code, told = send("-T", "-i", str(file))
        assert (code, "processed: 1; failed: 2; total: 3" in told) == (2, True), told
        assert bridge.says("unknown_meter")
        assert bridge.says("'n/a' is no number")
    assert stored.of(second) == [(AT_S * 1000, 0.30000000000000004), ((AT_S + 900) * 1000, 7.5)]
    assert [value for _, value in stored.of(first)] == [81233.4, 81234.75]
