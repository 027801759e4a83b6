"""How the parts of the meters are shared."""

import pytest

from services.core.db.sharing import ALL_PARTS, in_turn, share_of


@pytest.mark.parametrize("sharing", range(1, 20))
def test_each_part_is_that_of_one_and_none_has_two_more_than_another(sharing: int) -> None:
    shares = [share_of(place, sharing) for place in range(sharing)]
    assert sorted(part for share in shares for part in share) == list(ALL_PARTS)
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_each_turn_begins_with_another_part() -> None:
    assert [in_turn([3, 7, 11], turn) for turn in range(4)] == [[3, 7, 11], [7, 11, 3], [11, 3, 7], [3, 7, 11]]
    assert in_turn([], 5) == []
