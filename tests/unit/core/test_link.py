"""Links in messages lead to the API: where it is said to be, else where it listens."""

import pytest

from services.core.settings import Settings


@pytest.mark.parametrize(
    ("given", "link"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"api_port": 8123}, "http://127.0.0.1:8123"),
        ({"api_host": "10.1.2.3"}, "http://10.1.2.3:8000"),
        ({"api_host": "0.0.0.0"}, "http://127.0.0.1:8000"),
        ({"api_host": "fd00::1", "api_port": 80}, "http://[fd00::1]:80"),
        ({"alerts_link": ""}, "http://127.0.0.1:8000"),
        ({"alerts_link": "https://enermon.example.cn/"}, "https://enermon.example.cn"),
    ],
)
def test_link_is_what_was_set_else_where_the_api_listens(
    given: dict[str, object], link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ALERTS_LINK", "API_HOST", "API_PORT"):
        monkeypatch.delenv(f"ENERMON_{name}", raising=False)
    assert Settings(**given).link == link  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, set()),
        ({"api_host": "10.1.2.3"}, {"10.1.2.3"}),
        ({"api_host": "0.0.0.0"}, set()),
        ({"alerts_link": "https://Alerts.example.cn:8443/enermon"}, {"alerts.example.cn"}),
        ({"api_trusted_hosts": "Energy.example.cn, 10.9.8.7,[fd00::1],"}, {"energy.example.cn", "10.9.8.7", "fd00::1"}),
    ],
)
def test_api_is_asked_by_the_names_of_this_machine_of_the_links_and_those_given(
    given: dict[str, object], names: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ALERTS_LINK", "API_HOST", "API_PORT", "API_TRUSTED_HOSTS"):
        monkeypatch.delenv(f"ENERMON_{name}", raising=False)
    settings = Settings(**given)  # type: ignore[arg-type]
    assert settings.trusted_hosts == {"localhost", "127.0.0.1", "::1"} | names


@pytest.mark.parametrize("name", ["https://energy.example.cn", "energy.example.cn:8000", "a/b", "*", "a b"])
def test_what_is_no_name_of_a_host_is_refused_at_the_start(name: str) -> None:
    with pytest.raises(ValueError, match="leave out scheme, port and path"):
        Settings(api_trusted_hosts=name)
