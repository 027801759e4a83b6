"""What the alert service counts, in Prometheus' form."""

from collections.abc import Iterable

from prometheus_client import Counter, Gauge, Histogram

CYCLES = Counter("enermon_alerts_cycles_total", "Times that rules were evaluated")
CYCLE_S = Histogram("enermon_alerts_cycle_seconds", "Time to evaluate the rules that were due and to store the outcome")
OBSERVE_S = Histogram(
    "enermon_alerts_observe_seconds", "Time of a cycle in which the rules that were due were evaluated"
)
RULES_FAILED = Counter("enermon_alerts_rules_failed_total", "Rules that could not be evaluated", ["rule"])
INSTANCES = Gauge("enermon_alerts_instances", "Subjects that the rule was held against the last time", ["rule"])
FIRING = Gauge("enermon_alerts_firing", "Alerts that fire now", ["rule"])
CHANGES = Counter("enermon_alerts_changes_total", "What happened to alerts", ["kind"])
MESSAGES = Counter("enermon_alerts_messages_total", "Messages written to the outbox", ["kind"])
UNTOLD = Counter("enermon_alerts_untold_total", "Alerts that fired, or were late, and nobody was told of", ["kind"])
WAITING = Gauge(
    "enermon_alerts_messages_waiting", "Messages not yet sent; retry: at least one attempt failed", ["stage"]
)
DELIVERIES = Counter("enermon_alerts_deliveries_total", "Attempts to send a message", ["channel", "outcome"])


def count_from_nothing(channels: Iterable[str]) -> None:
    """Begin each count of deliveries with 0: of one that begins with 1 Prometheus sees no increase."""
    for channel in channels:
        for outcome in ("sent", "failed", "dead"):
            DELIVERIES.labels(channel, outcome)
