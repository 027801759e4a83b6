"""What the server of HJ 212 counts, in Prometheus' form. By monitor it stands in the database (`monitor_state`)."""

from prometheus_client import Counter, Gauge

LISTENING = Gauge("enermon_hj212_listening", "1 while monitors can connect")
CONNECTIONS = Gauge("enermon_hj212_connections", "Monitors that are connected")
TURNED_AWAY = Counter("enermon_hj212_turned_away_total", "Connections that were ended, by reason", ["reason"])
FRAMES = Counter(
    "enermon_hj212_frames_total", "Whole frames with the right checksum, by what became of them", ["outcome"]
)
BROKEN = Counter("enermon_hj212_broken_total", "What was no whole frame, or had a wrong length, by kind", ["kind"])
ANSWERS = Counter("enermon_hj212_answers_total", "Answers given after the commit")
WAITING = Gauge("enermon_hj212_waiting_frames", "Frames that are taken and not yet committed")
