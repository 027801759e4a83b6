"""What the server of end devices counts, in Prometheus' form."""

from prometheus_client import Counter, Gauge

LISTENING = Gauge("enermon_necc_listening", "1 while end devices can connect")
REQUESTS = Counter("enermon_necc_requests_total", "Requests by what was answered", ["gateway", "request", "answer"])
RECORDS = Counter("enermon_necc_records_total", "Records of uploads by what became of them", ["gateway", "outcome"])
