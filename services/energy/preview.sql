-- name: readings(meter_id, from_ts, most)
-- The readings of a meter from a moment on and the plainly good one before, as corrected, one more than asked for if there are others.
WITH since AS (
    SELECT coalesce(
        (
            SELECT reading.ts
            FROM reading
            WHERE
                reading.meter_id = :meter_id
                AND reading.ts < :from_ts ::timestamptz
                AND NOT EXISTS (
                    SELECT FROM reading_mark AS mark WHERE mark.meter_id = reading.meter_id AND mark.ts = reading.ts
                )
            ORDER BY reading.ts DESC
            LIMIT 1
        ),
        :from_ts ::timestamptz
    ) AS ts
)
SELECT counting.ts, counting.value
FROM (
    SELECT reading.ts, reading.value
    FROM reading
    WHERE
        reading.meter_id = :meter_id
        AND reading.ts >= (SELECT ts FROM since)
        AND NOT EXISTS (
            SELECT FROM correction_now WHERE correction_now.meter_id = reading.meter_id AND correction_now.ts = reading.ts
        )
    UNION ALL
    SELECT correction_now.ts, correction_now.value
    FROM correction_now
    WHERE
        correction_now.meter_id = :meter_id
        AND correction_now.ts >= (SELECT ts FROM since)
        AND correction_now.kind <> 'withdraw'
) AS counting
ORDER BY counting.ts
LIMIT :most + 1;

-- name: unit_changes(meter_id, before)
-- How often the register of the meter was found to change its unit before that time, by the mark that says so.
SELECT quality, count(*)::integer AS times
FROM reading_mark
WHERE meter_id = :meter_id AND quality IN (10, 11) AND ts < :before ::timestamptz
GROUP BY quality;
