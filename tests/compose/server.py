"""What deploy/systemd/install.sh promises, checked on a running server without containers. Started by server.sh.

python -m tests.compose.server CONTAINER
"""

import ssl
import subprocess
import sys
import time
from collections.abc import Callable

from tests.compose.going_on import nothing_is_missing, registered_gateway
from tests.compose.senders import ByHttps, ByMqtt
from tests.compose.stack import NotSoError, Stack, expect

INSTALL = "/root/enermon/deploy/systemd/install.sh"
HARDENED_TO = 2.0
"""Exposure by `systemd-analyze security`, of 10; below 3 it says OK."""
UNITS = (
    *("enermon-broker-users", "enermon-broker", "enermon-front", "enermon-api@8000", "enermon-api@8001"),
    *("enermon@ingest", "enermon@rollup", "enermon@quality", "enermon@alerts"),
)


class Server(Stack):
    """The container that stands in for a server, asked as a stack of containers is."""

    def run(self, *words: str, stdin: str | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
        """A command on the server; raises NotSoError if it fails and `check` is on."""
        done = subprocess.run(
            ("docker", "exec", "-i", *self.compose, *words),
            input=stdin or "",
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        if check and done.returncode:
            raise NotSoError(f"{' '.join(words)} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-3000:]}")
        return done

    def inside(self, service: str, *words: str, stdin: str | None = None, check: bool = True) -> str:
        """The same: there is one machine. The database is asked as its user."""
        if service == "database":
            words = ("runuser", "-u", "postgres", "--", "env", "PGPORT=15432", *words)
        done = self.run(*words, stdin=stdin, check=check)
        return done.stdout + done.stderr

    def trusted(self) -> ssl.SSLContext:
        """Trusts the private CA of the server, and no other."""
        return ssl.create_default_context(cadata=self.run("cat", "/etc/enermon/tls/ca.pem").stdout)

    def key(self) -> str:
        """The key of the first administrator."""
        return self.run("cat", "/etc/enermon/administrator/key").stdout.strip()


def a_dry_run_changes_nothing(server: Server) -> None:
    said = server.run(INSTALL, "--dry-run").stdout
    expect("would run: pg_createcluster" in said, said)
    there = server.run("ls", "/etc/enermon", "/opt/enermon", check=False)
    expect(there.returncode != 0 and there.stdout == "", there.stdout)


def it_is_installed_and_works(server: Server) -> None:
    server.run(INSTALL, "--wheels", "/wheels")
    for unit in UNITS:
        said = server.run("systemctl", "is-active", unit, check=False).stdout.strip()
        expect(said == "active", f"{unit} is {said}")
    expect(server.get("/health/ready") == {"status": "ok"}, "not ready")


def again_it_restarts_nothing(server: Server) -> None:
    def pids() -> list[str]:
        return [server.run("systemctl", "show", "-P", "MainPID", unit).stdout for unit in UNITS]

    before = pids()
    server.run(INSTALL, "--wheels", "/wheels")
    expect(pids() == before, "a second run has restarted processes")


def a_rolling_restart_refuses_no_reading(server: Server) -> None:
    owner = {"credit_code": "91150000MA00000002", "name_zh": "测试", "name_en": "test"}
    area = server.get("/api/v1/areas", level="banner", limit=1)["data"][0]["code"]
    server.post("/api/v1/enterprises", owner | {"trade": "cement", "area_code": area, "valid_from": "2020-01-01"})
    https, mqtt = registered_gateway(server, "HTTPS"), registered_gateway(server, "MQTT")
    trusted = server.trusted()
    with ByHttps(https, server.api_url, trusted) as posting, ByMqtt(mqtt, server.mqtts_port, trusted) as publishing:
        server.run("/root/enermon/deploy/systemd/rolling_restart.sh")
    expect(not https.refused and not mqtt.refused, f"refused: {(https.refused + mqtt.refused)[:3]}")
    for sending in (posting, publishing):
        nothing_is_missing(server, sending.sender, sending.begun)
    print(f"     {posting.begun} readings by HTTPS and {publishing.begun} by MQTT while all were restarted")


def what_is_killed_comes_again_and_nothing_is_lost(server: Server) -> None:
    sender = registered_gateway(server, "KILLED")
    with ByMqtt(sender, server.mqtts_port, server.trusted()) as sending:
        server.run("systemctl", "kill", "-s", "KILL", *UNITS)
        time.sleep(5)
        server.wait_for(
            lambda: all(
                server.run("systemctl", "is-active", unit, check=False).stdout.strip() == "active" for unit in UNITS
            ),
            timeout_s=60,
            what=lambda: server.run("systemctl", "list-units", "enermon*", check=False).stdout,
        )
    nothing_is_missing(server, sender, sending.begun)
    print(f"     {sending.begun} readings by MQTT")


def units_are_hardened(server: Server) -> None:
    for unit in UNITS:
        said = server.run("systemd-analyze", "security", "--no-pager", unit).stdout.strip().splitlines()[-1]
        exposure = float(next(word for word in said.split() if word.replace(".", "").isdigit()))
        expect(exposure <= HARDENED_TO, said)
    owners = {
        server.run("systemctl", "show", "-P", "User", unit).stdout.strip() for unit in UNITS if "broker" not in unit
    }
    expect(len(owners) == 6 and not owners & {"", "root"}, f"processes run as {owners}")
    refused = server.run(
        "runuser", "-u", "enermon-api", "--", "cat", "/etc/enermon/credentials/ingest/database", check=False
    )
    expect("Permission denied" in refused.stderr, "one process can read the password of another")


def uninstalling_keeps_the_data(server: Server) -> None:
    said = server.run(INSTALL, "--uninstall").stdout
    expect("pg_dropcluster --stop" in said, said)
    expect(server.run("systemctl", "list-units", "--plain", "--no-legend", "enermon*").stdout == "", "units are left")
    expect(server.run("ls", "/opt/enermon", check=False).returncode != 0, "programs are left")
    server.run(INSTALL, "--wheels", "/wheels")
    expect(len(server.get("/api/v1/gateways", limit=10)["data"]) == 3, "the gateways are gone")


CHECKS: tuple[Callable[[Server], None], ...] = (
    a_dry_run_changes_nothing,
    it_is_installed_and_works,
    again_it_restarts_nothing,
    units_are_hardened,
    a_rolling_restart_refuses_no_reading,
    what_is_killed_comes_again_and_nothing_is_lost,
    uninstalling_keeps_the_data,
)


def main(container: str) -> int:
    """Run the checks in order, stopping at the first that fails. Gives the exit code."""

    def port(inside: int) -> int:
        said = subprocess.run(("docker", "port", container, str(inside)), capture_output=True, text=True, check=True)
        return int(said.stdout.splitlines()[0].rpartition(":")[2])

    server = Server((container,), f"https://localhost:{port(8443)}", port(8883))
    for check in CHECKS:
        title, started_s = check.__name__.replace("_", " "), time.monotonic()
        try:
            check(server)
        except NotSoError as error:
            print(f"FAIL {title}: {error}", flush=True)
            print(server.run("journalctl", "-n", "60", "--no-pager", check=False).stdout, file=sys.stderr)
            return 1
        print(f"PASS {title} ({time.monotonic() - started_s:.0f} s)", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
