"""A database of a version without terms keeps its meters as they are: each has a term that has always held."""

import psycopg
import pytest

from services.core.db import migrate
from services.energy.check.report import report
from services.up.stack import Stack
from tests.integration.migrating import database_of

pytestmark = pytest.mark.store

A_METER_OF_BEFORE = """
INSERT INTO area (code, name_zh, name_en, level) VALUES ('150000', '内蒙古', 'Inner Mongolia', 'region');
INSERT INTO carrier (code, name_zh, name_en, unit, is_energy) VALUES ('electricity', '电', 'power', 'kWh', true);
INSERT INTO enterprise (credit_code, name_zh, trade) VALUES ('91150622MA0N0000XF', '厂', 'coke');
INSERT INTO membership (enterprise_id, valid_from, area_code)
SELECT enterprise_id, '2025-01-01', '150000' FROM enterprise;
INSERT INTO unit (code, enterprise_id, name_zh) SELECT 'U', enterprise_id, '炉' FROM enterprise;
INSERT INTO gateway (code, enterprise_id) SELECT 'G', enterprise_id FROM enterprise;
INSERT INTO meter (code, unit_id, gateway_id, name_zh, kind, carrier, flow, unit_of_measure, multiplier)
SELECT 'M', unit_id, gateway_id, '表', 'counter', 'electricity', 'input', 'kWh', 600
FROM unit, gateway;
"""
TENURE = "SELECT meter_id, unit_id, from_day::text, to_day::text FROM tenure"


def test_each_meter_of_before_has_always_been_as_it_is(stack: Stack) -> None:
    with database_of(stack, name="test_before_terms", revision="0011") as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(A_METER_OF_BEFORE)
            before = connection.execute(TENURE).fetchall()
        migrate.upgrade(url)
        with psycopg.connect(url, autocommit=True) as connection:
            columns = "valid_from::text, valid_to::text, multiplier, reason"
            (term,) = connection.execute(f"SELECT {columns} FROM meter_term").fetchall()
            after = connection.execute(TENURE).fetchall()
        assert term == ("-infinity", "infinity", 600.0, None)
        assert after == before
        assert [row[2:] for row in after] == [("2025-01-01", "infinity")]
        assert report(url).meters_off == 0
