-- name: mark_due(meter_ids, day_numbers, before_days)
-- Days with new readings and days whose energy has changed; and those that were checked with such a day as their past. Of
-- yesterday there are none: what comes after it is not over.
WITH changed AS (
    SELECT meter_id, date '1970-01-01' + day_number AS day
    FROM unnest(:meter_ids ::integer[], :day_numbers ::integer[]) AS dirty (meter_id, day_number)
)
INSERT INTO quality_due (meter_id, day)
SELECT meter_id, day
FROM changed
UNION
SELECT later.meter_id, later.day
FROM changed
JOIN quality_day AS later
    ON
        later.meter_id = changed.meter_id
        AND later.day > changed.day
        AND later.day <= changed.day + :before_days ::integer
        AND later.checked
WHERE changed.day < (now() AT TIME ZONE 'Asia/Shanghai')::date - 1;

-- name: collection_faults(meter_ids)
SELECT meter_id, starts_at, ends_at
FROM collection_fault
WHERE meter_id = ANY (:meter_ids);
