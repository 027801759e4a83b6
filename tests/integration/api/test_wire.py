"""What the server takes from the wire, and for how long, by raw sockets: no client library writes such requests."""

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from tests.integration.ports import free_port
from tests.integration.served import serving

WITHIN_S = 60
"""Longer than any of it takes: what is awaited comes, or the test fails."""
HOST = b"Host: 127.0.0.1\r\n"
LONG_BYTES = 50_000_000
HASTY: dict[str, Any] = {"api_request_s": 0.2, "api_connections": 40}


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the path and the body it was sent; `/long` answers at length."""
    request = Request(scope, receive)
    if scope["path"] == "/long":
        await PlainTextResponse(b"x" * LONG_BYTES)(scope, receive, send)
    elif scope["path"] == "/endless":
        await StreamingResponse(endless())(scope, receive, send)
    else:
        body = await request.body()
        await PlainTextResponse(f"{scope['path']} {body.decode()}")(scope, receive, send)


async def endless() -> Any:
    while True:
        yield b"x" * 100_000
        await asyncio.sleep(0)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server with its usual limits."""
    at = free_port()
    with serving(echo, at):
        yield at


@pytest.fixture(scope="module")
def hasty() -> Iterator[int]:
    """One that waits for a fifth of a second, for four requests of a peer, and has twenty connections of a peer."""
    at = free_port()
    with serving(echo, at, **HASTY):
        yield at


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=WITHIN_S)


def rest_of(line: socket.socket) -> bytes:
    """All that is sent until the server closes."""
    found = bytearray()
    try:
        while part := line.recv(65_536):
            found += part
    except ConnectionResetError:
        pass
    return bytes(found)


def answers_to(port: int, sent: bytes) -> bytes:
    """What is answered until the server closes."""
    with connected(port) as line:
        line.sendall(sent)
        return rest_of(line)


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def problem_of(answer: bytes) -> dict[str, Any]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head.lower()
    assert b"x-content-type-options: nosniff" in head.lower()
    problem: dict[str, Any] = json.loads(body)
    return problem


def test_a_plain_request_is_answered(port: int) -> None:
    answer = answers_to(port, b"POST /a HTTP/1.1\r\n" + HOST + b"Connection: close\r\nContent-Length: 2\r\n\r\nhi")
    assert (status_of(answer), answer.rpartition(b"\r\n\r\n")[2]) == (200, b"/a hi")


CHUNKED = b"Transfer-Encoding: chunked\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        # a proxy that goes by the length hands on a second request
        b"POST /a HTTP/1.1\r\n"
        + HOST
        + CHUNKED
        + b"Content-Length: 4\r\n\r\n0\r\n\r\nGET /b HTTP/1.1\r\n"
        + HOST
        + b"\r\n",
        b"POST /a HTTP/1.1\r\n" + HOST + b"Content-Length: 4\r\n" + CHUNKED + b"\r\n0\r\n\r\n",
        b"POST /a HTTP/1.1\r\n" + HOST + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        b"POST /a HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"POST /a HTTP/1.0\r\n" + HOST + CHUNKED + b"\r\n0\r\n\r\n",
        # lines that end with a line feed alone
        b"GET /a HTTP/1.1\n" + HOST + b"\r\n",
        b"GET /a HTTP/1.1\r\nHost: 127.0.0.1\n\r\n",
        b"GET /a HTTP/1.1\r\n" + HOST + b"X: 1\nY: 2\r\n\r\n",
        b"GET /a HTTP/1.1\r\nHost: 127.0.0.1\n\n",
        b"\nGET /a HTTP/1.1\r\n" + HOST + b"\r\n",
        # others
        b"GET /a HTTP/1.1\r\n" + HOST + b"X: 1\rY: 2\r\n\r\n",
        b"GET /a HTTP/1.1\r\n\r\n",
        b"GET /a HTTP/1.1\r\n" + HOST + b"Host: other\r\n\r\n",
        b"GET /a HTTP/1.1\r\n" + HOST + b"X : 1\r\n\r\n",
        b"GET /a HTTP/1.1\r\n" + HOST + b"X: " + b"x" * 20_000 + b"\r\n\r\n",
    ],
)
def test_a_request_that_may_be_read_in_two_ways_is_refused_and_its_connection_closed(port: int, sent: bytes) -> None:
    answer = answers_to(port, sent)
    assert status_of(answer) == 400
    assert answer.count(b"HTTP/1.1 ") == 1
    assert problem_of(answer)["code"] == "bad_request"


def test_the_end_of_chunks_is_read_as_strictly(port: int) -> None:
    head = b"POST /a HTTP/1.1\r\n" + HOST + CHUNKED + b"\r\n"
    closing = b"GET /b HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
    both = answers_to(port, head + b"2\r\nhi\r\n0\r\n\r\n" + closing)
    assert b"/a hi" in both
    assert b"/b " in both
    for end in (b"0\r\n\n", b"0\r\nX: 1\n\r\n", b"0\n\r\n"):
        assert b"/b " not in answers_to(port, head + b"2\r\nhi\r\n" + end + closing)


def test_a_second_request_on_a_connection_is_read_as_strictly(port: int) -> None:
    first = b"POST /a HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\na\nb"
    answer = answers_to(port, first + b"GET /b HTTP/1.1\n" + HOST + b"\r\n")
    assert b"/a a\nb" in answer
    assert b"/b " not in answer


@pytest.mark.parametrize(
    "half",
    [
        b"",
        b"GET /a HT",
        b"GET /a HTTP/1.1\r\n" + HOST,
        b"POST /a HTTP/1.1\r\n" + HOST + b"Content-Length: 10\r\n\r\nhalf",
        b"POST /a HTTP/1.1\r\n" + HOST + CHUNKED + b"\r\n2\r\nhi\r\n",
        b"GET /a HTTP/1.1\r\n" + HOST + b"\r\nGET /b HT",
    ],
)
def test_half_a_request_is_not_waited_for(hasty: int, half: bytes) -> None:
    answer = answers_to(hasty, half)
    assert problem_of(answer[answer.rindex(b"HTTP/1.1 ") :])["code"] == "request_timeout"


def test_a_request_that_trickles_is_not_waited_for(hasty: int) -> None:
    """A byte now and then does not win more time than it is worth."""
    with connected(hasty) as line:
        line.settimeout(0.05)
        answer = b""
        while not answer:
            try:
                line.sendall(b"G")
                answer = line.recv(1000)
            except TimeoutError:
                continue
            except ConnectionError:
                break
    assert answer == b"" or status_of(answer) == 408


def test_a_body_that_comes_fast_enough_has_its_time(hasty: int) -> None:
    """1000 bytes are worth a second: ten thousand in pieces come well within theirs, though 0.2 s pass meanwhile."""
    with connected(hasty) as line:
        line.sendall(b"POST /a HTTP/1.1\r\n" + HOST + b"Connection: close\r\nContent-Length: 10000\r\n\r\n")
        pause = threading.Event()
        for _ in range(10):
            line.sendall(b"x" * 1000)
            pause.wait(0.05)
        assert status_of(rest_of(line)) == 200


def test_the_oldest_half_request_of_a_peer_makes_room(hasty: int) -> None:
    halves = [connected(hasty) for _ in range(12)]
    try:
        for line in halves:
            line.sendall(b"GET /a HT")
        whole = answers_to(hasty, b"GET /a HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
        assert status_of(whole) == 200
        assert status_of(rest_of(halves[0])) == 408
    finally:
        for line in halves:
            line.close()


def test_connections_of_a_peer_are_bounded() -> None:
    narrow = free_port()
    with serving(echo, narrow, api_connections=10):
        kept = []
        try:
            for _ in range(5):
                kept.append(line := connected(narrow))
                line.sendall(b"GET /endless HTTP/1.1\r\n" + HOST + b"\r\n")
                assert line.recv(10) == b"HTTP/1.1 2"
            answer = answers_to(narrow, b"")
            assert (status_of(answer), problem_of(answer)["code"]) == (503, "too_many_connections")
        finally:
            for line in kept:
                line.close()
        awaited(lambda: status_of(answers_to(narrow, b"GET /a HTTP/1.0\r\n" + HOST + b"\r\n")) == 200)


def awaited(holds: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(WITHIN_S * 20):
        if holds():
            return
        pause.wait(0.05)
    raise AssertionError("never held")


@pytest.mark.parametrize("path", [b"/long", b"/endless"])
def test_an_answer_that_is_not_taken_is_given_up(path: bytes) -> None:
    at = free_port()
    with serving(echo, at, **HASTY) as server, connected(at) as line:
        line.sendall(b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n")
        assert line.recv(12) == b"HTTP/1.1 200"
        awaited(lambda: not server.server_state.connections)
        assert len(rest_of(line)) < LONG_BYTES


def test_an_answer_that_is_taken_is_sent_whole(port: int) -> None:
    answer = answers_to(port, b"GET /long HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
    assert len(answer.partition(b"\r\n\r\n")[2]) == LONG_BYTES
