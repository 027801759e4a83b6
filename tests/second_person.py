"""The second person of the tests: what changes closed months is confirmed by the other administrator at once."""

from typing import Any

import httpx
from fastapi.testclient import TestClient

from tests.signed_in import ADMINISTRATOR_KEY, SECOND_KEY, bearer


def _confirmation(answer: httpx.Response) -> tuple[str, dict[str, str]] | None:
    """Address and header with which the other administrator confirms what was proposed; None: nothing was."""
    address = answer.headers.get("Location", "")
    if answer.status_code != httpx.codes.ACCEPTED or "/proposals/" not in address:
        return None
    own = answer.request.headers.get("Authorization") == bearer(SECOND_KEY)["Authorization"]
    return f"{address}/confirm", bearer(ADMINISTRATOR_KEY if own else SECOND_KEY)


class ConfirmedClient(TestClient):
    """Asks the API of this process; gives the answer of what is confirmed."""

    def request(self, *asked: Any, **given: Any) -> httpx.Response:
        """Ask, and have it confirmed."""
        answer: httpx.Response = super().request(*asked, **given)
        confirmation = _confirmation(answer)
        if confirmation is None:
            return answer
        address, headers = confirmation
        confirmed: httpx.Response = super().request("POST", address, headers=headers)
        return confirmed


class ConfirmedTransport(httpx.BaseTransport):
    """The same over the network."""

    def __init__(self) -> None:
        self._network = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Ask, and have it confirmed."""
        answer = self._network.handle_request(request)
        answer.request = request
        confirmation = _confirmation(answer)
        if confirmation is None:
            return answer
        answer.close()
        address, headers = confirmation
        return self._network.handle_request(
            httpx.Request("POST", request.url.join(address), headers=headers, content=b"")
        )

    def close(self) -> None:
        """Give the connections back."""
        self._network.close()
