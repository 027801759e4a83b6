-- name: waiting(earliest)
-- Slots and changes in the queue as stretches of their meters' time, those less than a week apart as one.
WITH queued AS (
    SELECT meter_id, slot AS start_ts, slot + interval '15 minutes' AS end_ts FROM dirty_slot
    UNION
    SELECT meter_id, slot, slot + interval '15 minutes' FROM late_slot
    UNION
    SELECT meter_id, greatest(from_ts, :earliest ::timestamptz, (SELECT max(kept_from) FROM reading_edge)), 'infinity' FROM meter_change
),
stepped AS (
    SELECT
        meter_id,
        start_ts,
        end_ts,
        start_ts > max(end_ts) OVER before + interval '7 days' AS is_apart
    FROM queued
    WINDOW before AS (PARTITION BY meter_id ORDER BY start_ts, end_ts ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
numbered AS (
    SELECT
        meter_id,
        start_ts,
        end_ts,
        count(*) FILTER (WHERE is_apart) OVER (PARTITION BY meter_id ORDER BY start_ts, end_ts) AS stretch
    FROM stepped
)
SELECT meter_id, min(start_ts) AS start_ts, max(end_ts) AS end_ts
FROM numbered
GROUP BY meter_id, stretch
ORDER BY meter_id, start_ts;
