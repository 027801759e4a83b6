"""The parts of each resource agree with each other."""

from collections import defaultdict
from typing import Any

import pytest

from services.api.app import REGISTRY
from services.api.registry.reading import columns_of
from services.judging.data.tables import load_tables

RESOURCES: list[Any] = [module.RESOURCE for module in REGISTRY]
IDS = [resource.noun.en for resource in RESOURCES]
FIXED = {
    "park": {"code"},
    "enterprise": {"credit_code"},
    "unit": {"code", "credit_code"},
    "gateway": {"code", "credit_code"},
    "meter": {"code"},
}
HOW: dict[str, set[str]] = defaultdict(set, meter={"correct_from_start", "reason", "on_change"})
"""What of a change says how it is meant, or is short for another field."""
COLUMNS = {
    "park": "code name_zh name_en kind area_code",
    "enterprise": "credit_code name_zh name_en trade area_code park_code valid_from",
    "unit": "code credit_code name_zh name_en process status commissioned_on design_energy_tce approved_energy_tce"
    " retrofit_listed_on retrofit_due_on capacity_class measuring_category standard_racks",
    "gateway": "code credit_code name keeps_days edge_node resends corrections",
    "meter": "code unit_code gateway_code name_zh name_en kind carrier flow negative_flow unit_of_measure multiplier"
    " register_size rated_per_hour interval_s stamp holds_s valid_from valid_to"
    " calibrated_until on_change",
}


@pytest.mark.parametrize("module", REGISTRY, ids=IDS)
def test_all_that_is_kept_may_change_but_for_what_is_fixed(module: Any) -> None:
    noun = module.RESOURCE.noun.en
    patch = getattr(module, f"{noun.capitalize()}Patch")
    assert set(patch.model_fields) - HOW[noun] == set(module.RESOURCE.record.model_fields) - FIXED[noun]


@pytest.mark.parametrize("resource", RESOURCES, ids=IDS)
def test_the_columns_of_an_import_are_the_agreed_ones(resource: Any) -> None:
    assert columns_of(resource.entry) == COLUMNS[resource.noun.en].split()


@pytest.mark.parametrize("resource", RESOURCES, ids=IDS)
def test_the_example_is_a_right_entry_with_every_field(resource: Any) -> None:
    entry = resource.entry.model_validate(resource.example)
    assert entry.model_fields_set == set(resource.entry.model_fields) - HOW[resource.noun.en]


def test_the_process_of_the_example_is_a_known_one() -> None:
    (unit,) = [resource for resource in RESOURCES if resource.noun.en == "unit"]
    assert unit.example["process"] in load_tables().process


@pytest.mark.parametrize("module", REGISTRY, ids=IDS)
def test_every_filter_that_may_be_asked_for_has_a_condition(module: Any) -> None:
    query = getattr(module, f"{module.RESOURCE.noun.en.capitalize()}Query")
    of_the_answer = {"limit", "cursor", "order", "total", "start", "end"}
    assert set(query.model_fields) - of_the_answer == set(module.RESOURCE.filters)
