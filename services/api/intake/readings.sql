-- name: meter_id(code)
SELECT meter_id FROM meter JOIN unit USING (unit_id) WHERE meter.code = :code;

-- name: readings(meter_id, from_ts, to_ts, after, newest_first, row_limit)
-- What is stored, and what was supplied for times of which nothing is stored. Which way round is known as it is planned,
-- so that either is read from the index.
WITH listed AS (
    (
        SELECT ts, value, batch_id
        FROM reading
        WHERE
            meter_id = :meter_id
            AND ts >= :from_ts
            AND ts < :to_ts
            AND (:after ::timestamptz IS NULL OR CASE WHEN :newest_first THEN ts < :after ELSE ts > :after END)
        ORDER BY CASE WHEN :newest_first THEN ts END DESC, CASE WHEN NOT :newest_first THEN ts END
        LIMIT :row_limit
    )
    UNION ALL
    (
        SELECT ts, NULL, NULL
        FROM correction_now
        WHERE
            meter_id = :meter_id
            AND ts >= :from_ts
            AND ts < :to_ts
            AND (:after ::timestamptz IS NULL OR CASE WHEN :newest_first THEN ts < :after ELSE ts > :after END)
            AND NOT EXISTS (
                SELECT FROM reading WHERE reading.meter_id = correction_now.meter_id AND reading.ts = correction_now.ts
            )
        ORDER BY CASE WHEN :newest_first THEN ts END DESC, CASE WHEN NOT :newest_first THEN ts END
        LIMIT :row_limit
    )
)
SELECT
    listed.ts,
    listed.value,
    stored_batch.received_at,
    mark.quality,
    correction_now.correction_id,
    correction_now.kind,
    correction_now.value AS corrected_value,
    correction_now.author,
    correction_now.reason,
    correction_now.recorded_at
FROM listed
LEFT JOIN stored_batch USING (batch_id)
LEFT JOIN reading_mark AS mark ON mark.meter_id = :meter_id AND mark.ts = listed.ts
LEFT JOIN correction_now ON correction_now.meter_id = :meter_id AND correction_now.ts = listed.ts
ORDER BY CASE WHEN :newest_first THEN listed.ts END DESC, CASE WHEN NOT :newest_first THEN listed.ts END
LIMIT :row_limit;

-- name: count_readings(meter_id, from_ts, to_ts, most)
SELECT count(*)
FROM (
    SELECT ts
    FROM reading
    WHERE meter_id = :meter_id AND ts >= :from_ts AND ts < :to_ts
    UNION
    SELECT ts
    FROM correction_now
    WHERE meter_id = :meter_id AND ts >= :from_ts AND ts < :to_ts
    LIMIT :most
) AS listed;

-- name: gateway(code)
SELECT 1
FROM gateway
WHERE code = :code;
