"""What several lists of alerts are narrowed by."""

from services.api.alerts import nouns
from services.api.listing import Filter, equal
from services.api.registry import nouns as registry

RULE = equal("rule", names=nouns.RULE)
PARK = equal("park_code", parameter="park", names=registry.PARK)
ENTERPRISE = equal("enterprise_code", parameter="enterprise", names=registry.ENTERPRISE)
SUBJECT = Filter("entry.subject_kind || ':' || entry.subject_code = ANY(:subject)")
"""As unit:CODE, gateway:CODE and so on."""
