"""An enterprise whose meters are told of."""

from datetime import datetime
from typing import Any

from services.core.calendar import SHANGHAI
from tests.integration.registered import Registered

START = datetime(2026, 1, 31, 22, 0, tzinfo=SHANGHAI)


JANUARY = {"start": "2026-01-01", "end": "2026-02-01"}


FEBRUARY = {"start": "2026-02-01", "end": "2026-03-01"}


BOTH = {"start": "2026-01-01", "end": "2026-03-01"}


class Plant:
    """An enterprise in a park of Jungar Banner with one gateway and one unit."""

    def __init__(self, registered: Registered, **given: Any) -> None:
        self._registered = registered
        self.park = registered.park()
        self.enterprise = registered.enterprise(**({"park_code": self.park} | given))
        self.unit = registered.unit(self.enterprise)
        self.gateway = registered.gateway(self.enterprise)

    def meter(self, **given: Any) -> str:
        return self._registered.meter(unit_code=self.unit, gateway_code=self.gateway, **given)
