"""Whatever comes by the wire is read or rejected with a documented code; `make fuzz` tries a million payloads."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.formats.enermon import decode
from services.ingest.formats.kinds import gateway_of
from services.ingest.message import UnreadableMessage
from services.ingest.validate import check
from tests.fuzz.judged import CODES, KNOWN, NOW_US, judge
from tests.fuzz.payloads import payloads

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["seq", "readings", "ts", "values", "meter", "value"]) | st.text(max_size=3), inner
        )
    ),
    max_leaves=20,
)
READINGS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "meter": st.sampled_from(["E01", "elsewhere"]) | JSON,
            "ts": st.datetimes().map(lambda at: f"{at.isoformat()}+08:00") | st.integers(0, 2**42) | JSON,
            "value": st.floats() | JSON,
        },
    ),
    max_size=4,
)


def test_twenty_thousand_drawn_payloads_are_read_or_rejected_with_a_code() -> None:
    read = sum(judge(payload).code == "" for payload in payloads(seed=20_260_101, number=20_000))
    assert 5_000 < read < 15_000


@settings(max_examples=500, deadline=None)
@given(message=st.fixed_dictionaries({"readings": READINGS | JSON}, optional={"seq": JSON, "ts": JSON}))
def test_any_json_is_read_or_rejected_with_a_code(message: object) -> None:
    verdict = judge(json.dumps(message).encode("utf-8", "surrogatepass"))
    assert verdict.code in {"", "undecodable", "too_large"}
    assert not (verdict.code and (verdict.taken or verdict.rejected))


@settings(max_examples=300)
@given(topic=st.text(max_size=40) | st.from_regex(r"enermon/v1/[^/]*/(readings|readings/[^/]*|x)", fullmatch=True))
def test_any_topic_names_a_gateway_or_is_bad(topic: str) -> None:
    try:
        code, gateway = "", gateway_of(topic)
    except UnreadableMessage as refused:
        code, gateway = refused.code, ""
    assert (code == "bad_topic") != bool(gateway)
    assert "/" not in gateway


def test_codes_that_the_page_names_are_those_that_are_given() -> None:
    assert {"undecodable", "too_large", "ambiguous", "infinite", "conflict"} <= CODES


@pytest.mark.parametrize("digits", [401, 4_301, 500_000])
@pytest.mark.parametrize("sign", ["", "-"])
def test_whole_number_too_long_to_read_costs_its_reading_only(digits: int, sign: str) -> None:
    payload = f'{{"seq": 3, "ts": 1767197700000, "values": {{"E01": {sign}{"9" * digits}, "G01": 1}}}}'.encode()
    began_s = time.perf_counter()
    checked = check(decode("GW1", payload), KNOWN, now_us=NOW_US)
    assert (checked.seq, checked.meters, [r.code for r in checked.rejected]) == (3, ["G01"], ["infinite"])
    assert time.perf_counter() - began_s < 1


def test_meter_that_stands_twice_in_the_values_is_two_readings() -> None:
    decoded = decode("GW1", b'{"seq": 3, "ts": 1767197700000, "values": {"E01": 1, "G01": 5, "E01": 2}}')
    assert (list(decoded.meters), list(decoded.values)) == (["E01", "G01", "E01"], [1.0, 5.0, 2.0])


@pytest.mark.parametrize("name", ["readings", "values", "ts", "seq"])
def test_message_that_gives_a_part_twice_is_undecodable(name: str) -> None:
    parts = {"seq": "1", "ts": "1767197700000", "values": '{"E01": 1}'}
    if name == "readings":
        parts = {"seq": "1", "readings": '[{"meter": "E01", "ts": 1767197700000, "value": 1}]'}
    fields = [f'"{part}": {value}' for part, value in [*parts.items(), (name, parts[name])]]
    with pytest.raises(UnreadableMessage) as refused:
        decode("GW1", ("{" + ", ".join(fields) + "}").encode())
    assert (refused.value.code, refused.value.detail) == ("undecodable", f"{name} is given twice")


def test_reading_with_two_values_is_ambiguous_and_costs_itself_only() -> None:
    decoded = decode(
        "GW1",
        b'{"readings": [{"meter": "E01", "ts": 0, "value": 1, "value": 2}, {"meter": "G01", "ts": 0, "value": 3}]}',
    )
    assert ([r.code for r in decoded.rejected], list(decoded.meters)) == (["ambiguous"], ["G01"])
