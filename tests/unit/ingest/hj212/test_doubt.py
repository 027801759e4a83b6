"""What cannot be is not valid, whatever its flag says."""

import pytest

from services.ingest.hj212.doubt import Doubt, doubt_of
from services.ingest.hj212.emissions import Emission, EmissionGrain


@pytest.mark.parametrize(
    ("factor", "said", "doubt"),
    [
        ("a21026", {"least": 14.9, "mean": 18.3, "greatest": 23.7, "mean_converted": 24.2, "amount": 4.06}, None),
        ("a21026", {"least": 5.0, "mean": 5.0, "greatest": 5.0}, None),
        ("a21026", {"mean": -0.1}, "negative"),
        ("a21026", {"mean": 3.0, "amount": -0.001}, "negative"),
        ("a21026", {"mean": 3.0, "least_converted": -1.0}, "negative"),
        ("a00000", {"mean": -2.0}, "negative"),
        ("w01001", {"mean": -7.0}, "negative"),
        ("a01012", {"least": -21.0, "mean": -20.0, "greatest": -19.0}, None),
        ("a01013", {"mean": -0.35}, None),
        ("a01012", {"mean": 20.0, "amount": -1.0}, "negative"),
        ("a21026", {"least": 9.0, "greatest": 3.0}, "out_of_order"),
        ("a21026", {"least": 3.0, "mean": 9.1, "greatest": 9.0}, "out_of_order"),
        ("a21026", {"mean_converted": 2.9, "least_converted": 3.0}, "out_of_order"),
        ("a99999", {"mean": 3.0}, "unknown_factor"),
        ("w21003", {}, None),
    ],
)
def test_values_that_cannot_be_are_doubted(factor: str, said: dict[str, float], doubt: Doubt | None) -> None:
    emission = Emission(gateway="A", factor=factor, grain=EmissionGrain.HOUR, at_us=0, flag="N", **said)  # type: ignore[arg-type]
    assert doubt_of(emission) == doubt
