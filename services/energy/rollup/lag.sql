-- name: lag_of_gateways(most, gateways)
-- Of so many rows of each queue: by gateway the slots that wait to be booked, and for how long what was stored last in the oldest
-- of them has. The gateways that wait longest.
WITH queued AS (
    (SELECT meter_id, slot, 0 AS kind FROM dirty_slot LIMIT :most)
    UNION ALL
    (SELECT meter_id, slot, 1 AS kind FROM late_slot LIMIT :most)
),
waiting AS (
    SELECT DISTINCT ON (meter.gateway_id)
        meter.gateway_id,
        queued.meter_id,
        queued.slot,
        count(*) OVER (PARTITION BY meter.gateway_id) AS slots
    FROM queued
    JOIN meter USING (meter_id)
    ORDER BY meter.gateway_id, queued.kind, queued.slot
)
SELECT
    gateway.code,
    waiting.slots,
    greatest(0, extract(EPOCH FROM now() - last_stored.received_at))::double precision AS seconds
FROM waiting
JOIN gateway USING (gateway_id)
CROSS JOIN LATERAL (
    SELECT max(stored_batch.received_at) AS received_at
    FROM reading
    JOIN stored_batch USING (batch_id)
    WHERE
        reading.meter_id = waiting.meter_id
        AND reading.ts >= waiting.slot
        AND reading.ts < waiting.slot + interval '15 minutes'
) AS last_stored
ORDER BY seconds DESC NULLS LAST, waiting.slots DESC, gateway.code
LIMIT :gateways;
