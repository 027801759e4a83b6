"""A Chinese name is found by its characters, its pinyin, its initials, and what lies between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.search.readings import read_apart
from services.api.search.spelling import Fit, Spelled, runs_to_read

READINGS = read_apart(
    sorted(
        runs_to_read(
            [
                "鄂尔多斯市",
                "乌兰察布市",
                "呼和浩特市",
                "阿拉善盟",
                "重庆路机房",
                "绿源化工",
                "一号机房PUE",
                "金峰硅铁 · 矿热炉",
                "啊" * 64,
                "安" * 40,
            ]
        )
    )
)


def spelled(name: str) -> Spelled:
    return Spelled.of(name, READINGS)


ORDOS = spelled("鄂尔多斯市")


@pytest.mark.parametrize(
    ("term", "fit"),
    [
        ("鄂尔多斯市", Fit.WHOLE),
        ("鄂尔", Fit.START),
        ("多斯", Fit.WITHIN),
        ("eeds", Fit.START_OF_SPELLING),
        ("eedss", Fit.WHOLE_SPELLING),
        ("eerduosi", Fit.START_OF_SPELLING),
        ("eerduosishi", Fit.WHOLE_SPELLING),
        ("eerds", Fit.START_OF_SPELLING),
        ("duosi", Fit.WITHIN_SPELLING),
        ("ds", Fit.WITHIN_SPELLING),
        ("d", Fit.NONE),
        ("e", Fit.START_OF_SPELLING),
        ("eedx", Fit.NONE),
        ("pue", Fit.NONE),
    ],
)
def test_a_chinese_name_fits_what_is_typed(term: str, fit: Fit) -> None:
    assert ORDOS.fit(term) is fit


@pytest.mark.parametrize(
    ("name", "term"),
    [
        ("乌兰察布市", "wlcb"),
        ("呼和浩特市", "huhehaote"),
        ("阿拉善盟", "als"),
        ("重庆路机房", "cqljf"),
        ("绿源化工", "lyhg"),
        ("一号机房PUE", "jfpue"),
        ("金峰硅铁 · 矿热炉", "jfgtkrl"),
    ],
)
def test_names_are_found_as_they_are_read(name: str, term: str) -> None:
    assert spelled(name).fit(term) is not Fit.NONE


@pytest.mark.parametrize(
    ("term", "fit"),
    [("ordos data", Fit.START), ("data", Fit.START_OF_WORD), ("ata", Fit.WITHIN), ("odc", Fit.NONE)],
)
def test_an_english_name_fits_by_its_letters_alone(term: str, fit: Fit) -> None:
    assert spelled("Ordos Data Centre").fit(term) is fit


@given(st.data())
def test_any_beginning_of_each_syllable_in_turn_finds_the_name(data: st.DataObject) -> None:
    syllables = ORDOS.syllables[: data.draw(st.integers(1, len(ORDOS.syllables)))]
    term = "".join(each[: data.draw(st.integers(1, len(each)))] for each in syllables)
    assert ORDOS.fit(term) >= Fit.START_OF_SPELLING


def test_letters_that_could_be_cut_in_many_ways_are_not_tried_in_all_of_them() -> None:
    assert spelled("啊" * 64).fit("a" * 64) is Fit.WHOLE_SPELLING
    assert spelled("安" * 40).fit("an" * 31 + "x") is Fit.NONE
