"""Facets: each count says what that choice would leave."""

from services.api.faceted import Facets, choices, found_in

KILNS = [
    {"trade": "cement", "verdict": "ok", "areas": ["150100", "150105"]},
    {"trade": "cement", "verdict": "breach", "areas": ["150600", "150622"]},
    {"trade": "coke", "verdict": "breach", "areas": ["150600", "150621"]},
]
FACETS = Facets(
    {
        "trade": lambda kiln: [str(kiln["trade"])],
        "verdict": lambda kiln: [str(kiln["verdict"])],
        "area": lambda kiln: list(kiln["areas"]),
    }
)


def test_without_a_choice_everything_is_left_and_counted() -> None:
    left, counts = FACETS.narrowed(KILNS, {"trade": None})
    assert left == KILNS
    assert counts == {
        "trade": {"cement": 2, "coke": 1},
        "verdict": {"breach": 2, "ok": 1},
        "area": {"150100": 1, "150105": 1, "150600": 2, "150621": 1, "150622": 1},
    }


def test_a_facet_is_counted_as_if_nothing_were_asked_of_itself() -> None:
    left, counts = FACETS.narrowed(KILNS, {"trade": ["cement"], "verdict": None})
    assert [kiln["verdict"] for kiln in left] == ["ok", "breach"]
    assert counts["trade"] == {"cement": 2, "coke": 1}
    assert counts["verdict"] == {"breach": 1, "ok": 1}


def test_a_count_is_what_the_choice_gives_beside_the_other_choices() -> None:
    _, counts = FACETS.narrowed(KILNS, {"trade": ["cement"], "verdict": ["breach"]})
    for trade, number in counts["trade"].items():
        chosen, _ = FACETS.narrowed(KILNS, {"trade": [trade], "verdict": ["breach"]})
        assert len(chosen) == number
    assert counts["area"] == {"150600": 1, "150622": 1}


def test_any_of_several_values_of_a_facet_may_fit() -> None:
    left, _ = FACETS.narrowed(KILNS, {"area": ["150105", "150621"]})
    assert [kiln["trade"] for kiln in left] == ["cement", "coke"]


def test_a_search_is_for_a_part_of_a_text_whatever_the_case() -> None:
    assert found_in(None, [None])
    assert found_in("KILN", ["一号窑", None, "Kiln 1"])
    assert not found_in("oven", ["Kiln 1", None])


def test_choices_are_what_a_question_has_under_the_names_of_facets() -> None:
    class Question:
        trade = ("coke",)
        verdict = None

    assert choices(Question(), ["trade", "verdict"]) == {"trade": ["coke"], "verdict": None}
