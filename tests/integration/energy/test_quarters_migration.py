"""What was booked in a row for each quarter of an hour is afterwards in the rows of the hours, to the last digit."""

import psycopg
import pytest

from services.core.db import migrate
from services.up.stack import Stack
from tests.integration.migrating import database_of

pytestmark = pytest.mark.store

# Hours of fourteen months with one to four quarters, of two meters and the other direction of one.
BOOKED = """
INSERT INTO energy_slot (meter_id, account_id, slot, quantity_pico, measured_s, quality)
SELECT
    meter_id,
    10 + abs(meter_id),
    timestamptz '2025-01-31 16:00+00' + day * interval '1 day' + quarter * interval '15 minutes',
    (day * 7919 + quarter) * 1000000007::bigint * sign(meter_id)::integer,
    900 - quarter,
    quarter
FROM unnest(ARRAY[1, 2, -2]) AS meter_id, generate_series(0, 420, 6) AS day, generate_series(0, 9) AS quarter
WHERE (day + quarter) % 3 > 0 OR quarter < 4
"""
SLOTS = "SELECT meter_id, account_id, slot, quantity_pico, measured_s, quality FROM energy_slot ORDER BY 1, 3"
HOURS_OF_SLOTS = """
SELECT
    meter_id, min(account_id), date_trunc('hour', slot), sum(quantity_pico)::bigint, sum(measured_s)::smallint,
    count(*)::smallint, bit_or(quality)
FROM energy_slot
GROUP BY 1, 3
ORDER BY 1, 3
"""
HOURS = """
SELECT meter_id, account_id, hour, quantity_pico, measured_s, slot_count, quality FROM energy_hour ORDER BY 1, 3
"""
MOST_OF_A_GRAIN = """
SELECT count(*), sum(quantity_pico) FROM meter_energy
WHERE grain = 0 AND kept_at > %(slot)s - interval '1 hour' AND kept_at <= %(slot)s AND period >= %(slot)s
"""


def test_each_quarter_is_kept_in_the_row_of_its_hour(stack: Stack) -> None:
    with database_of(stack, name="test_before_quarters", revision="0036") as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(BOOKED)
            slots = connection.execute(SLOTS).fetchall()
            hours = connection.execute(HOURS_OF_SLOTS).fetchall()
        migrate.upgrade(url)
        with psycopg.connect(url, autocommit=True) as connection:
            assert connection.execute(SLOTS).fetchall() == slots
            assert connection.execute(HOURS).fetchall() == hours
            # The bounds of the hour find the quarter at its end.
            last = next(row for row in slots if row[0] == 1 and row[2].minute == 45)
            beside = [row for row in slots if row[2] == last[2]]
            found = connection.execute(MOST_OF_A_GRAIN, {"slot": last[2]}).fetchone()
            assert found == (len(beside), sum(row[3] for row in beside))
    assert len(slots) > 1_000
    assert {row[5] for row in hours} == {1, 3, 4}
