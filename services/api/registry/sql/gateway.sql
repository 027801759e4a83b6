-- name: select()
SELECT gateway.enterprise_id, gateway.code, enterprise.credit_code, gateway.name, gateway.keeps_days
FROM gateway
JOIN enterprise USING (enterprise_id);

-- name: heard()
-- Each with what was heard of it. One that has meters in use and sent nothing for an hour, or for two periods of its
-- most frequent meter where that is longer, is silent.
SELECT
    gateway.gateway_id,
    gateway.enterprise_id,
    gateway.code,
    enterprise.credit_code,
    gateway.name,
    gateway.keeps_days,
    CASE WHEN heard.online THEN 'online' WHEN NOT heard.online THEN 'offline' ELSE 'unknown' END AS state,
    heard.status_at AS state_since,
    heard.last_message_at,
    measuring.meters,
    measuring.meters > 0
        AND coalesce(heard.last_message_at, '-infinity') < now() - greatest(3600, 2 * measuring.interval_s) * interval '1 second' AS silent
FROM gateway
JOIN enterprise USING (enterprise_id)
LEFT JOIN gateway_state AS heard ON heard.gateway_code = gateway.code
CROSS JOIN LATERAL (
    SELECT count(*)::integer AS meters, coalesce(min(interval_s), 0) AS interval_s
    FROM meter
    WHERE
        meter.gateway_id = gateway.gateway_id
        AND coalesce(meter.valid_from, '-infinity') <= (now() AT TIME ZONE 'Asia/Shanghai')::date
        AND coalesce(meter.valid_to, 'infinity') > (now() AT TIME ZONE 'Asia/Shanghai')::date
) AS measuring;

-- name: existing(keys)
SELECT code
FROM codes_taken('gateway', :keys) AS code;

-- name: insert(rows)
INSERT INTO gateway (code, enterprise_id, name, keeps_days)
SELECT entry.code, enterprise.enterprise_id, entry.name, entry.keeps_days
FROM json_to_recordset(CAST(:rows AS json)) AS entry (code text, credit_code text, name text, keeps_days integer)
JOIN enterprise USING (credit_code);

-- name: update(name, keeps_days, code)
UPDATE gateway
SET name = :name, keeps_days = :keeps_days
WHERE code = :code;

-- name: delete(key)
DELETE FROM gateway
WHERE code = :key;
