"""The checks as they are declared."""

import re
from pathlib import Path

import pytest

from services.core.data.loader import DATA, DataFileError
from services.quality.checks.declared import NAME, limits_of, load_checks
from services.quality.checks.kinds import CHECKS

PAGE = (Path(__file__).parents[4] / "docs" / "quality.md").read_text("utf-8")


def test_every_check_is_declared_and_on_the_page_in_order() -> None:
    assert [row.code for row in load_checks()] == list(CHECKS)
    listed = PAGE[PAGE.index("## Checks") :]
    assert re.findall(r"^\| `(\w+)` \|", listed, re.MULTILINE)[: len(CHECKS)] == list(CHECKS)


def test_how_far_daily_and_monthly_reports_may_be_apart_is_the_parameter() -> None:
    assert limits_of(load_checks(), daily_monthly_percent=5)["daily_monthly"].most_apart == 0.05


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("balance,", "balances,", "field code: balances is no check"),
        (",enterprise,1,most_apart=0.05", ",unit,1,most_apart=0.05", "field subject: balance is made of: enterprise"),
        ("meter,d,most_days_over", "meter,h,most_days_over", "field unit: calibration_due is given in d"),
        ("least_days=7", "least_day=7", "field parameters: check balance: the parameters must be"),
        ("least_days=7", "least_days", "field parameters: Value error, least_days is not one of"),
        ("least_days=7", "least_days=many", "field parameters"),
    ],
)
def test_a_faulty_file_is_refused_with_the_field(tmp_path: Path, old: str, new: str, told: str) -> None:
    text = (DATA / NAME).read_text("utf-8")
    assert old in text
    (tmp_path / NAME).write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(DataFileError, match=told):
        load_checks(tmp_path)


def test_a_check_that_is_left_out_is_missed(tmp_path: Path) -> None:
    lines = (DATA / NAME).read_text("utf-8").splitlines()
    (tmp_path / NAME).write_text("\n".join(lines[:-1]) + "\n", "utf-8")
    with pytest.raises(DataFileError, match="field code: the row held_readings is missing"):
        load_checks(tmp_path)
