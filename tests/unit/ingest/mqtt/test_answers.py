"""Answers fit what a broker takes, and say what they leave out."""

import json
from typing import Any

from services.ingest.mqtt.answers import MOST_BYTES, MOST_REJECTIONS, payloads


def answer(seq: int, rejections: int = 0) -> dict[str, Any]:
    rejected = [{"meter": f"M{i}", "ts": i, "code": "unknown_meter", "detail": "x" * 40} for i in range(rejections)]
    return {"seq": seq, "stored": 1, "duplicate": 0, "rejected": rejected}


def test_answers_of_a_commit_are_one_payload() -> None:
    assert [json.loads(p) for p in payloads([answer(1), answer(2)])] == [[answer(1), answer(2)]]


def test_nothing_to_tell_is_no_payload() -> None:
    assert list(payloads([])) == []


def test_many_answers_are_cut_into_payloads_of_bounded_size_in_order() -> None:
    told = list(payloads(answer(seq, rejections=100) for seq in range(200)))
    assert len(told) > 1
    assert max(map(len, told)) <= MOST_BYTES + 1000
    assert [a["seq"] for payload in told for a in json.loads(payload)] == list(range(200))


def test_answer_with_very_many_rejections_tells_the_first_and_how_many_there_are() -> None:
    (payload,) = payloads([answer(7, rejections=10_000)])
    rejected = json.loads(payload)[0]["rejected"]
    assert len(rejected) == MOST_REJECTIONS + 1
    assert rejected[-1] == {"code": "and_more", "detail": f"{10_000 - MOST_REJECTIONS} more readings were rejected"}
