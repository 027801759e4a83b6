"""The addresses of the console. What stands at each, the page itself decides."""

_VIEWS = (
    "overview",
    "area",
    "park",
    "enterprise",
    "data-centres",
    "efficiency",
    "two-high",
    "dual-control",
    "alerts",
    "rules",
    "quality",
    "registry",
    "gateways",
    "targets",
    "bulletins",
    "print",
)

PATHS = ("/", *(path for view in _VIEWS for path in (f"/{view}", f"/{view}/{{rest:path}}")))
"""As routes are written: each view, and what lies below it."""
