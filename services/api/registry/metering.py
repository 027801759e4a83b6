"""Whether a meter fits what it measures and whom it belongs to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from psycopg import Connection

from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.meter_entry import MeterEntry
from services.api.registry.owners import owners_of_gateways, owners_of_units
from services.api.registry.statements import registry_statements
from services.core.reason import InBoth
from services.core.units import UnitError, factor_to, is_normal_volume

_SQL = registry_statements("meter.sql")

_LIQUIDS = frozenset({"water", "softened_water", "deaerated_water"})
"""Kept in m3, and no gas: they fill the same at 0 °C and 20 °C."""


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What is registered around meters: owners of units and gateways, and the units carriers are kept in."""

    owner_of_unit: Mapping[str, str]
    owner_of_gateway: Mapping[str, str]
    unit_of_carrier: Mapping[str, str]


def meter_faults(connection: Connection, entries: Sequence[MeterEntry]) -> list[list[Fault]]:
    """The faults of each of `entries`."""
    around = _Surroundings(
        owners_of_units(connection, {entry.unit_code for entry in entries}),
        owners_of_gateways(connection, {entry.gateway_code for entry in entries}),
        _SQL.by_code(connection, "units_of_carriers", "unit"),
    )
    return [[*_owner_faults(entry, around), *_measure_faults(entry, around), *_own_faults(entry)] for entry in entries]


def _owner_faults(meter: MeterEntry, around: _Surroundings) -> Iterator[Fault]:
    unit_owner = around.owner_of_unit.get(meter.unit_code)
    gateway_owner = around.owner_of_gateway.get(meter.gateway_code)
    if unit_owner is None:
        yield nouns.UNIT.fault("unit_code", "unknown", meter.unit_code)
    if gateway_owner is None:
        yield nouns.GATEWAY.fault("gateway_code", "unknown", meter.gateway_code)
    if unit_owner and gateway_owner and unit_owner != gateway_owner:
        mentions = {
            "gateway": meter.gateway_code,
            "gateway_owner": gateway_owner,
            "unit": meter.unit_code,
            "unit_owner": unit_owner,
        }
        yield Fault("gateway_code", "other_enterprise", mentions)


def _measure_faults(meter: MeterEntry, around: _Surroundings) -> Iterator[Fault]:
    carrier_unit = around.unit_of_carrier.get(meter.carrier)
    if carrier_unit is None:
        yield nouns.CARRIER.fault("carrier", "unknown", meter.carrier)
        return
    measured = _is_rate(meter.unit_of_measure, carrier_unit)
    if isinstance(measured, InBoth):
        yield Fault("unit_of_measure", "bad_unit_of_measure", {"problem": measured})
    elif meter.carrier in _LIQUIDS and is_normal_volume(meter.unit_of_measure):
        yield Fault("unit_of_measure", "not_a_gas", {"carrier": meter.carrier})
    elif meter.kind == "gauge" and not measured:
        yield Fault("unit_of_measure", "gauge_needs_rate")
    elif meter.kind == "counter" and measured:
        yield Fault("unit_of_measure", "counter_needs_amount")


def _own_faults(meter: MeterEntry) -> Iterator[Fault]:
    if meter.register_size is not None and meter.kind != "counter":
        yield Fault("register_size", "only_for_counters")
    if meter.holds_s is not None and meter.kind != "gauge":
        yield Fault("holds_s", "only_for_gauges")
    if meter.negative_flow is not None and meter.kind == "counter":
        yield Fault("negative_flow", "not_for_counters")
    if meter.negative_flow == meter.flow:
        yield Fault("negative_flow", "same_as", {"other": "flow"})
    if meter.valid_from and meter.valid_to and meter.valid_to <= meter.valid_from:
        yield Fault("valid_to", "not_after_valid_from", {"valid_from": meter.valid_from.isoformat()})


@lru_cache(maxsize=4096)
def _is_rate(unit_of_measure: str, carrier_unit: str) -> bool | InBoth:
    """Whether the unit is a rate; the problem in words if it does not measure the carrier."""
    try:
        return factor_to(unit_of_measure, carrier_unit).is_rate
    except UnitError as error:
        return error.problem
