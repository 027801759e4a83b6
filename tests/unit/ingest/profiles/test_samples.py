"""Messages of the products that Enermon is shipped with profiles for are read as they are meant."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.message import UnreadableMessage
from services.ingest.profiles.decode import Came, ProfileRead, read_message
from services.ingest.profiles.shipped import shipped_profiles

SAMPLES = json.loads(Path(__file__).with_name("samples.json").read_text("utf-8"))
PROFILES = {name: each.profile() for name, each in shipped_profiles().items()}
NOW = 1_795_200_000_000_000


def read(profile: str, payload: bytes, **came: Any) -> ProfileRead:
    return read_message(PROFILES[profile], "GW1", payload, Came(NOW, **came))


def readings(found: ProfileRead) -> list[list[Any]]:
    """Point, time (None: that of arrival) and value."""
    foreign = found.foreign
    flags = foreign.flags or [""] * len(foreign.points)
    return [
        [point, None if flag == "received" else at_us, value]
        for point, at_us, value, flag in zip(foreign.points, foreign.times_us, foreign.values, flags, strict=True)
    ]


@pytest.mark.parametrize("sample", SAMPLES, ids=[each["profile"] for each in SAMPLES])
def test_sample_is_read_by_its_profile(sample: dict[str, Any]) -> None:
    found = read_message(
        PROFILES[sample["profile"]], sample["gateway"], sample["payload"].encode(), Came(NOW, sample["topic"])
    )
    assert readings(found) == sample["readings"]
    assert found.nothing == ""


@pytest.mark.parametrize("sample", SAMPLES, ids=[each["profile"] for each in SAMPLES])
def test_sample_is_read_below_the_topic_of_its_gateway_too(sample: dict[str, Any]) -> None:
    topic = f"x/{sample['gateway']}/{sample['topic'].lstrip('/')}"
    found = read_message(PROFILES[sample["profile"]], sample["gateway"], sample["payload"].encode(), Came(NOW, topic))
    assert readings(found) == sample["readings"]


def test_every_profile_but_senml_has_a_sample() -> None:
    assert {each["profile"] for each in SAMPLES} == PROFILES.keys() - {"senml"}
    assert len(SAMPLES) == 38


def test_senml_has_what_its_records_share_written_into_each() -> None:
    """RFC 8428, 5.1.2 and 5.1.3, with times that are not relative."""
    payload = (
        b'[{"bn":"urn:dev:ow:10e2073a01080063:","bt":1795132800,"bu":"A","bv":1,"n":"voltage","u":"V","v":119.1},'
        b'{"n":"current","t":-5,"v":0.2},{"n":"open","vb":true},{"n":"sum","s":3},{"bt":0,"n":"now","v":2}]'
    )
    found = read("senml", payload)
    name = "urn:dev:ow:10e2073a01080063:"
    assert readings(found) == [
        [f"{name}voltage", 1_795_132_800_000_000, 120.1],
        [f"{name}current", 1_795_132_795_000_000, 1.2],
        [f"{name}sum", 1_795_132_800_000_000, 1],
        [f"{name}now", None, 3],
    ]
    assert found.foreign.units[:2] == ["V", "A"]
    assert [(each.meter, each.code) for each in found.foreign.rejected] == [(f"{name}open", "not_a_number")]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "ts", "values", "v", "N", "1", "2", "PVs", "time", "d", "q"]), inner)
    ),
    max_leaves=12,
)


def _changed(document: Any, place: int, put: Any) -> Any:
    """The document with another value at one of its places."""
    places: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        for key in list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
            places.append((node, key))
            walk(node[key])

    walk(document)
    if places:
        node, key = places[place % len(places)]
        node[key] = put
    return document


@settings(max_examples=150, deadline=None)
@given(sample=st.sampled_from(SAMPLES), document=_JSON, place=st.integers(0, 60), below=st.booleans())
def test_any_json_ends_in_readings_or_counted_drops(
    sample: dict[str, Any], document: Any, place: int, below: bool
) -> None:
    whole = document
    if below and sample["payload"][0] in "{[":
        whole = _changed(json.loads(sample["payload"]), place, document)
    _ends_well(json.dumps(whole).encode())


@settings(max_examples=100, deadline=None)
@given(sample=st.sampled_from(SAMPLES), cut=st.integers(0, 400), put=st.binary(max_size=6))
def test_any_bytes_end_so_too(sample: dict[str, Any], cut: int, put: bytes) -> None:
    payload: bytes = sample["payload"].encode()
    cut %= len(payload)
    _ends_well(payload[:cut] + put + payload[cut + len(put) :])


def _ends_well(payload: bytes) -> None:
    for name in PROFILES:
        try:
            found = read(name, payload)
        except UnreadableMessage:
            continue
        foreign = found.foreign
        assert len(foreign.points) == len(foreign.times_us) == len(foreign.values)
        assert all(isinstance(each, float) for each in foreign.values)
        assert foreign.points or foreign.rejected or found.nothing
