"""The topics of the contract with gateways and enterprises (docs/mqtt.md, docs/alerts.md). Pure."""

READINGS = ("enermon/v1/+/readings", "enermon/v1/+/readings/+")
"""In our own format, and in one that is named."""
STATUS = "enermon/v1/+/status"
ACK = "enermon/v1/+/ack"
ALERTS = "enermon/v1/enterprises/+/alerts"
SHARE_GROUP = "enermon-ingest"


def shared(topic: str) -> str:
    """The subscription that several ingest processes have in common."""
    return f"$share/{SHARE_GROUP}/{topic}"


def own(topic: str, code: str) -> str:
    """The topic of one gateway or enterprise: its code in place of the level that stands for any."""
    return topic.replace("+", code, 1)
