-- name: waiting_subjects(most)
-- Units and enterprises of which something stored is not booked yet, as far as so many rows of each queue tell.
WITH queued AS (
    (SELECT meter_id FROM dirty_slot LIMIT :most)
    UNION ALL
    (SELECT meter_id FROM late_slot LIMIT :most)
    UNION ALL
    (SELECT meter_id FROM meter_change LIMIT :most)
)
SELECT DISTINCT
    unit.code AS unit_code,
    enterprise.credit_code AS enterprise_code
FROM (SELECT DISTINCT meter_id FROM queued) AS waiting
JOIN meter USING (meter_id)
JOIN unit USING (unit_id)
JOIN enterprise USING (enterprise_id);
