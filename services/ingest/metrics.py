"""What ingest counts, in Prometheus' form."""

from collections.abc import Sequence

from prometheus_client import Counter, Histogram

from services.ingest.message import Answer
from services.ingest.store import Unreadable

READINGS = Counter("enermon_ingest_readings_total", "Readings by what became of them", ["outcome"])
REJECTED = Counter("enermon_ingest_rejected_total", "Rejected readings and messages by reason", ["code"])
TURNED_AWAY = Counter("enermon_ingest_turned_away_total", "Messages of flooding gateways, not taken and not answered")
DROPPED = Counter("enermon_ingest_dropped_total", "Rejected readings and messages no longer kept", ["kind", "reason"])
COMMIT_S = Histogram("enermon_ingest_commit_seconds", "Time to store one batch")


def observe(answers: Sequence[Answer], unreadable: Sequence[Unreadable], *, seconds: float) -> None:
    """Count one committed batch."""
    COMMIT_S.observe(seconds)
    READINGS.labels("stored").inc(sum(a.stored for a in answers))
    READINGS.labels("duplicate").inc(sum(a.duplicate for a in answers))
    for answer in answers:
        for rejection in answer.rejected:
            READINGS.labels("rejected").inc()
            REJECTED.labels(rejection["code"]).inc()
    for message in unreadable:
        REJECTED.labels(message.reason.code).inc()
