"""Periods of which only a part was metered: the value says so, and nothing follows from too small a part."""

import pytest

from tests.integration.asking import Asking, Site, data_centre, reasons
from tests.integration.line import Line
from tests.integration.registered import DALAD, Registered


@pytest.mark.parametrize("by", [None, "unit", "enterprise", "league"])
@pytest.mark.store
def test_a_year_of_which_one_day_was_metered_has_a_provisional_value(
    registered: Registered, line: Line, asking: Asking, by: str | None
) -> None:
    # the meters begin on 1 March 2026 and end with that day
    data_centre(registered, line, total=[130.0] * 24, it=[100.0] * 24, commissioned_on="2019-01-01")
    line.roll_up()
    asked_by = {} if by is None else {"by": by}
    (day,) = asking.rows("pue", **asked_by)
    periods = [
        ({"start": "2026-03-01", "end": "2026-04-01", "bucket": "month"}, 31),
        ({"start": "2026-03-01", "end": "2026-04-01", "bucket": "rolling_12_months"}, 365),
        ({"start": "2025-04-01", "end": "2026-04-01", "bucket": "total"}, 365),
    ]
    for period, days in periods:
        row = asking.row("pue", **period, **asked_by)
        share = f"{1 / days:.4f}"
        assert (row["value"], row["coverage"]) == (1.3, 1.0)
        if day["verdict"] == "cannot_judge":
            # nothing speaks of a league, whatever the period
            assert (row["verdict"], reasons(row)) == ("cannot_judge", [*reasons(day), ("part_of_period", share)])
        else:
            told = [("too_little_of_period", share), *reasons(day), ("part_of_period", share)]
            assert (row["verdict"], reasons(row)) == ("provisional", told)
    assert "part_of_period" not in dict(reasons(day))


def test_a_month_or_a_year_asked_for_in_part_is_provisional_and_the_day_is_not(
    registered: Registered, line: Line, asking: Asking
) -> None:
    site = data_centre(registered, line, total=[142.0] * 24, it=[100.0] * 24, commissioned_on="2019-01-01")
    line.roll_up()
    for bucket, days in (("month", 31), ("year", 365)):
        # the range is the one day that was measured
        row = asking.row("pue", scope=f"unit:{site.unit}", bucket=bucket)
        assert (row["value"], row["verdict"]) == (1.42, "provisional")
        assert reasons(row)[0] == ("too_little_of_period", f"{1 / days:.4f}")
        assert [limit["met"] for limit in row["limits"] if limit["row"] == "OR-04"] == [False]
    assert asking.row("pue", scope=f"unit:{site.unit}", bucket="day")["verdict"] == "breach"
    assert asking.row("pue", scope=f"unit:{site.unit}", bucket="total")["verdict"] == "breach"
    assert asking.row("completeness", scope=f"unit:{site.unit}", bucket="month")["verdict"] == "ok"


def test_a_place_says_so_too_and_a_unit_that_was_commissioned_later_does_not(
    registered: Registered, line: Line, asking: Asking
) -> None:
    month = {"start": "2026-03-01", "end": "2026-04-01", "bucket": "month"}
    site = Site(registered, line, trade="aluminium", process=None, area_code=DALAD)
    site.meter([600.0] * 24, "electricity", "input", "kWh")
    site.meter([200.0] * 24, "electricity", "renewable", "kWh")
    centre = Site(registered, line, trade="data_centre", process="data_centre", commissioned_on="2026-03-31")
    last_day = {"valid_from": "2026-03-31", "valid_to": "2026-04-01"}
    silent = [None] * 30 * 24
    centre.meter([*silent, *[130.0] * 24], "electricity", "input", "kWh", **last_day)
    centre.meter([*silent, *[100.0] * 24], "electricity", "it_load", "kWh", **last_day)
    line.roll_up()
    pue = asking.row("pue", scope=f"unit:{centre.unit}", **month)
    assert (pue["value"], "part_of_period" in dict(reasons(pue))) == (1.3, False)
    share = asking.row("renewable_electricity_share", scope=f"area:{DALAD}", **month)
    assert (share["value"], reasons(share)[-1]) == (25.0, ("part_of_period", "0.0323"))
