"""What the Sparkplug host counts, in Prometheus' form."""

from prometheus_client import Counter, Gauge

ONLINE = Gauge("enermon_sparkplug_online", "1 while the host is at the broker and STATE says so")
WAITING_BYTES = Gauge("enermon_sparkplug_waiting_bytes", "Taken from the broker and not stored yet")
READINGS = Counter("enermon_sparkplug_readings_total", "Readings by what became of them", ["gateway", "outcome"])
REFUSED = Counter("enermon_sparkplug_refused_messages_total", "Messages kept whole, by reason", ["gateway", "code"])
INCIDENTS = Counter("enermon_sparkplug_incidents_total", "Times in which messages may be missing", ["gateway", "kind"])
REBIRTHS = Counter("enermon_sparkplug_rebirths_total", "Births that were asked for", ["gateway"])
STALE_DEATHS = Counter("enermon_sparkplug_stale_deaths_total", "Deaths of sessions before the one that stands")
