-- name: meter_id(code)
SELECT meter_id FROM meter JOIN unit USING (unit_id) WHERE meter.code = :code;

-- name: readings(meter_id, from_ts, to_ts, after, row_limit)
-- What is stored, and what was supplied for times of which nothing is stored.
WITH listed AS (
    (
        SELECT ts, value, batch_id
        FROM reading
        WHERE
            meter_id = :meter_id
            AND ts >= :from_ts
            AND ts < :to_ts
            AND (:after ::timestamptz IS NULL OR ts > :after)
        ORDER BY ts
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
            AND (:after ::timestamptz IS NULL OR ts > :after)
            AND NOT EXISTS (
                SELECT FROM reading WHERE reading.meter_id = correction_now.meter_id AND reading.ts = correction_now.ts
            )
        ORDER BY ts
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
ORDER BY listed.ts
LIMIT :row_limit;

-- name: gateway(code)
SELECT 1
FROM gateway
WHERE code = :code;
