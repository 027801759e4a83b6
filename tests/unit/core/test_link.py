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
