"""The archive of backups in containers, and a restore into a volume that was not there."""

import re
import time
from dataclasses import replace
from pathlib import Path

from tests.compose.stack import Stack, expect, readings_stored

ROOT = Path(__file__).resolve().parents[2]
REACHES = re.compile(r"^enermon_archive_reaches_timestamp_seconds ([0-9.e+]+)$", re.MULTILINE)
ASKED = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:9109/metrics', timeout=9).read().decode())"
ARCHIVED_S, RESTORED_S = 120, 240


def what_was_archived_is_restored_into_a_new_volume(stack: Stack) -> None:
    """All that was stored when the senders stopped is there, and check and verify agree."""
    stack.run("stop", "simulator")
    readings, stopped_s = readings_stored(stack), time.time()

    def reaches_s() -> float:
        found = REACHES.search(stack.inside("archive", "python", "-c", ASKED))
        return float(found[1]) if found else 0.0

    stack.wait_for(
        lambda: reaches_s() > stopped_s,
        timeout_s=ARCHIVED_S,
        what=lambda: f"the archive reaches {reaches_s() - stopped_s:.0f} s",
    )
    said = stack.run("run", "--rm", "--no-deps", "--entrypoint", "id", "database").stdout
    user = re.findall(r"[ug]id=([0-9]+)", said)
    restored = stack.run("run", "--rm", "-e", f"ENERMON_DATABASE_USER={':'.join(user[:2])}", "restore")
    expect("start the database on it" in restored.stdout + restored.stderr, restored.stdout + restored.stderr)
    stack.run("down")
    # One process of each kind, and no archive: a restored database wants a folder of its own.
    words = ("env", "COMPOSE_PROFILES=", *stack.compose, "-f", str(ROOT / "deploy/docker/restored.yml"))
    again = replace(stack, compose=words)
    again.run("up", "-d")
    again.wait_until_healthy(timeout_s=RESTORED_S)
    expect(readings_stored(again) >= readings, f"{readings_stored(again)} readings of {readings} are there")
    for asked in ("check", "verify"):
        again.run("run", "--rm", "broker-users", "enermon", asked)
    print(f"     {readings_stored(again)} readings restored; check and verify agree")
