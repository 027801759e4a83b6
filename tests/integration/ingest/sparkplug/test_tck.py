"""Each assertion of the TCK's host tests is proven by a test here, or it is said why it cannot be."""

import csv
import inspect
from pathlib import Path
from types import ModuleType

from tests.integration.ingest.sparkplug import test_host, test_on_the_wire
from tests.unit.ingest.sparkplug import test_edge

IDS = {row["tck_id"] for row in csv.DictReader(Path(__file__).with_name("tck_ids.csv").open(encoding="utf-8"))}
NO_COMMANDS = "Enermon gives no commands to devices: it asks edge nodes for their births, and for nothing else"
ONE_BROKER = "the host is at one broker: a second needs a host of its own, with its own id"
NOT_PROVEN = {
    "tck-id-message-flow-phid-sparkplug-clean-session-50": "the host speaks MQTT 3.1.1, where clean-session-311 holds",
    "tck-id-message-flow-edge-node-birth-publish-will-message-topic": "says what an edge node does, not a host",
    "tck-id-operational-behavior-host-application-multi-server-timestamp": ONE_BROKER,
    "tck-id-operational-behavior-primary-application-state-with-multiple-servers-state": ONE_BROKER,
    "tck-id-operational-behavior-primary-application-state-with-multiple-servers-state-subs": ONE_BROKER,
    **{each: NO_COMMANDS for each in IDS if "dcmd" in each},
}


def _proven(*modules: ModuleType) -> set[str]:
    tests = (test for module in modules for _, test in inspect.getmembers(module, inspect.isfunction))
    return {each for test in tests for each in getattr(test, "tck_ids", ())}


def test_each_assertion_is_proven_or_it_is_said_why_not() -> None:
    proven = _proven(test_host, test_on_the_wire, test_edge)
    assert sorted(proven - IDS) == []
    assert sorted(proven & NOT_PROVEN.keys()) == []
    assert sorted(IDS - proven - NOT_PROVEN.keys()) == []
    assert (len(IDS), len(proven)) == (89, 89 - len(NOT_PROVEN))
