"""The topics of the contract with gateways and enterprises (docs/mqtt.md, docs/alerts.md). Pure."""

READINGS = ("enermon/v1/+/readings", "enermon/v1/+/readings/+")
"""In our own format, and in one that is named."""
FOREIGN = "x/+/#"
"""What gateways send in formats of others, each below its own code."""
TO_FOREIGN = "y/+/#"
"""What they are told."""
STATUS = "enermon/v1/+/status"
ACK = "enermon/v1/+/ack"
ALERTS = "enermon/v1/enterprises/+/alerts"
SHARE_GROUP = "enermon-ingest"


def shared(topic: str) -> str:
    """The subscription that several ingest processes have in common."""
    return f"$share/{SHARE_GROUP}/{topic}"


def foreign_gateway(topic: str) -> str | None:
    """The gateway below whose code a topic of another format stands; None: it is no such topic."""
    levels = topic.split("/", 2)
    return levels[1] if len(levels) == 3 and levels[0] == "x" and levels[1] else None


def own(topic: str, code: str) -> str:
    """The topic of one gateway or enterprise: its code in place of the level that stands for any."""
    return topic.replace("+", code, 1)
