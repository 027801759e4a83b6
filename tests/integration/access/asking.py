"""Asking the API with the key of an account."""

from fastapi.testclient import TestClient

from tests.signed_in import bearer


class Asker:
    """Asks the API with a key."""

    def __init__(self, client: TestClient, key: str) -> None:
        self._client, self._headers = client, bearer(key)

    def get(self, path: str) -> tuple[int, object]:
        answer = self._client.get(f"/api/v1/{path}", headers=self._headers)
        return answer.status_code, answer.json()

    def codes(self, path: str, column: str = "code") -> list[str]:
        answer = self._client.get(f"/api/v1/{path}", headers=self._headers)
        assert answer.status_code == 200, answer.text
        return [row[column] for row in answer.json()["data"]]

    def send(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        answer = self._client.request(method, f"/api/v1/{path}", json=body, headers=self._headers)
        return answer.status_code, answer.json().get("code", "") if answer.content else ""
