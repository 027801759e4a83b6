"""Times answers of the API, each beside a simple one of the same moment."""

import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPResponse, RemoteDisconnected
from urllib.parse import urlencode

REFERENCE_PATH = "/health/ready"
# The client prepares a statement at its sixth call; PostgreSQL weighs a general plan against those of its next five.
WARM_UP_CALLS = 20


@dataclass(frozen=True)
class Question:
    """A call that is measured."""

    name: str
    path: str
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def target(self) -> str:
        """Path and parameters as they are sent."""
        return f"{self.path}?{urlencode(self.parameters)}" if self.parameters else self.path


@dataclass(frozen=True)
class Timing:
    """What a question took, in milliseconds; `status` other than 200: it was not answered, and not measured."""

    question: Question
    status: int
    calls: int = 0
    rows: int | None = None
    answer_bytes: int = 0
    p50_ms: float = 0.0
    p95_ms: float = 0.0
    p99_ms: float = 0.0
    reference_p50_ms: float = 0.0
    reference_p95_ms: float = 0.0

    @property
    def ratio(self) -> float:
        """Its median against that of the reference."""
        return self.p50_ms / self.reference_p50_ms


class Caller:
    """One connection to the API, kept open as a browser keeps it."""

    def __init__(self, host: str, port: int, *, key: str, timeout_s: float = 60.0) -> None:
        self._headers = {"Authorization": f"Bearer {key}"}
        self._connection = HTTPConnection(host, port, timeout=timeout_s)

    def get(self, target: str) -> tuple[int, bytes, float]:
        """Status, body and milliseconds until the last byte."""
        started_s = time.perf_counter()
        try:
            response = self._sent(target)
        except RemoteDisconnected:
            # Kept open for long without a question.
            self._connection.close()
            response = self._sent(target)
        body = response.read()
        return response.status, body, (time.perf_counter() - started_s) * 1000.0

    def _sent(self, target: str) -> HTTPResponse:
        self._connection.request("GET", target, headers=self._headers)
        return self._connection.getresponse()

    def timing(self, question: Question, *, calls: int) -> Timing:
        """Ask so many times after a warm-up, with the reference after each call."""
        for _ in range(WARM_UP_CALLS):
            status, body, _ = self.get(question.target)
            self.get(REFERENCE_PATH)
            if status != HTTPStatus.OK:
                return Timing(question, status)
        taken_ms, reference_ms = [], []
        for _ in range(calls):
            taken_ms.append(self.get(question.target)[2])
            reference_ms.append(self.get(REFERENCE_PATH)[2])
        return Timing(
            question,
            status,
            calls,
            _rows(body),
            len(body),
            percentile(taken_ms, 50),
            percentile(taken_ms, 95),
            percentile(taken_ms, 99),
            percentile(reference_ms, 50),
            percentile(reference_ms, 95),
        )


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest of the values that at least so many percent of them do not exceed. Raises ValueError for none."""
    if not values:
        raise ValueError("no values")
    return sorted(values)[max(1, math.ceil(len(values) * percent / 100)) - 1]


def _rows(body: bytes) -> int | None:
    """How many rows an answer has; None where it is no list."""
    data = json.loads(body).get("data")
    return len(data) if isinstance(data, list) else None
