"""What several containers are told is the same in each of them."""

from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[2]
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]


@pytest.mark.parametrize("name", ["ENERMON_ALERTS_LINK", "ENERMON_WEBHOOK_ALLOW_PRIVATE", "ENERMON_WEBHOOK_ALLOW_HTTP"])
def test_the_api_takes_webhooks_and_writes_links_as_the_alert_service_sends_them(name: str) -> None:
    in_api, in_alerts = (SERVICES[service]["environment"][name] for service in ("api", "alerts"))
    assert in_api == in_alerts
    assert in_api.startswith(f"${{{name}:-")


def test_every_setting_that_the_example_names_reaches_a_container() -> None:
    example = (ROOT / ".env.example").read_text("utf-8").splitlines()
    named = {line.lstrip("#").partition("=")[0] for line in example if line.lstrip("#").startswith("ENERMON_")}
    compose = (ROOT / "docker-compose.yml").read_text("utf-8")
    assert sorted(name for name in named if name not in compose) == []
