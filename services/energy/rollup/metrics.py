"""What the roll-up counts, in Prometheus' form."""

from prometheus_client import Counter, Histogram

ROLLED_UP_SLOTS = Counter("enermon_rollup_dirty_slots_total", "Dirty slots rolled up")
ROLLUP_DEFERRED = Counter("enermon_rollup_deferred_slots_total", "Slots laid aside, since they are late or take long")
ROLLUP_S = Histogram("enermon_rollup_seconds", "Time to roll up one batch")
ROLLUP_OVERFULL = Counter("enermon_rollup_overfull_slots_total", "Slots not booked: more than any meter can carry")
