"""Imports take much memory, so only a few run at once."""

import pytest

from services.api.errors import Refused
from services.api.routes.imports import Places


def test_an_import_too_many_is_told_to_come_back() -> None:
    places = Places(2)
    with places.one(), places.one():
        with pytest.raises(Refused) as refusal, places.one():
            pass
        assert refusal.value.kind.code == "busy"
    with places.one():
        pass


def test_a_place_is_free_again_after_a_failure() -> None:
    places = Places(1)
    with pytest.raises(ValueError, match="broken file"), places.one():
        raise ValueError("broken file")
    with places.one():
        pass
