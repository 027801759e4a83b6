"""What is registered, warned of or asked for is found by name, code, pinyin and initials, within the asker's reach."""

from typing import Any

import psycopg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from services.api.access.role import Role
from services.api.search.index import SearchIndexes
from services.api.search.readings import Readings
from services.api.search.spellings import Spellings
from tests.integration.alerted import Raised
from tests.integration.registered import JUNGAR, Registered
from tests.signed_in import add_with_key, bearer

ADDRESS = "/api/v1/search"

pytestmark = pytest.mark.store


def found(client: TestClient, q: str, **parameters: Any) -> list[tuple[str, str]]:
    answer = client.get(ADDRESS, params={"q": q, **parameters})
    assert answer.status_code == 200, answer.text
    return [(each["kind"], each["code"]) for each in answer.json()["data"]]


def test_an_area_is_found_by_name_pinyin_initials_and_code(client: TestClient) -> None:
    for q in ("鄂尔多斯", "eerduosi", "eeds", "150600", "ordos"):
        assert found(client, q)[0] == ("area", "150600"), q


def test_what_is_registered_is_found_by_its_name_with_what_it_belongs_to(
    client: TestClient, registered: Registered
) -> None:
    enterprise = registered.enterprise(name_zh="金峰硅铁", name_en="Jinfeng Ferrosilicon")
    unit = registered.unit(enterprise, name_zh="矿热炉")
    gateway = registered.gateway(enterprise, name="采集箱")
    meter = registered.meter(unit_code=unit, gateway_code=gateway, name_zh="炉变进线")
    assert found(client, "jfgt") == [("enterprise", enterprise)]
    assert found(client, "kuangrelu") == [("unit", unit)]
    answer = client.get(ADDRESS, params={"q": "lbjx"}).json()
    [one] = answer["data"]
    assert (one["kind"], one["code"], one["area"], one["enterprise"], one["unit"]) == (
        "meter",
        meter,
        JUNGAR,
        enterprise,
        unit,
    )
    assert answer["names"]["enterprise"][enterprise] == {"zh": "金峰硅铁", "en": "Jinfeng Ferrosilicon"}
    assert answer["names"]["area"][JUNGAR]["zh"] == "准格尔旗"
    assert answer["counts"] == {"meter": 1}
    # A word may fit what the thing belongs to, if another fits itself.
    assert found(client, "金峰 炉") == [("meter", meter), ("unit", unit)]
    assert found(client, "eeds 矿热") == [("unit", unit)]
    assert found(client, "呼和浩特 矿热") == []


def test_what_is_registered_later_is_found_at_once(client: TestClient, registered: Registered) -> None:
    assert found(client, "新能", kind="enterprise") == []
    code = registered.enterprise(name_zh="新能化工")
    assert found(client, "新能", kind="enterprise") == [("enterprise", code)]
    client.patch(f"/api/v1/enterprises/{code}", json={"name_zh": "旧能化工"})
    assert found(client, "新能", kind="enterprise") == []


def test_names_and_codes_are_found_where_no_name_can_be_read(
    client: TestClient, registered: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> Readings:
        raise OSError("no process can be started")

    code = registered.enterprise(name_zh="新能化工", name_en="Xinneng Chemicals")
    assert isinstance(client.app, FastAPI)
    monkeypatch.setattr(client.app.state, "search", SearchIndexes(Spellings(broken)))
    for q in ("新能", "xinneng", code.lower()):
        assert found(client, q, kind="enterprise") == [("enterprise", code)], q
    assert found(client, "xnhg") == []
    assert found(client, "150600")[0] == ("area", "150600")


def test_rules_and_targets_are_found_by_what_they_are_called(client: TestClient, raised: Raised) -> None:
    raised.rule("own_pue", title={"zh": "机房能效过低", "en": "PUE too high"})
    assert found(client, "jfnx", kind="rule") == [("rule", "own_pue")]
    assert ("target", "IM-30") in found(client, "煤炭消费比重")
    assert found(client, "IM-30") == [("target", "IM-30")]


def test_an_alert_is_found_by_its_subject_its_rule_and_its_number(
    client: TestClient, registered: Registered, raised: Raised
) -> None:
    enterprise = registered.enterprise(name_zh="云岭数据")
    unit = registered.unit(enterprise, name_zh="一号机房")
    raised.rule()
    number = raised.alert(subject_code=unit, enterprise_code=enterprise)
    for q in ("yhjf", str(number)):
        assert ("alert", str(number)) in found(client, q), q


def test_nobody_finds_what_they_do_not_see(client: TestClient, registered: Registered, database_url: str) -> None:
    own, others = registered.enterprise(name_zh="北山水泥"), registered.enterprise(name_zh="北山电厂")
    with psycopg.connect(database_url) as connection:
        add_with_key(connection, "works", Role.ENTERPRISE, key="enk_works", enterprise=own)
    by_works = {"headers": bearer("enk_works")}
    answer = client.get(ADDRESS, params={"q": "bs", "kind": "enterprise"}, **by_works).json()
    assert [each["code"] for each in answer["data"]] == [own]
    assert sorted(code for _, code in found(client, "bs", kind="enterprise")) == sorted([own, others])


def test_as_much_is_answered_as_asked_for_and_the_rest_counted(client: TestClient) -> None:
    answer = client.get(ADDRESS, params={"q": "旗", "kind": "area", "limit": 3}).json()
    assert len(answer["data"]) == 3
    assert answer["counts"]["area"] > 40


@pytest.mark.parametrize("parameters", [{"q": ""}, {"q": "x" * 65}, {"q": "x", "limit": 51}, {"q": "x", "kind": "dog"}])
def test_what_cannot_be_looked_for_is_refused(client: TestClient, parameters: dict[str, Any]) -> None:
    assert client.get(ADDRESS, params=parameters).json()["code"] == "invalid_parameter"


def test_nothing_but_blanks_finds_nothing(client: TestClient) -> None:
    assert found(client, "  ") == []
