"""The other formats on the stage: the services that take HJ 212 and Sparkplug B, and the gateways that speak them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx
import msgspec
import psycopg

from services.up.stack import Stack
from tests.chaos.foreign import ForeignSpec, acts_taken
from tests.chaos.keeper import Kept
from tests.chaos.proxy import Proxies
from tests.chaos.shown import EDGE_ADDRESS, FACTOR, PROFILE, concentration, points, saying
from tests.chaos.truth import Truth
from tests.chaos.world import EDGE, END_DEVICE, FOREIGN_GATEWAYS, MONITOR, NECC_KEY, PROFILE_HTTP, PROFILE_MQTT, World
from tests.integration.let_in import let_in_users, url_of, user_of
from tests.integration.running import passwords_file, wait_until
from tests.second_person import ConfirmedTransport
from tests.signed_in import BY_ADMINISTRATOR

FORMATS = {
    PROFILE_MQTT: "a profile by MQTT",
    PROFILE_HTTP: "a profile by HTTP",
    MONITOR: "HJ 212",
    EDGE: "Sparkplug B",
    END_DEVICE: "the national protocol",
}
_NOT_TAKEN = """
SELECT gateway_code, code FROM rejected_reading WHERE gateway_code = ANY(%(gateways)s)
UNION ALL
SELECT gateway_code, why FROM held_reading WHERE gateway_code = ANY(%(gateways)s)
"""
_EMISSIONS = """
SELECT (extract(EPOCH FROM ts) * 1000)::bigint, mean
FROM emission JOIN gateway USING (gateway_id)
WHERE gateway.code = %s AND grain = 'minutes' AND factor = %s
"""
_COUNT = """
SELECT count(*)
FROM reading JOIN meter USING (meter_id) JOIN gateway USING (gateway_id)
WHERE gateway.code = %s
"""


def takers(proxies: Proxies, ports: Mapping[str, int], *, sparkplug_url: str) -> dict[str, dict[str, str]]:
    """The services of other formats, by command, and what each is told. sparkplug_url: empty: none."""
    told = {
        "hj212": {"ENERMON_HJ212_PORT": str(ports["monitors"])},
        "necc": {
            "ENERMON_NECC_KEY": NECC_KEY,
            "ENERMON_NECC_PORT": str(ports["end_devices"]),
            "ENERMON_NECC_URL": f"http://127.0.0.1:{proxies.end_devices.port}",
        },
    }
    return told | ({"sparkplug": {"ENERMON_SPARKPLUG_MQTT_URL": sparkplug_url}} if sparkplug_url else {})


class Others:
    """with_edge: whether Sparkplug B is spoken: the embedded broker keeps no will."""

    def __init__(self, stack: Stack, folder: Path, world: World, *, with_edge: bool) -> None:
        self.lacks = "" if with_edge else "Sparkplug B: NOT CHECKED, the embedded broker keeps no will"
        self.gateways = [code for code in FOREIGN_GATEWAYS if code != EDGE or with_edge]
        self._stack, self._folder, self._world = stack, folder / "foreign", world
        self.sender: Kept | None = None
        self._spec: ForeignSpec | None = None
        self._passwords: dict[str, str] = {}

    def register(self, api_url: str) -> None:
        """After the registry has the gateways: edge node, profiles, points and passwords; and let them all in."""
        with httpx.Client(
            base_url=f"{api_url}/api/v1", headers=BY_ADMINISTRATOR, timeout=30, transport=ConfirmedTransport()
        ) as client:

            def ask(method: str, path: str, body: object) -> httpx.Response:
                answer = client.request(method, path, json=body)
                assert answer.is_success, answer.text
                return answer

            ask("PATCH", f"/gateways/{EDGE}", {"edge_node": EDGE_ADDRESS})
            owner = client.get(f"/gateways/{MONITOR}").json()["credit_code"]
            ask("PUT", "/outlets/DA001", {"credit_code": owner, "name_zh": "烟囱", "medium": "gas", "gateway": MONITOR})
            ask("PUT", "/profiles/chaos", {"document": PROFILE})
            for gateway in (PROFILE_MQTT, PROFILE_HTTP):
                ask("PUT", f"/gateways/{gateway}/profile", {"profile": "chaos"})
            for gateway in FOREIGN_GATEWAYS:
                ask("PUT", f"/gateways/{gateway}/points", {"points": list(points(self._world, gateway))})
                given = ask("POST", f"/gateways/{gateway}/credentials", {})
                self._passwords[gateway] = given.json()["password"]
        users = [user_of(code, edge_node=EDGE_ADDRESS if code == EDGE else "") for code in self._world.gateways]
        let_in_users(self._stack.broker, tuple(users))

    def send(self, proxies: Proxies, *, acts_per_s: float) -> None:
        """Start the gateways, which reach all by the proxies."""
        self._folder.mkdir(parents=True)
        passwords = passwords_file(self._stack, self.gateways, self._folder)
        mqtt = {code: unquote(urlsplit(url_of(self._stack, code)).password or "") for code in self.gateways}
        self._spec = ForeignSpec(
            seed=self._world.seed,
            world_began_ms=self._world.began_ms,
            enterprises=self._world.enterprises,
            new_meters=self._world.new_meters,
            gateways=self.gateways,
            mqtt_port=proxies.gateways.port,
            mqtt_passwords=mqtt,
            passwords_file=str(passwords) if passwords else None,
            monitor_port=proxies.monitors.port,
            end_device_port=proxies.end_devices.port,
            api_url=f"http://127.0.0.1:{proxies.doors.port}",
            passwords=self._passwords,
            folder=str(self._folder),
            acts_per_s=acts_per_s,
        )
        file = self._folder / "spec.json"
        file.write_bytes(msgspec.json.encode(self._spec))
        argv = ["-m", "tests.chaos.foreign", str(file)]
        self.sender = Kept("foreign", argv, {}, self._folder.with_suffix(".log"), ends=True)

    def taken(self) -> dict[str, list[int]]:
        """By gateway a number for each act that was taken: duplicates of its other form."""
        assert self._spec is not None
        return {code: acts_taken(self._spec.taken(code)) for code in self.gateways}

    def wait_for_more(self, *, within_s: float) -> None:
        """Wait until each of the gateways has been answered twice more: what was under way, and what came then."""
        before = {code: len(acts) for code, acts in self.taken().items()}

        def come() -> bool:
            assert self.sender is not None
            assert not self.sender.died, self.sender.last_lines()
            return all(len(acts) >= before[code] + 2 for code, acts in self.taken().items())

        wait_until("other formats are taken again", come, within_s=within_s)

    def finish(self, database: psycopg.Connection, *, within_s: float) -> None:
        """Let them say nothing new, and wait until all is there: by Sparkplug B nothing is answered."""
        assert self._spec is not None
        assert self.sender is not None
        self._spec.finish.touch()
        assert self.sender.wait(within_s) == 0, self.sender.last_lines()
        for code, acts in self.taken().items():
            wanted = sum(len(saying(self._world, code, act).rows) for act in range(len(acts)))

            def come(code: str = code, wanted: int = wanted) -> bool:
                return database.execute(_COUNT, [code]).fetchone() == (wanted,)

            wait_until(f"all of {FORMATS[code]} is there", come, within_s=within_s)

    def remember(self, truth: Truth) -> None:
        """Add what was taken."""
        for code, acts in self.taken().items():
            for act in range(len(acts)):
                for row in saying(self._world, code, act).rows:
                    truth.add(row.meter, row.ts_ms * 1000, row.value)

    def differences(self, database: psycopg.Connection) -> list[str]:
        """What was not taken though it was sent, and means of the pollutant that are not as they were sent."""
        rows = database.execute(_NOT_TAKEN, {"gateways": self.gateways}).fetchall()
        found = [f"{code} of {FORMATS[gateway]}" for gateway, code in rows]
        acts = self.taken()[MONITOR]
        sent = {saying(self._world, MONITOR, act).ts_ms: concentration(act) for act in range(len(acts))}
        kept: dict[int, float] = dict(database.execute(_EMISSIONS, [MONITOR, FACTOR]).fetchall())
        if kept != sent:
            found.append(
                f"emissions: {len(sent)} were answered, {len(sent.items() & kept.items())} are as they were sent"
            )
        found += [f"{FORMATS[code]}: nothing came by two ways" for code, acts in self.taken().items() if not any(acts)]
        return found

    def numbers(self) -> dict[str, float]:
        """Messages by format, and duplicates of readings that came by two ways."""
        taken = self.taken()
        found: dict[str, float] = {f"messages by {FORMATS[code]}": len(acts) for code, acts in taken.items()}
        return found | {"readings by two formats": sum(map(sum, taken.values()))}

    def kept(self) -> Sequence[Kept]:
        """The process of the gateways, where it was started."""
        return [self.sender] if self.sender else []
