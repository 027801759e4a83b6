-- name: meter(code)
SELECT meter.meter_id, carrier.unit AS carrier_unit
FROM meter
JOIN unit USING (unit_id)
JOIN carrier ON carrier.code = meter.carrier
WHERE meter.code = :code;

-- name: kind_at(meter_id, moment)
SELECT kind
FROM meter_term_now
WHERE meter_id = :meter_id AND valid_from <= :moment
ORDER BY valid_from DESC
LIMIT 1;

-- name: settlements(meter_id, withdrawn)
SELECT
    settlement_id AS id,
    from_ts AS from,
    to_ts AS to,
    action,
    factor,
    reason,
    author,
    recorded_at,
    withdrawn_at,
    withdrawn_by
FROM settlement
WHERE meter_id = :meter_id AND (withdrawn_at IS NULL OR :withdrawn ::boolean)
ORDER BY from_ts, settlement_id;

-- name: overlapped(meter_id, from_ts, to_ts)
SELECT settlement_id, from_ts, to_ts
FROM settlement
WHERE meter_id = :meter_id AND withdrawn_at IS NULL AND from_ts < :to_ts AND to_ts > :from_ts
ORDER BY from_ts
LIMIT 1;

-- name: add(meter_id, from_ts, to_ts, action, factor, reason)
INSERT INTO settlement (meter_id, from_ts, to_ts, action, factor, reason)
VALUES (:meter_id, :from_ts, :to_ts, :action, :factor, :reason)
RETURNING settlement_id;

-- name: withdraw(meter_id, id)
UPDATE settlement
SET withdrawn_at = now(),
    withdrawn_by = acting_account()
WHERE settlement_id = :id AND meter_id = :meter_id AND withdrawn_at IS NULL
RETURNING from_ts;
