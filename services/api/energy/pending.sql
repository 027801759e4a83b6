-- name: pending(is_all, meter_ids, start, end, most)
WITH queued AS (
    (SELECT meter_id, slot FROM dirty_slot LIMIT :most)
    UNION ALL
    (SELECT meter_id, slot FROM late_slot LIMIT :most)
),
waiting AS (
    SELECT meter_id, slot, TRUE AS is_slot
    FROM queued
    WHERE slot BETWEEN :start AND :end
    UNION
    SELECT meter_id, greatest(from_ts, :start), FALSE
    FROM (SELECT meter_id, from_ts FROM meter_change LIMIT :most) AS changed
    WHERE from_ts < :end
)
SELECT
    count(*) FILTER (WHERE is_slot) AS slots,
    count(DISTINCT meter_id) AS meters,
    min(slot) AS since,
    (SELECT count(*) FROM queued) >= :most AS is_partial
FROM waiting
WHERE :is_all OR meter_id = ANY (:meter_ids);
