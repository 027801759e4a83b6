-- name: mark_due!
-- Days with new readings, and days whose energy has changed.
INSERT INTO quality_due (meter_id, day)
SELECT meter_id, date '1970-01-01' + day_number
FROM unnest(:meter_ids ::integer[], :day_numbers ::integer[]) AS dirty (meter_id, day_number)
UNION
SELECT meter_id, (hour AT TIME ZONE 'Asia/Shanghai')::date
FROM hour_change;

-- name: collection_faults
SELECT meter_id, starts_at, ends_at
FROM collection_fault
WHERE meter_id = ANY (:meter_ids);
