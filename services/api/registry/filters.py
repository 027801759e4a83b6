"""What lists of the registry are narrowed by: each filter is a condition over one row, named `entry` in SQL."""

from services.api.listing import Filter, equal
from services.api.registry import nouns
from services.api.registry.statements import registry_statements

_SQL = registry_statements("filter.sql")

PARENT = equal("parent_code", parameter="parent", names=nouns.AREA)
AREA_OF_ENTRY = Filter(_SQL["area_is_below"], nouns.AREA)
AREA = Filter(_SQL["enterprise_in_area"], nouns.AREA)
PARK = Filter(_SQL["enterprise_in_park"], nouns.PARK)
ENTERPRISE = Filter(_SQL["enterprise_is"], nouns.ENTERPRISE)
TRADE = Filter(_SQL["enterprise_of_trade"])
UNIT = equal("unit_code", parameter="unit", names=nouns.UNIT)
METER = equal("meter", names=nouns.METER)
GATEWAY = equal("gateway_code", parameter="gateway", names=nouns.GATEWAY)
CARRIER = equal("carrier", names=nouns.CARRIER)
