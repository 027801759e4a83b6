"""What the archive counts, in Prometheus' form."""

from prometheus_client import Counter, Gauge

REACHES = Gauge("enermon_archive_reaches_timestamp_seconds", "Moment up to which the archive can be restored; 0: none")
ARCHIVED = Counter("enermon_archive_segments_total", "WAL segments that were stored")
FAILURES = Counter("enermon_archive_failures_total", "What could not be stored, and is tried again", ["what"])
for _what in ("wal", "base"):
    FAILURES.labels(_what)
