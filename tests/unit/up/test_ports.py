"""Choosing ports."""

import os
import socket

import pytest

from services.up.errors import StartError
from services.up.ports import choose_port, describe_holder, is_free, port_setting, start_on_free_port


def _choose(*, fixed: int | None = None, remembered: int | None = None, taken: frozenset[int] = frozenset()) -> int:
    return choose_port(
        fixed=fixed,
        remembered=remembered,
        preferred=15432,
        setting="ENERMON_DATABASE_PORT",
        free=lambda port: port not in taken,
        holder=lambda port: f"somebody on {port}",
    )


def test_first_start_takes_the_preferred_port() -> None:
    assert _choose() == 15432


def test_taken_preferred_port_is_passed_over() -> None:
    assert _choose(taken=frozenset({15432, 15433})) == 15434


def test_later_start_takes_the_port_of_the_last_one() -> None:
    assert _choose(remembered=15440) == 15440


def test_taken_port_of_the_last_start_is_passed_over() -> None:
    assert _choose(remembered=15440, taken=frozenset({15440})) == 15432


def test_fixed_port_goes_before_all() -> None:
    assert _choose(fixed=20000, remembered=15440) == 20000


def test_taken_fixed_port_is_an_error_that_names_port_setting_and_holder() -> None:
    with pytest.raises(
        StartError, match=r"Port 20000 \(ENERMON_DATABASE_PORT\) is taken by somebody on 20000"
    ) as error:
        _choose(fixed=20000, taken=frozenset({20000}))
    assert error.value.code == "port_taken"


def test_no_free_port_is_an_error() -> None:
    with pytest.raises(StartError, match="No free port from 15432"):
        _choose(taken=frozenset(range(15432, 16000)))


def test_holder_of_a_port_is_found_by_its_process() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not is_free(port)
        assert f"(process {os.getpid()})" in describe_holder(port)
    assert is_free(port)


@pytest.mark.parametrize("text", ["0", "65536", "http", "-1"])
def test_port_setting_that_is_no_port_is_an_error(text: str) -> None:
    with pytest.raises(StartError, match=f"ENERMON_API_PORT is '{text}'"):
        port_setting("ENERMON_API_PORT", {"ENERMON_API_PORT": text})


def test_empty_port_setting_is_none() -> None:
    assert port_setting("ENERMON_API_PORT", {"ENERMON_API_PORT": ""}) is None


def test_port_that_another_program_takes_in_between_is_passed_over() -> None:
    others: list[socket.socket] = []

    def start(port: int) -> None:
        if not others:
            others.append(socket.create_server(("127.0.0.1", port)))
            raise StartError("not_started", "address already in use")

    try:
        chosen = start_on_free_port(start, fixed=None, remembered=None, preferred=23450, setting="ENERMON_MQTT_PORT")
        assert chosen > others[0].getsockname()[1] >= 23450
    finally:
        others[0].close()


def test_start_that_fails_on_a_free_port_is_not_tried_again() -> None:
    tried: list[int] = []

    def start(port: int) -> None:
        tried.append(port)
        raise StartError("not_started", "no right to read the configuration")

    with pytest.raises(StartError, match="no right to read"):
        start_on_free_port(start, fixed=None, remembered=None, preferred=23450, setting="ENERMON_MQTT_PORT")
    assert len(tried) == 1
