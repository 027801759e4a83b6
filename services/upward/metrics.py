"""What the sender upward counts, in Prometheus' form."""

from prometheus_client import Counter, Gauge

WAITING = Gauge("enermon_upward_waiting", "Values to be sent upward that are not answered yet")
HELD = Gauge("enermon_upward_held", "Values that cannot be sent upward; `enermon upward --list` says why")
UPLOADS = Counter("enermon_upward_uploads_total", "Uploads by what came of them", ["outcome"])
for _outcome in ("taken", "not_taken"):
    UPLOADS.labels(_outcome)
