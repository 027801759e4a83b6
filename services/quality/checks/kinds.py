"""The checks of data quality there are. A new one is its file, its entry here, its row of the table, test and page."""

from services.quality.checks import (
    balance,
    calibration,
    clock,
    digits,
    held,
    marked,
    plausible,
    product,
    reported,
    shape,
    silence,
    standing,
)
from services.quality.checks.contract import CheckKind

CHECKS: dict[str, CheckKind] = {
    kind.slug: kind
    for kind in (
        plausible.KIND,
        standing.STUCK,
        standing.ZERO_RUN,
        standing.RESET_OFTEN,
        shape.KIND,
        digits.ROUNDED,
        digits.REPEATED,
        balance.KIND,
        product.KIND,
        reported.KIND,
        clock.KIND,
        calibration.KIND,
        silence.KIND,
        marked.SUSPECT,
        marked.OVERLAP,
        marked.SWAP,
        marked.UNIT,
        held.KIND,
    )
}


def series_checks() -> list[CheckKind]:
    """Those of one meter's own series."""
    return [kind for kind in CHECKS.values() if kind.of_series is not None]


def mark_checks() -> list[CheckKind]:
    """Those of the marks of a meter's readings, which are made while the day runs too."""
    return [kind for kind in CHECKS.values() if kind.of_marks is not None]


def cross_checks() -> list[str]:
    """The slugs of those that hold meters and reports against each other."""
    return [slug for slug, kind in CHECKS.items() if kind.is_cross]


def alerted_checks() -> list[str]:
    """The slugs of those of which alert rules can speak."""
    return [slug for slug, kind in CHECKS.items() if kind.is_alerted]
