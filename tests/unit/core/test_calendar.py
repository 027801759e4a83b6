"""Days and months are those of Asia/Shanghai; a range is cut into whole periods without loss."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.core.calendar import (
    SHANGHAI,
    Bucket,
    Grain,
    Piece,
    bucket_following,
    floor,
    following,
    pieces,
    to_us,
)

QUARTERS = st.integers(0, 200_000).map(lambda n: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=15 * n))


def test_the_day_begins_at_sixteen_hours_utc() -> None:
    assert floor(datetime(2026, 1, 31, 16, 5, tzinfo=UTC), Grain.DAY) == datetime(2026, 2, 1, tzinfo=SHANGHAI)
    assert floor(datetime(2026, 1, 31, 15, 59, tzinfo=UTC), Grain.MONTH) == datetime(2026, 1, 1, tzinfo=SHANGHAI)


def test_december_is_followed_by_january() -> None:
    assert following(datetime(2025, 12, 1, tzinfo=SHANGHAI), Grain.MONTH) == datetime(2026, 1, 1, tzinfo=SHANGHAI)
    assert bucket_following(datetime(2025, 1, 1, tzinfo=SHANGHAI), Bucket.YEAR) == datetime(2026, 1, 1, tzinfo=SHANGHAI)


def test_a_year_is_one_piece_of_months() -> None:
    start, end = datetime(2025, 1, 1, tzinfo=SHANGHAI), datetime(2026, 1, 1, tzinfo=SHANGHAI)
    assert pieces(start, end, coarsest=Grain.MONTH) == [Piece(Grain.MONTH, start, end)]


@given(a=QUARTERS, b=QUARTERS, coarsest=st.sampled_from(Grain))
def test_pieces_join_without_gap_or_overlap(a: datetime, b: datetime, coarsest: Grain) -> None:
    start, end = min(a, b), max(a, b)
    cut = pieces(start, end, coarsest=coarsest)
    edges = [start, *[p.end for p in cut]]
    assert [p.start for p in cut] == edges[:-1]
    assert edges[-1] == (end if cut else start)
    assert all(p.grain <= coarsest for p in cut)
    for p in cut:
        assert floor(p.start, p.grain) == p.start
        assert floor(p.end, p.grain) == p.end
    assert all(to_us(p.end) > to_us(p.start) for p in cut)
    assert len(cut) <= 7
