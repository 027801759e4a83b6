"""The server of HJ 212 runs where its port is set."""

from services.up.parts import BESIDE_API, HJ212, beside_api


def test_server_of_hj212_runs_where_its_port_is_set() -> None:
    assert beside_api({}) == BESIDE_API
    assert beside_api({"ENERMON_HJ212_PORT": "10212"}) == (*BESIDE_API, HJ212)
