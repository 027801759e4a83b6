"""The API put together: what it serves, and what every request passes through."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import APIRouter, Depends, FastAPI
from fastapi.middleware.gzip import GZipMiddleware

from services.api.access.identify import Remembered
from services.api.access.lockout import Lockout
from services.api.access.passwords import Passwords
from services.api.access.provider import Provider
from services.api.access.require import require_access
from services.api.access.rules import Operations
from services.api.access.seen import Seen, note_seen
from services.api.approved_map import load_map
from services.api.bulletins.asking import NotAnswered
from services.api.database import Database
from services.api.errors import answer_errors_of
from services.api.export.exports import Exports
from services.api.guard.bodies import JSON, BodyRule, BodyRules
from services.api.guard.cost import MOST_SUMS
from services.api.guard.gateway_tokens import GatewayTokens
from services.api.guard.headers import SecurityHeaders
from services.api.guard.hosts import TrustedHosts
from services.api.guard.origin import WritesFromOwnPages
from services.api.guard.pace import RequestPace, TellPace, require_pace, require_pace_of_stranger
from services.api.guard.parts import SentInParts
from services.api.guard.turns import HeavyInTurn
from services.api.head_requests import HeadRequests
from services.api.known_parameters import require_known_parameters
from services.api.live.broadcast import Broadcast
from services.api.live.places import StreamPlaces
from services.api.live.shared import Watching
from services.api.observation import RequestObservation
from services.api.openapi import DESCRIPTION, TITLE, describe
from services.api.proposals.asking import keep_proposals_of
from services.api.routes import (
    accounts,
    activity,
    alerts,
    areas,
    audit,
    balance,
    bulletins,
    carriers,
    console,
    corrections,
    credentials,
    deliveries,
    efficiency,
    emissions,
    energy,
    enterprises,
    gateways,
    health,
    heat_values,
    imports,
    indicators,
    live,
    login,
    manual_reports,
    memberships,
    meter_events,
    meter_terms,
    meters,
    metrics,
    oidc,
    open_export,
    outlets,
    over_meters,
    park_renewables,
    parks,
    points,
    profiles,
    progress,
    proposals,
    quality,
    quality_matrix,
    readings,
    region_map,
    rejected,
    rules,
    search,
    session,
    settlements,
    silences,
    statistics,
    supervision_bodies,
    tables,
    targets,
    tariff,
    two_high,
    unit_inputs,
    units,
    words,
)
from services.api.search.index import SearchIndexes
from services.api.search.spellings import Spellings
from services.api.turnstile import Turnstile
from services.api.validators import Validators
from services.core.clock import utc_now
from services.core.settings import Settings
from services.judging.data.tables import Tables, load_tables

# Enough for any single thing; more where many come at once.
OTHERWISE = BodyRule(prefix="", most_bytes=65_536)
BODIES = (
    # What a gateway sends may be of another format than JSON.
    BodyRule(prefix="/api/v1/readings", most_bytes=1_000_000, kinds=(JSON, "application/octet-stream"), read_late=True),
    BodyRule(prefix="/api/v1/gateways", most_bytes=2_000_000),
    BodyRule(prefix="/api/v1/statistics", most_bytes=1_000_000),
    BodyRule(prefix="/api/v1/heat-values", most_bytes=1_000_000),
    BodyRule(prefix="/api/v1/manual-reports", most_bytes=1_000_000),
    BodyRule(prefix=imports.PREFIX, most_bytes=imports.MOST_BYTES, kinds=(), read_late=True),
)
_LEAST_ZIPPED_BYTES = 1000
# Of a page of 1000 meters: within some per cent of the smallest, in a third of the time.
_ZIP_LEVEL = 5

# What can be registered: each has a router, and a RESOURCE by which it is imported.
REGISTRY = (parks, enterprises, units, gateways, meters)

ROUTERS: tuple[APIRouter, ...] = (
    areas.router,
    region_map.router,
    carriers.router,
    *(module.router for module in REGISTRY),
    memberships.router,
    unit_inputs.router,
    credentials.router,
    meter_events.router,
    settlements.router,
    meter_terms.router,
    *(imports.import_router(module.RESOURCE) for module in REGISTRY),
    energy.router,
    balance.router,
    open_export.router,
    activity.router,
    indicators.router,
    efficiency.router,
    two_high.router,
    tariff.router,
    park_renewables.router,
    targets.router,
    progress.router,
    statistics.router,
    heat_values.router,
    manual_reports.router,
    tables.router,
    words.router,
    search.router,
    alerts.router,
    rules.router,
    silences.router,
    supervision_bodies.router,
    deliveries.router,
    quality.router,
    quality_matrix.router,
    readings.router,
    over_meters.router,
    rejected.router,
    points.router,
    outlets.router,
    emissions.router,
    profiles.router,
    corrections.router,
    audit.router,
    proposals.router,
    bulletins.router,
    live.router,
    session.router,
    accounts.router,
    oidc.router,
    login.router,
    console.router,
    health.router,
    metrics.router,
)

TAGS = [
    {"name": "areas", "description": "行政区划: region, leagues, banners"},
    {"name": "carriers", "description": "能源品种"},
    {"name": "parks", "description": "园区"},
    {"name": "enterprises", "description": "用能单位, and where they belong from which day on"},
    {"name": "units", "description": "用能单元"},
    {"name": "gateways", "description": "端设备"},
    {"name": "emissions", "description": "排放口、污染物排放监测"},
    {"name": "credentials", "description": "凭证: with what gateways and enterprises come to the broker"},
    {"name": "meters", "description": "计量点, their replacements and accepted readings"},
    {"name": "energy", "description": "Sums by place, enterprise, unit and meter"},
    {"name": "open data", "description": "开放数据: energy handed on in pages, and what was booked again"},
    {"name": "indicators", "description": "Energy set against output, area or value added, and judged"},
    {"name": "judgement", "description": "企业能效清单, “两高” ledger, step tariff, renewables of parks"},
    {"name": "targets", "description": "What the plans ask for"},
    {"name": "dual control", "description": "能耗双控: intensity and total of areas against their targets"},
    {"name": "statistics", "description": "What is reported and not metered: numbers, and months from papers 手工月报"},
    {"name": "heat values", "description": "热值: what enterprises measured of their fuels"},
    {"name": "tables", "description": "The domain numbers with their sources"},
    {"name": "search", "description": "Finding things by name, code or pinyin"},
    {"name": "words", "description": "What every code is called, in Chinese and English"},
    {"name": "alerts", "description": "预警: what was raised, how it is handled, rules, silences, who is told"},
    {"name": "quality", "description": "数据质量: scores, findings, what is missing"},
    {"name": "readings", "description": "What meters said, and what was not taken"},
    {"name": "corrections", "description": "Readings as people have corrected them, and the head of the seals"},
    {"name": "audit", "description": "审计: who changed what"},
    {"name": "proposals", "description": "复核: what changes closed months waits for a second person"},
    {"name": "bulletins", "description": "月报: what was said of an area and a month, as it was issued"},
    {"name": "live", "description": "Energy as it is booked"},
    {"name": "session", "description": "Signing in and out; one's own keys and sessions"},
    {"name": "accounts", "description": "Who may come in, as what, with which keys"},
    {"name": "import", "description": "Many at once, from CSV and XLSX"},
    {"name": "operation", "description": "Health and metrics"},
]


def create_app(settings: Settings) -> FastAPI:
    """The API on the database of `settings`. Connections are opened when first needed and closed at shutdown."""
    # FastAPI's pages load their scripts from the internet, which is out of reach where this runs: /reference does not.
    app = FastAPI(
        title=TITLE,
        version=version("enermon"),
        description=DESCRIPTION,
        openapi_tags=TAGS,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
        dependencies=[
            Depends(require_pace_of_stranger),
            Depends(require_access),
            Depends(require_pace),
            Depends(require_known_parameters),
            Depends(note_seen),
        ],
    )
    for router in ROUTERS:
        app.include_router(router)
    app.state.operations = Operations(app.routes)
    app.state.operations.require_rules()
    answer_errors_of(app)
    keep_proposals_of(app)
    app.add_exception_handler(NotAnswered, bulletins.not_answered)
    app.state.passwords = Passwords()
    describe(app)
    # The last one added is the first a request passes through.
    app.add_middleware(Exports)
    app.add_middleware(HeavyInTurn)
    app.add_middleware(BodyRules, rules=BODIES, otherwise=OTHERWISE)
    app.add_middleware(Validators)
    app.add_middleware(GZipMiddleware, minimum_size=_LEAST_ZIPPED_BYTES, compresslevel=_ZIP_LEVEL)
    app.add_middleware(HeadRequests)
    app.add_middleware(WritesFromOwnPages, link=settings.link)
    app.add_middleware(TrustedHosts, names=settings.trusted_hosts)
    app.add_middleware(TellPace)
    app.add_middleware(SecurityHeaders, hsts_s=settings.api_hsts_s)
    app.add_middleware(RequestObservation)
    app.add_middleware(SentInParts)
    app.add_middleware(GatewayTokens)
    answer_from(app, settings, load_tables(settings.data))
    return app


def answer_from(app: FastAPI, settings: Settings, tables: Tables) -> None:
    """Let an API that is not serving answer from the database of `settings`, and judge by `tables`."""
    database_url = settings.database_url.get_secret_value()
    app.state.settings = settings
    app.state.clock = utc_now
    app.state.remembered = Remembered()
    app.state.seen = Seen()
    app.state.lockout = Lockout()
    app.state.provider = _provider_of(settings)
    app.state.search = SearchIndexes(Spellings())
    app.state.database = Database(database_url, longest_read_s=settings.api_statement_s)
    app.state.tables = tables
    app.state.map = load_map(settings.data)
    app.state.heavy_places = Turnstile(MOST_SUMS)
    app.state.pace = RequestPace(per_s=settings.api_requests_per_s)
    app.state.watching = Watching(Broadcast(database_url))
    app.state.stream_places = StreamPlaces(most=settings.api_streams, most_of_account=settings.api_account_streams)


def _provider_of(settings: Settings) -> Provider | None:
    if not settings.oidc_issuer:
        return None
    secret = settings.oidc_client_secret
    return Provider(
        settings.oidc_issuer,
        settings.oidc_client_id,
        None if secret is None else secret.get_secret_value(),
        callback=f"{settings.link}/api/v1/session/oidc/callback",
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.watching.close()
    app.state.database.close()
