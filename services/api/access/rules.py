"""Which right each operation of the API is. One without a line here stops the start."""

import re
from collections.abc import Mapping, Sequence

from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute, compile_path
from starlette.types import Scope

from services.api.access.role import Right
from services.api.console_paths import PATHS

OPEN = "open"
"""To whoever asks: nothing of anyone is told."""

_RULES: Mapping[Right | str, str] = {
    OPEN: """
        GET /health/live
        GET /health/ready
        GET /web/{digest}/{name:path}
        GET /login
        GET /reference
        POST /api/v1/session
        GET /api/v1/session/oidc
        GET /api/v1/session/oidc/callback
    """,
    Right.OWN: """
        GET /api/v1/session
        DELETE /api/v1/session
        POST /api/v1/session/password
        GET /api/v1/session/keys
        POST /api/v1/session/keys
        DELETE /api/v1/session/keys/{key_id}
        GET /api/v1/sessions
        DELETE /api/v1/sessions/{session_id}
    """,
    Right.ADMINISTER: """
        GET /api/v1/accounts
        POST /api/v1/accounts
        GET /api/v1/accounts/{name}
        PATCH /api/v1/accounts/{name}
        POST /api/v1/accounts/{name}/password
        GET /api/v1/accounts/{name}/keys
        POST /api/v1/accounts/{name}/keys
        DELETE /api/v1/accounts/{name}/keys/{key_id}
        GET /api/v1/accounts/{name}/sessions
        DELETE /api/v1/accounts/{name}/sessions/{session_id}
    """,
    Right.OPERATE: "GET /metrics",
    Right.AUDIT: """
        GET /api/v1/audit
        GET /api/v1/audit/export
    """,
    Right.KNOW: """
        GET /api/v1/areas
        GET /api/v1/areas/{code}
        GET /api/v1/carriers
        GET /api/v1/carriers/{code}
        GET /api/v1/indicators
        GET /api/v1/statistic-kinds
        GET /api/v1/tables
        GET /api/v1/tables/{name}
        GET /api/v1/targets
        GET /api/v1/words
        GET /api/v1/map
        GET /api/v1/rules
        GET /api/v1/rules/{slug}
        GET /api/v1/quality/checks
        GET /api/v1/import/parks/template
        GET /api/v1/import/enterprises/template
        GET /api/v1/import/units/template
        GET /api/v1/import/gateways/template
        GET /api/v1/import/meters/template
        GET /api/v1/import/statistics/template
        GET /api/v1/import/heat-values/template
        GET /api/v1/import/manual-reports/template
        GET /api/v1/import/points/template
        GET /api/v1/seal
        GET /api/v1/profiles
        GET /api/v1/profiles/{name}
        POST /api/v1/profiles/try
    """,
    Right.READ: """
        GET /api/v1/parks
        GET /api/v1/parks/{code}
        GET /api/v1/enterprises
        GET /api/v1/enterprises/{credit_code}
        GET /api/v1/enterprises/{credit_code}/memberships
        GET /api/v1/enterprises/{credit_code}/subscriptions
        GET /api/v1/enterprises/{credit_code}/subscriptions/{subscription_id}
        GET /api/v1/units
        GET /api/v1/units/{code}
        GET /api/v1/units/{code}/inputs
        GET /api/v1/gateways
        GET /api/v1/gateways/{code}
        GET /api/v1/gateways/{code}/state
        GET /api/v1/gateways/{code}/edge-node
        GET /api/v1/gateways/{code}/end-device
        GET /api/v1/meters
        GET /api/v1/meters/{code}
        GET /api/v1/meters/{code}/replacements
        GET /api/v1/meters/{code}/acceptances
        GET /api/v1/meters/{code}/settlements
        GET /api/v1/meters/{code}/terms
        GET /api/v1/meters/{code}/readings
        GET /api/v1/meters/{code}/corrections
        GET /api/v1/outlets
        GET /api/v1/outlets/{code}
        GET /api/v1/emissions
        GET /api/v1/emissions/amounts
        GET /api/v1/emissions/later
        GET /api/v1/transmission-rates
        GET /api/v1/monitors
        GET /api/v1/energy
        GET /api/v1/energy/balance
        GET /api/v1/energy/activity
        GET /api/v1/export/{view}
        GET /api/v1/indicators/values
        GET /api/v1/indicators/{slug}
        GET /api/v1/efficiency-list
        GET /api/v1/two-high
        GET /api/v1/tariff
        GET /api/v1/statistics
        GET /api/v1/heat-values
        GET /api/v1/heat-values/{number}
        GET /api/v1/manual-reports
        GET /api/v1/manual-reports/{number}
        GET /api/v1/alerts
        GET /api/v1/alerts/{alert_id}
        GET /api/v1/alert-states
        GET /api/v1/cases
        GET /api/v1/cases/{subject}/file
        GET /api/v1/worklist
        GET /api/v1/alerts/{alert_id}/series
        GET /api/v1/deliveries
        GET /api/v1/deliveries/{message_id}
        GET /api/v1/quality
        GET /api/v1/quality/findings
        GET /api/v1/quality/matrix
        GET /api/v1/quality/missing
        GET /api/v1/readings
        GET /api/v1/corrections
        GET /api/v1/acceptances
        GET /api/v1/settlements
        GET /api/v1/search
        GET /api/v1/rejected-readings
        GET /api/v1/rejected-messages
        GET /api/v1/dropped
        GET /api/v1/points
        GET /api/v1/held-readings
        GET /api/v1/foreign-counts
        GET /api/v1/foreign-examples
        GET /api/v1/gateways/{code}/profile
        POST /api/v1/gateways/{code}/profile/try
        GET /api/v1/live
        GET /api/v1/proposals
        GET /api/v1/proposals/{proposal_id}
        GET /api/v1/proposals/{proposal_id}/body
    """,
    Right.SURVEY: """
        GET /api/v1/bulletins
        GET /api/v1/bulletins/{area}/{month}
        GET /api/v1/bulletins/{area}/{month}/content
        GET /api/v1/bulletins/{area}/{month}/diff
        GET /api/v1/parks/{code}/renewables
        GET /api/v1/progress
        GET /api/v1/silences
        GET /api/v1/silences/{silence_id}
        GET /api/v1/supervision-bodies
        GET /api/v1/supervision-bodies/{code}
        GET /api/v1/supervision-bodies/{code}/subscriptions
        GET /api/v1/supervision-bodies/{code}/subscriptions/{subscription_id}
    """,
    Right.REPORT: """
        POST /api/v1/statistics
        POST /api/v1/import/statistics
        POST /api/v1/heat-values
        PATCH /api/v1/heat-values/{number}
        DELETE /api/v1/heat-values/{number}
        POST /api/v1/import/heat-values
        POST /api/v1/manual-reports
        PATCH /api/v1/manual-reports/{number}
        DELETE /api/v1/manual-reports/{number}
        POST /api/v1/import/manual-reports
        POST /api/v1/units/{code}/inputs
        DELETE /api/v1/units/{code}/inputs/{name}/{valid_from}
    """,
    Right.SEND: "POST /api/v1/readings",
    Right.EXPLAIN: """
        POST /api/v1/alerts/{alert_id}/steps
        POST /api/v1/alerts/steps
    """,
    Right.SUBSCRIBE: """
        POST /api/v1/enterprises/{credit_code}/subscriptions
        PATCH /api/v1/enterprises/{credit_code}/subscriptions/{subscription_id}
        DELETE /api/v1/enterprises/{credit_code}/subscriptions/{subscription_id}
        POST /api/v1/enterprises/{credit_code}/subscriptions/{subscription_id}/rotate
        POST /api/v1/enterprises/{credit_code}/subscriptions/{subscription_id}/retire
        POST /api/v1/enterprises/{credit_code}/subscriptions/{subscription_id}/test
    """,
    Right.NOTIFY: """
        POST /api/v1/supervision-bodies/{code}/subscriptions
        PATCH /api/v1/supervision-bodies/{code}/subscriptions/{subscription_id}
        DELETE /api/v1/supervision-bodies/{code}/subscriptions/{subscription_id}
        POST /api/v1/supervision-bodies/{code}/subscriptions/{subscription_id}/rotate
        POST /api/v1/supervision-bodies/{code}/subscriptions/{subscription_id}/retire
        POST /api/v1/supervision-bodies/{code}/subscriptions/{subscription_id}/test
    """,
    Right.REGISTER: """
        POST /api/v1/parks
        PATCH /api/v1/parks/{code}
        DELETE /api/v1/parks/{code}
        POST /api/v1/enterprises
        PATCH /api/v1/enterprises/{credit_code}
        DELETE /api/v1/enterprises/{credit_code}
        POST /api/v1/enterprises/{credit_code}/memberships
        PATCH /api/v1/enterprises/{credit_code}/memberships/{valid_from}
        DELETE /api/v1/enterprises/{credit_code}/memberships/{valid_from}
        POST /api/v1/units
        PATCH /api/v1/units/{code}
        DELETE /api/v1/units/{code}
        POST /api/v1/gateways
        PATCH /api/v1/gateways/{code}
        DELETE /api/v1/gateways/{code}
        GET /api/v1/gateways/{code}/credentials
        POST /api/v1/gateways/{code}/credentials
        DELETE /api/v1/gateways/{code}/credentials
        GET /api/v1/enterprises/{credit_code}/credentials
        POST /api/v1/enterprises/{credit_code}/credentials
        DELETE /api/v1/enterprises/{credit_code}/credentials
        POST /api/v1/meters
        PATCH /api/v1/meters/{code}
        DELETE /api/v1/meters/{code}
        POST /api/v1/meters/{code}/terms
        PATCH /api/v1/meters/{code}/terms/{term_id}
        DELETE /api/v1/meters/{code}/terms/{term_id}
        POST /api/v1/meters/{code}/replacements
        DELETE /api/v1/meters/{code}/replacements/{ts}
        POST /api/v1/import/parks
        POST /api/v1/import/enterprises
        POST /api/v1/import/units
        POST /api/v1/import/gateways
        POST /api/v1/import/meters
        POST /api/v1/rejected-readings/retry
        PUT /api/v1/gateways/{code}/points
        POST /api/v1/import/points
        PUT /api/v1/outlets/{code}
        DELETE /api/v1/outlets/{code}
        PUT /api/v1/gateways/{code}/profile
        DELETE /api/v1/gateways/{code}/profile
        DELETE /api/v1/gateways/{code}/points
        POST /api/v1/held-readings/take
    """,
    Right.CONFIRM: """
        POST /api/v1/proposals/{proposal_id}/confirm
        POST /api/v1/proposals/{proposal_id}/decline
    """,
    Right.CORRECT: """
        POST /api/v1/meters/{code}/acceptances
        DELETE /api/v1/meters/{code}/acceptances/{ts}
        POST /api/v1/meters/{code}/settlements
        DELETE /api/v1/meters/{code}/settlements/{settlement_id}
        POST /api/v1/meters/{code}/corrections
    """,
    Right.SILENCE: """
        POST /api/v1/silences
        POST /api/v1/silences/{silence_id}/end
    """,
    Right.ISSUE: "POST /api/v1/bulletins/{area}/{month}",
    Right.CONFIGURE: """
        POST /api/v1/rules/dry_run
        PUT /api/v1/rules/{slug}
        PUT /api/v1/profiles/{name}
        POST /api/v1/supervision-bodies
        PATCH /api/v1/supervision-bodies/{code}
        DELETE /api/v1/supervision-bodies/{code}
    """,
}

RIGHT_OF: Mapping[str, Right | str] = {
    line.strip(): right for right, lines in _RULES.items() for line in lines.splitlines() if line.strip()
} | {f"GET {path}": OPEN for path in PATHS}
"""The right of each operation, by its method and path."""

BEFORE_THE_CHANGE = frozenset({"GET /api/v1/session", "DELETE /api/v1/session", "POST /api/v1/session/password"})
"""All that a person may do whose first password must be changed."""


WITH_A_KEY = frozenset({"GET /api/v1/session"})
"""All that a key may of one's own account: who holds it is not the person."""


class Operations:
    """The operations of an API: by its route, the path of each as it is written in the rules."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self._paths: dict[int, list[tuple[re.Pattern[str], str]]] = {}
        self.known: set[str] = set()
        for found in iter_route_contexts(routes):
            if isinstance(found.route, APIRoute) and found.path is not None:
                pattern, _, _ = compile_path(found.path)
                self._paths.setdefault(id(found.route), []).append((pattern, found.path))
                self.known |= {operation(method, found.path) for method in found.methods or ()}

    def path_of(self, scope: Scope) -> str | None:
        """The path of the route that `scope` has come to; a router that is included twice has one for each place."""
        paths = self._paths.get(id(scope.get("route")), [])
        return next((path for pattern, path in paths if len(paths) == 1 or pattern.match(scope["path"])), None)

    def require_rules(self) -> None:
        """Raises RuntimeError where an operation has no rule, or a rule no operation."""
        without, stale = sorted(self.known - RIGHT_OF.keys()), sorted(RIGHT_OF.keys() - self.known)
        if without or stale:
            raise RuntimeError(f"operations without a rule of access: {without}; rules without an operation: {stale}")


def operation(method: str, path: str) -> str:
    """How an operation is written in the rules. HEAD is GET without the body."""
    return f"{'GET' if method == 'HEAD' else method} {path}"
