"""The topics of Sparkplug B 3.0: what a topic names, and those of the host. Pure."""

from dataclasses import dataclass
from enum import StrEnum

NAMESPACE = "spBv1.0"
EVERYTHING = f"{NAMESPACE}/#"


class SparkplugVerb(StrEnum):
    """What a message of an edge node is."""

    NBIRTH = "NBIRTH"
    NDATA = "NDATA"
    NDEATH = "NDEATH"
    DBIRTH = "DBIRTH"
    DDATA = "DDATA"
    DDEATH = "DDEATH"

    @property
    def of_device(self) -> bool:
        """Whether its topic names a device."""
        return self.value.startswith("D")


_VERBS = {verb.value: verb for verb in SparkplugVerb}


@dataclass(frozen=True, slots=True, order=True)
class EdgeAddress:
    """An edge node: its group and its own id."""

    group: str
    edge: str

    def __str__(self) -> str:
        return f"{self.group}/{self.edge}"


@dataclass(frozen=True, slots=True)
class EdgeTopic:
    """What the topic of a message of an edge node names; `device` is empty for the node itself."""

    address: EdgeAddress
    verb: SparkplugVerb
    device: str = ""


def is_sparkplug_id(text: str) -> bool:
    """Whether a group, edge node, device or host may be called so: not empty, none of + / # and no NUL."""
    return bool(text) and not any(character in text for character in "+/#\0")


def edge_topic(topic: str) -> EdgeTopic | None:
    """What a topic names; None where it is none of a message that an edge node sends."""
    levels = topic.split("/")
    if len(levels) not in (4, 5) or levels[0] != NAMESPACE:
        return None
    verb, device = _VERBS.get(levels[2]), levels[4] if len(levels) == 5 else ""
    if verb is None or verb.of_device != (len(levels) == 5) or not all(map(is_sparkplug_id, levels[1:])):
        return None
    return EdgeTopic(EdgeAddress(levels[1], levels[3]), verb, device)


def state_topic(host: str) -> str:
    """Where a host says whether it is online."""
    return f"{NAMESPACE}/STATE/{host}"


def command_topic(address: EdgeAddress) -> str:
    """Where commands to an edge node go."""
    return f"{NAMESPACE}/{address.group}/NCMD/{address.edge}"


def point_of(device: str, metric: str) -> str:
    """A metric as the point table names it: ``device/metric``; of the edge node itself ``/metric``."""
    return f"{device}/{metric}"
