"""The story of the demonstration on the running services: each thing is there as an officer would find it."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import numpy as np
import psycopg
import pytest
from numpy.typing import NDArray

from services.alerts.past import PastJudgement, judge_past
from services.api.access.demonstration import add_demonstration
from services.api.access.passwords import Passwords
from services.core.calendar import SHANGHAI
from services.core.settings import Settings
from services.up.stack import Stack
from simulators.broker import broker_from_url
from simulators.clock import FixedClock
from simulators.faults.plan import FaultPlan
from simulators.fleet.feed import FleetFeed
from simulators.fleet.region import Particular, Region, build_region
from simulators.options import recorder
from simulators.publish import Faults, Options, publish
from simulators.receiver.arrivals import Arrivals
from simulators.receiver.mail_sink import MailSink
from simulators.receiver.mails_command import MailBook
from simulators.registration import RegistryApi
from simulators.registry import Registry
from simulators.story.kept import Kept
from simulators.story.script import Moment, Script, load_script
from simulators.story.telling import Teller
from tests.conftest import copy_of
from tests.e2e.conftest import rolled_up
from tests.integration.let_in import let_in
from tests.integration.running import environment_of, passwords_file, running, running_api, wait_until
from tests.second_person import ConfirmedTransport
from tests.signed_in import ADMINISTRATOR_KEY, BY_ADMINISTRATOR

pytestmark = [pytest.mark.store, pytest.mark.timeout(600)]

HALL, HALL_WITHOUT_RACKS, MINE = "150627-0002-U1", "150902-0023-U1", "150622-0041-U1"
GATEWAYS = {
    *("GW-150627-0002", "GW-150902-0023", "GW-150926-0029", "GW-150622-0041", "GW-150624-0001"),
    *("GW-150824-0063", "GW-150622-0016", "GW-150624-0017"),
}
HANDLED_OF_AREAS = {"acknowledged", "explained", "planned"}
DAYS = 28
Json = dict[str, Any]


def short_script() -> Script:
    """The script with one long past, and with all that happens in the last four weeks."""
    script = load_script()
    faults = [
        msgspec.structs.replace(each, begins=Moment(at="10:40", days_ago=20)) if each.begins.last_month else each
        for each in script.fault
    ]
    return msgspec.structs.replace(script, longer=script.longer[:1], fault=tuple(faults))


@dataclass(frozen=True)
class Told:
    """The demonstration after its story was told."""

    first_day: date
    region: Region
    api: httpx.Client
    teller: Teller
    passwords: Path
    settings: Settings
    book: MailBook

    def ask(self, path: str, **parameters: Any) -> Json:
        answer = self.api.get(f"/api/v1/{path}", params=parameters)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def at(self, days_ago: int, clock: str) -> datetime:
        return Moment(at=clock, days_ago=days_ago).on(self.first_day)

    def readings(self, meter: str, start: datetime, end: datetime) -> list[Json]:
        span = {"start": start.isoformat(), "end": end.isoformat()}
        found: list[Json] = self.ask(f"meters/{meter}/readings", **span)["data"]
        return found

    def alerts(self) -> list[Json]:
        """All alerts in full, from the oldest on."""
        rows = self.ask("alerts", limit=1000)["data"]
        return [self.ask(f"alerts/{row['alert_id']}") for row in sorted(rows, key=lambda row: row["alert_id"])]

    def tell(self, *, judge: bool) -> None:
        """What goes through the API."""
        self.teller.prepare(self.passwords)
        moments = [PastJudgement(at=datetime.fromisoformat(at), rules=rules) for at, rules in self.teller.moments()]
        if judge:
            judge_past(self.settings, moments)
        self.teller.handle()
        self.teller.issue()


@pytest.fixture(scope="module")
def told(stack: Stack, server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    state, now = tmp_path_factory.mktemp("story"), datetime.now(UTC)
    book = MailBook(state / "mails.jsonl")
    sink = MailSink(Arrivals(book.take), port=0)
    sink.start()
    first_day, script = Kept(state).begin(now.astimezone(SHANGHAI).date()), short_script()
    region = region_of(script, first_day)
    let_in(stack.broker, list(region.meters_by_gateway))
    with copy_of(server_url) as url:
        environment = environment_of(stack, url)
        with (
            running_api(**environment) as address,
            running("rollup", **environment),
            psycopg.connect(url, autocommit=True) as database,
            httpx.Client(base_url=address, headers=BY_ADMINISTRATOR, timeout=60) as client,
            closing(RegistryApi(address, key=ADMINISTRATOR_KEY, transport=ConfirmedTransport())) as administrator,
        ):
            administrator.register(region.registry)
            passwords = passwords_file(stack, region.meters_by_gateway, state)
            options = Options(
                broker=broker_from_url(stack.mqtt_url(None), passwords_file=passwords),
                state_dir=state,
                clock=FixedClock(int(now.timestamp() * 1000)),
                faults=Faults(plan_of(script, first_day, region), region.registry, recorder(administrator)),
                resend_after_s=10.0,
            )
            with running("ingest", **environment):
                publish(feeds_of(script, first_day, region, now), options)
            wait_until("everything rolled up", lambda: rolled_up(database))
            add_demonstration(database, state, Passwords())
            accounts = {
                name: RegistryApi(
                    address, key=(state / f"{name}.key").read_text().strip(), transport=ConfirmedTransport()
                )
                for name in ("region", "ordos", "jungar", "works")
            }
            teller = Teller(script, Kept(state), administrator=administrator, accounts=accounts)
            settings = Settings(database_url=url, alerts_link="http://127.0.0.1:8000")
            by_gateway = gateway_logins(client, state)
            story = Told(first_day, region, client, teller, by_gateway, settings, book)
            story.tell(judge=True)
            mailing = environment | {"ENERMON_SMTP_URL": f"smtp://127.0.0.1:{sink.port}"}
            with running("alerts", **mailing):
                yield story
    sink.stop()
    book.close()


def region_of(script: Script, first_day: date) -> Region:
    """The enterprises of the story alone, and all that is reported of areas."""
    particular = Particular(
        flows={each.meter: (each.ratio, each.season) for each in script.flow},
        first_days={code: day.isoformat() for code, day in script.first_days(first_day).items()},
    )
    built = build_region(
        seed=1,
        enterprises=74,
        valid_from=(first_day - timedelta(days=DAYS)).isoformat(),
        this_year=first_day.year,
        particular=particular,
    )
    whole = built.registry
    owners = {each.credit_code for each in whole.gateways if each.code in GATEWAYS}
    registry = Registry(
        parks=whole.parks,
        enterprises=[each for each in whole.enterprises if each.credit_code in owners],
        units=[each for each in whole.units if each.credit_code in owners],
        gateways=[each for each in whole.gateways if each.code in GATEWAYS],
        meters=[each for each in whole.meters if each.gateway_code in GATEWAYS],
        statistics=[each for each in whole.statistics if each.owner.startswith("area:")],
        heat_values=[each for each in whole.heat_values if each.enterprise in owners],
    )
    return Region(registry, {code: built.meters_by_gateway[code] for code in sorted(GATEWAYS)})


def plan_of(script: Script, first_day: date, region: Region) -> FaultPlan:
    meters_of = {code: [each.meter.code for each in meters] for code, meters in region.meters_by_gateway.items()}
    return replace(FaultPlan(), placed=script.placed(first_day, meters_of))


def feeds_of(script: Script, first_day: date, region: Region, now: datetime) -> list[FleetFeed]:
    starts, ends = script.first_days(first_day), script.quiet_from(first_day)
    first_ms = Moment(at="00:00", days_ago=DAYS).ms(first_day)
    now_ms = int(now.timestamp() * 1000)
    return [
        FleetFeed(
            code,
            meters,
            start_ms=Moment(at="00:00").ms(starts[code]) if code in starts else first_ms,
            end_ms=ends.get(code, now_ms),
        )
        for code, meters in region.meters_by_gateway.items()
    ]


def epoch_ms(*moments: datetime) -> NDArray[np.int64]:
    return np.array([int(moment.timestamp() * 1000) for moment in moments], dtype=np.int64)


def gateway_logins(client: httpx.Client, folder: Path) -> Path:
    """A file with a login of the gateway whose message is refused."""
    given = client.post("/api/v1/gateways/GW-150624-0017/credentials").json()
    file = folder / "fleet.csv"
    file.write_text(f"gateway,user,password\nGW-150624-0017,{given['user']},{given['password']}\n")
    return file


def test_a_hall_is_above_the_target_over_twelve_months_and_one_cannot_be_judged(told: Told) -> None:
    (above,) = [each for each in told.alerts() if each["rule"] == "pue_new_large"]
    assert above["subject"] == f"unit:{HALL}"
    assert above["last_value"]["value"] == pytest.approx(1.34, abs=0.005)
    assert (above["last_value"]["limit"], above["severity"], above["status"]) == (1.3, "severe", "open")
    yesterday = {"start": told.at(1, "00:00").date(), "end": told.first_day, "bucket": "total", "by": "flow"}
    racks = [
        row
        for row in told.ask("energy", scope=f"unit:{HALL_WITHOUT_RACKS}", **yesterday)["data"]
        if row["flow"] == "it_load"
    ]
    assert [row["coverage"] for row in racks] == [0.5]


def test_a_gateway_is_silent_since_yesterday(told: Told) -> None:
    last = max(each["ts"] for each in told.readings("150926-0029-E01", told.at(1, "00:00"), told.at(0, "00:00")))
    assert last == told.at(1, "13:30").isoformat()


def test_a_meter_is_stuck_and_a_reading_is_suspect(told: Told) -> None:
    stuck = told.readings("150624-0001-W01", told.at(3, "05:15"), told.at(2, "05:15"))
    assert (len(stuck), len({each["value"] for each in stuck})) == (96, 1)
    marks = {
        each["ts"]: each["quality"]
        for each in told.readings("150624-0001-G01", told.at(2, "14:00"), told.at(2, "15:00"))
    }
    spike = told.at(2, "14:15").isoformat()
    assert marks.pop(spike) == "suspect"
    assert set(marks.values()) == {"good"}


def test_a_reading_was_corrected_to_what_was_measured(told: Told) -> None:
    at = told.at(5, "10:30")
    (simulated,) = [
        each for each in told.region.meters_by_gateway["GW-150824-0063"] if each.meter.code == "150824-0063-G01"
    ]
    true = float(simulated.value(epoch_ms(at))[0])
    (reading,) = told.readings("150824-0063-G01", at, at + timedelta(minutes=15))
    assert reading["value"] == pytest.approx(10 * true, rel=1e-6)
    assert reading["counting_value"] == pytest.approx(true, rel=1e-6)
    assert reading["correction"]["author"] == "region"


def test_a_meter_was_changed_with_a_record_and_its_sums_are_the_true_use(told: Told) -> None:
    (record,) = told.ask("meters/150622-0016-E01/replacements")["data"]
    assert told.at(4, "09:15") < datetime.fromisoformat(record["ts"]) < told.at(4, "09:30")
    start, end = told.at(5, "00:00"), told.at(3, "00:00")
    (row,) = told.ask("energy", scope="meter:150622-0016-E01", start=start.date(), end=end.date(), bucket="total")[
        "data"
    ]
    (simulated,) = [
        each for each in told.region.meters_by_gateway["GW-150622-0016"] if each.meter.code == "150622-0016-E01"
    ]
    before, after = simulated.amount(epoch_ms(start, end))
    assert row["quantity"] == pytest.approx(after - before, rel=1e-4)


def test_a_message_with_another_unit_was_refused(told: Told) -> None:
    (refused,) = told.ask("rejected-readings", gateway="GW-150624-0017")["data"]
    assert (refused["code"], refused["meter"]) == ("not_a_number", "150624-0017-E01")


def test_alerts_are_in_every_status_and_two_are_overdue(told: Told) -> None:
    alerts = told.alerts()
    assert {each["status"] for each in alerts} == {
        *("open", "acknowledged", "explained", "planned", "verified", "closed")
    }
    mine = sorted((each["fired_at"], each["status"]) for each in alerts if each["subject"] == f"unit:{MINE}")
    assert [status for _, status in mine] == ["closed", "verified"]
    assert {
        (each["rule"], each["subject"]): each["status"] for each in alerts if each["status"] in HANDLED_OF_AREAS
    } == {
        ("energy_intensity_level_1", "area:150603"): "planned",
        ("energy_intensity_level_2", "area:150623"): "explained",
        ("energy_intensity_level_2", "area:150624"): "acknowledged",
    }
    late = sorted(each["subject"] for each in alerts if (each["handling"]["due"] or {}).get("overdue"))
    assert late == [f"unit:{HALL}", f"unit:{HALL_WITHOUT_RACKS}"]


def test_bodies_are_told_by_mail(told: Told) -> None:
    bodies = told.ask("supervision-bodies", limit=100)["data"]
    assert sorted(each["area_code"] for each in bodies if each["area_code"].endswith("00")) == sorted(
        each["code"] for each in told.ask("areas", limit=1000)["data"] if each["code"].endswith("00")
    )

    def came() -> bool:
        return any("1.34" in mail["text"] for mail in told.book.mails() if "jnjc-150600@enermon.example" in mail["to"])

    wait_until("the league is told of the hall", came)


def test_bulletins_of_last_month_are_issued_for_the_region_and_a_league(told: Told) -> None:
    last_month = f"{told.first_day.replace(day=1) - timedelta(days=1):%Y-%m}"
    issued = [(each["area_code"], each["month"], each["version"]) for each in told.ask("bulletins")["data"]]
    assert sorted(issued) == [("150000", last_month, 1), ("150600", last_month, 1)]


def test_told_again_nothing_happens_twice(told: Told) -> None:
    def counts() -> list[int]:
        return [
            len(told.ask("supervision-bodies", limit=100)["data"]),
            sum(entry["by"] != "service" for each in told.alerts() for entry in each["history"]),
            len(told.ask("rejected-readings")["data"]),
            len(told.ask("meters/150824-0063-G01/corrections")["data"]),
            len(told.ask("bulletins")["data"]),
        ]

    before = counts()
    told.tell(judge=False)
    assert counts() == before
