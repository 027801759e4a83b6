"""Makes the dump of a released version by its own program: python -m tests.integration.released.make CHECKOUT VERSION.

CHECKOUT is a working tree of the version's commit; ENERMON_RELEASED_PACKAGES a folder with packages that it needs and
this version does not. A region of two enterprises sends 29 hours of two months, with readings that are doubled, late
and out of order, and one that cannot be taken; three are corrected. The version books and seals them, and is dumped.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from services.up.home import Home
from services.up.stack import native_database
from tests.integration.ports import free_port
from tests.integration.released.dumps import FOLDER, take

REGION = ("--enterprises", "2", "--from", "2026-10-31T04:00:00Z", "--to", "2026-11-01T09:00:00Z")
FAULTS = "duplicates=0.1,shuffle=0.2,late=0.2,reset=0.002"
UNTAKEN = {"seq": 9_000_001, "readings": [{"meter": "NO-METER", "ts": "2026-10-31T00:00:00Z", "value": 1}]}
WITHIN_S = 180
QUIET_S = 12
"""Sealing and quality have done theirs by then."""


def main() -> None:
    """Run the version, send, wait until all is booked, stop it, dump."""
    checkout, version = Path(sys.argv[1]).resolve(), sys.argv[2]
    home = Path(tempfile.mkdtemp(prefix="enermon-released-"))
    home.chmod(0o755)
    ports = {part: free_port() for part in ("API", "DATABASE", "MQTT")}
    env = {
        **os.environ,
        **{f"ENERMON_{part}_PORT": str(port) for part, port in ports.items()},
        "PYTHONPATH": os.pathsep.join([str(checkout), *filter(None, [os.environ.get("ENERMON_RELEASED_PACKAGES")])]),
        "ENERMON_HOME": str(home),
    }
    api = f"http://127.0.0.1:{ports['API']}"
    with (home / "up.log").open("wb") as log:
        up = subprocess.Popen(
            _argv("services", "up", "--store", "native", "--no-fleet"), cwd=checkout, env=env, stdout=log, stderr=log
        )
        try:
            _until(lambda: _answers(f"{api}/health/ready"))
            key = home / "secrets" / "administrator.key"
            signed = ["--key-file", str(key)] if key.exists() else []
            passwords = home / "secrets" / ("fleet.csv" if key.exists() else "gateway-passwords.csv")
            subprocess.run(
                [
                    *_argv("simulators", "fleet", "--api", api, *signed, "--passwords", str(passwords)),
                    *("--mqtt", f"mqtt://127.0.0.1:{ports['MQTT']}", "--state", str(home / "state")),
                    *("--no-live", "--faults", FAULTS, "--progress", "none", "--wait", "60", *REGION),
                ],
                cwd=checkout,
                env=env,
                check=True,
            )
            url = f"postgresql://enermon:{Home(home).secret('database')}@127.0.0.1:{ports['DATABASE']}/enermon"
            token = key.read_text().strip() if key.exists() else ""
            _send_untaken(api, url, token)
            _until(lambda: _all_is_booked(url))
            asking = (checkout, {**env, "ENERMON_DATABASE_URL": url})
            _said(*asking, "account", "add", "second", "--role", "administrator")
            second = _said(*asking, "account", "key", "second")
            _correct(api, url, token or _said(*asking, "corrector", "add", "zhang"), second)
            _until(lambda: _all_is_booked(url))
            time.sleep(QUIET_S)
        finally:
            up.terminate()
            up.wait()
    database = native_database(Home(home))
    database.fixed_port = ports["DATABASE"]
    database.start()
    try:
        print(take(url, version, FOLDER, database.program.bin))
    finally:
        database.stop()


def _argv(package: str, *arguments: str) -> list[str]:
    run = f"import sys; sys.argv[0] = '{package}'; from {package}.cli import main; main()"
    return [sys.executable, "-c", run, *arguments]


def _until(holds: Callable[[], bool]) -> None:
    end_s = time.monotonic() + WITHIN_S
    while not holds():
        if time.monotonic() > end_s:
            raise SystemExit(f"not within {WITHIN_S} s: {holds}")
        time.sleep(0.5)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _post(url: str, token: str, body: object) -> Any:
    signed = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json", **signed})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        raise SystemExit(f"{url}: {refused.code} {refused.read().decode()}") from None


def _send_untaken(api: str, database_url: str, token: str) -> None:
    with psycopg.connect(database_url) as connection:
        (gateway,) = connection.execute("SELECT code FROM gateway ORDER BY 1 LIMIT 1").fetchone() or ("",)
    _post(f"{api}/api/v1/readings?gateway={gateway}", token, UNTAKEN)


def _said(checkout: Path, env: dict[str, str], *arguments: str) -> str:
    """The last word of what the command prints; empty where the version has no such command."""
    argv = _argv("services", *arguments)
    done = subprocess.run(argv, cwd=checkout, env=env, capture_output=True, text=True, check=False)
    return done.stdout.split()[-1] if done.returncode == 0 else ""


def _correct(api: str, database_url: str, token: str, second: str) -> None:
    """Correct a reading in each of three ways, where the version can; of what must be confirmed, the third waits on."""
    if not token:
        return
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT meter.code, reading.ts, reading.value FROM meter JOIN reading ON reading.meter_id = meter.meter_id"
            " WHERE meter.meter_id = (SELECT min(meter_id) FROM reading) ORDER BY ts OFFSET 60 LIMIT 2"
        ).fetchall()
    (meter, first, value), (_, at, _) = rows
    for entry in (
        {"ts": first.isoformat(), "kind": "replace", "value": value - 0.5},
        {"ts": at.isoformat(), "kind": "withdraw"},
        {"ts": (at + timedelta(minutes=1)).isoformat(), "kind": "supply", "value": value + 0.25},
    ):
        told = _post(f"{api}/api/v1/meters/{meter}/corrections", token, {**entry, "reason": "the register was misread"})
        if told.get("proposal_id") in (1, 2):
            _post(f"{api}/api/v1/proposals/{told['proposal_id']}/confirm", second, {})


def _all_is_booked(database_url: str) -> bool:
    with psycopg.connect(database_url) as connection:
        queues = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname IN ('dirty_slot', 'late_slot')"
        ).fetchall()
        return not any(connection.execute(f"SELECT FROM {name} LIMIT 1").fetchone() for (name,) in queues)


if __name__ == "__main__":
    main()
