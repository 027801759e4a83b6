"""A simulated region over the real broker, with faults of wire and registers: the sums are the true use."""

import psycopg
import pytest

from services.core.meter import Mark
from services.energy.check.asked import CheckAsked
from services.energy.check.report import report
from tests.e2e.conftest import END, START, RunningRegion, tolerance, true_use

pytestmark = [pytest.mark.store, pytest.mark.timeout(300)]


def test_sums_are_the_true_use_whatever_the_wire_and_the_registers_did(region: RunningRegion) -> None:
    assert region.counts.rejected == 0
    with psycopg.connect(region.database_url) as database:
        marks = {quality for (quality,) in database.execute("SELECT quality FROM reading_mark").fetchall()}
    assert marks >= {Mark.RESET, Mark.ROLLOVER, Mark.REPLACEMENT}, "resets, rollovers and replacements happened"
    assert report(region.database_url, asked=CheckAsked()).well
    period = {"start": START.isoformat(), "end": END.isoformat(), "bucket": "total"}
    found = {
        row["meter"]: (row["quantity"], row["coverage"])
        for row in region.ask("energy", **period, by="meter,flow", limit=1000)["data"]
    }
    assert found.keys() == {meter.meter.code for meter in region.meters}
    assert [code for code, (_, coverage) in found.items() if coverage != 1.0] == []
    wrong = {
        meter.meter.code: (found[meter.meter.code][0], use)
        for meter in region.meters
        for use in [true_use(meter)]
        if abs(found[meter.meter.code][0] - use) > tolerance(meter, use)
    }
    assert wrong == {}
