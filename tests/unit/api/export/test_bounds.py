"""What a file may hold at most: counted before it is written, by its form."""

import pytest

from services.api.errors import Refused
from services.api.guard.cost import (
    CSV,
    MOST_SUMS,
    PAGES,
    XLSX,
    AnswerForm,
    require_affordable,
    require_fits_file,
    told_as,
    weight_of_form,
)


@pytest.mark.parametrize(("form", "most"), [(PAGES, 60_000), (CSV, 30_000), (XLSX, 24_000)])
def test_so_many_sums_are_formed_at_once_for_each_form(form: AnswerForm, most: int) -> None:
    with told_as(form):
        require_affordable(sums=most * weight_of_form())
        with pytest.raises(Refused, match=f"at most {MOST_SUMS} are formed at once: ask for a longer bucket"):
            require_affordable(sums=(most + 1) * weight_of_form())
    assert weight_of_form() == 1


def test_what_is_too_much_for_a_file_says_what_each_form_counts() -> None:
    with told_as(XLSX), pytest.raises(Refused) as refused:
        require_affordable(sums=47_424 * weight_of_form())
    assert str(refused.value.detail) == (
        "groups and periods make about 118560 sums; at most 60000 are formed at once: ask for a longer bucket, a "
        "shorter range, a narrower scope or fewer groups; a sum counts 2 in CSV, 2.5 in XLSX, and 1 in pages of JSON"
    )


@pytest.mark.parametrize(("form", "most"), [(CSV, 25_000), (XLSX, 15_000)])
def test_a_file_has_so_many_rows_of_twenty_columns(form: AnswerForm, most: int) -> None:
    with told_as(form):
        require_fits_file(rows=most, columns=20)
        require_fits_file(rows=0, columns=0)
        with pytest.raises(Refused) as refused:
            require_fits_file(rows=most + 1, columns=20)
    assert str(refused.value.detail) == (
        "the result has more rows of 20 columns than a file may have (25000 as CSV, 15000 as XLSX): narrow the list or "
        "its range for a file, or ask for pages of JSON"
    )
