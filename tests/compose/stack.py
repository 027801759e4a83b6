"""A running docker-compose.yml, as its tests see it: its commands, its containers, its API, its broker."""

import datetime as dt
import json
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

COMMAND_TIMEOUT_S = 600
HTTP_TIMEOUT_S = 30
POLL_S = 1.0


class NotSoError(Exception):
    """A check did not find what it expects."""


SHANGHAI = dt.timezone(dt.timedelta(hours=8))


def expect(is_so: bool, otherwise: str) -> None:
    """Raises NotSoError."""
    if not is_so:
        raise NotSoError(otherwise)


def yesterday() -> tuple[str, str]:
    """Its beginning and end in Asia/Shanghai."""
    today = dt.datetime.now(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    return (today - dt.timedelta(days=1)).isoformat(), today.isoformat()


@dataclass(frozen=True)
class Stack:
    """`compose` is the command with its options, `api_url` where the front is published, `mqtts_port` the broker."""

    compose: tuple[str, ...]
    api_url: str
    mqtts_port: int = 0
    kept: dict[str, str] = field(default_factory=dict)
    """What one check hands on to those after it."""

    def run(self, *words: str, stdin: str | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
        """A command of docker-compose. Raises NotSoError if it fails and `check` is on."""
        return _run((*self.compose, *words), stdin=stdin, check=check)

    def inside(self, service: str, *words: str, stdin: str | None = None, check: bool = True) -> str:
        """What a command answers that runs in a service's container, both streams."""
        # By the engine: docker-compose 1.29 looks for number 1 alone, and a replaced API is number 2.
        container = self.run("ps", "--quiet", service).stdout.split()[0]
        done = _run(("docker", "exec", "-i", container, *words), stdin=stdin, check=check)
        return done.stdout + done.stderr

    def containers(self) -> list[dict[str, Any]]:
        """What the engine knows of each container of the project."""
        ids = self.run("ps", "--all", "--quiet").stdout.split()
        found: list[dict[str, Any]] = json.loads(_run(("docker", "inspect", *ids)).stdout)
        return found

    def started(self, service: str) -> str:
        """When the container of the service was started."""
        container = self.run("ps", "--quiet", service).stdout.split()[0]
        return _run(("docker", "inspect", "-f", "{{.State.StartedAt}}", container)).stdout

    def wait_until_healthy(self, *, timeout_s: float) -> None:
        """Every container is healthy or, without a health check, ended well. Raises NotSoError."""
        self.wait_for(lambda: not list(self._ailing()), timeout_s=timeout_s, what=lambda: "; ".join(self._ailing()))

    def _ailing(self) -> Iterator[str]:
        for container in self.containers():
            state = container["State"]
            health = state.get("Health", {}).get("Status")
            if health != "healthy" and not (health is None and state["Status"] == "exited" and state["ExitCode"] == 0):
                yield f"{container['Name']} is {state['Status']}, {health or state['ExitCode']}"

    def wait_for(self, is_so: Callable[[], bool], *, timeout_s: float, what: Callable[[], str]) -> None:
        """Look again until it is so. Raises NotSoError with `what` after the time."""
        deadline = time.monotonic() + timeout_s
        while not is_so():
            if time.monotonic() > deadline:
                raise NotSoError(f"not within {timeout_s:.0f} s: {what()}")
            time.sleep(POLL_S)

    def get(self, path: str, **parameters: str | int) -> Any:
        """The JSON answer of the API. Raises NotSoError."""
        return self._ask(urllib.request.Request(f"{self.api_url}{path}?{urlencode(parameters)}", headers=self._key()))

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The JSON answer of the API. Raises NotSoError."""
        headers = {"Content-Type": "application/json", **self._key()}
        return self._ask(urllib.request.Request(f"{self.api_url}{path}", json.dumps(body).encode(), headers))

    def trusted(self) -> ssl.SSLContext:
        """Trusts the private CA of the stack, and no other."""
        return ssl.create_default_context(cadata=self.inside("broker", "cat", "/tls/ca.pem"))

    def key(self) -> str:
        """The key of the first administrator."""
        return self.inside("simulator", "cat", "/secrets/administrator/key").strip()

    def _key(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key()}"}

    def _ask(self, request: urllib.request.Request) -> Any:
        try:
            context = self.trusted() if self.api_url.startswith("https") else None
            with urllib.request.urlopen(request, timeout=HTTP_TIMEOUT_S, context=context) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise NotSoError(f"{request.full_url}: {error.code} {error.read().decode()[:300]}") from error
        except OSError as error:
            raise NotSoError(f"{request.full_url}: {error}") from error

    def publish(self, *, gateway: str, password: str, messages: list[str]) -> str:
        """Publish below the gateway's topic, QoS 1; what mosquitto_pub says, empty if all went well."""
        program = f"mosquitto_pub -h 127.0.0.1 -q 1 -u {gateway} -P {password} -t enermon/v1/{gateway}/readings -l"
        return self.inside("broker", *program.split(), stdin="".join(f"{m}\n" for m in messages), check=False).strip()


def _run(words: tuple[str, ...], *, stdin: str | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        words, input=stdin or "", capture_output=True, text=True, timeout=COMMAND_TIMEOUT_S, check=False
    )
    if check and done.returncode:
        raise NotSoError(f"{' '.join(words)} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-3000:]}")
    return done


def readings_stored(stack: Stack) -> int:
    """How many readings there are."""
    count = "SELECT count(*) FROM reading"
    return int(stack.inside("database", "psql", "-U", "postgres", "-d", "enermon", "-Atc", count))
