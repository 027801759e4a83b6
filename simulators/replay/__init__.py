"""Any CSV or JSON series as a gateway: a mapping file says how to read it and what to register.

mapping = load_mapping("steel_15min")
for series in read_series(mapping, data_dir): ...
registry = registry_of(mapping)
feeds = feeds_of(mapping, data_dir)
"""

from simulators.replay.feed import ReplayFeed, feeds_of
from simulators.replay.mapping import Mapping, MappingError, load_mapping, registry_of
from simulators.replay.series import Series, read_series

__all__ = [
    "Mapping",
    "MappingError",
    "ReplayFeed",
    "Series",
    "feeds_of",
    "load_mapping",
    "read_series",
    "registry_of",
]
