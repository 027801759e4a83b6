-- What belongs into the file of a case, besides its alerts.

-- name: readings(meters, from_ts, to_ts, most)
-- Readings of these meters in a period, as they came and as they count.
SELECT
    meter.code AS meter,
    meter.unit_of_measure,
    reading.ts,
    reading.value,
    mark.quality,
    correction_now.kind AS correction,
    correction_now.value AS corrected_value,
    stored_batch.received_at
FROM meter
JOIN unit USING (unit_id)
JOIN reading USING (meter_id)
LEFT JOIN stored_batch USING (batch_id)
LEFT JOIN reading_mark AS mark ON mark.meter_id = reading.meter_id AND mark.ts = reading.ts
LEFT JOIN correction_now ON correction_now.meter_id = reading.meter_id AND correction_now.ts = reading.ts
WHERE
    meter.code = ANY (:meters ::text[])
    AND reading.ts >= :from_ts ::timestamptz
    AND reading.ts < :to_ts ::timestamptz
ORDER BY meter.code, reading.ts
LIMIT :most;
