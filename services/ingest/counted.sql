-- name: count_intake(gateways, formats, outcomes, messages, readings)
-- Of gateways that are registered: names can be invented without end.
INSERT INTO intake_count AS kept (gateway_code, day, format, outcome, messages, readings)
SELECT
    gateway.code,
    (now() AT TIME ZONE 'Asia/Shanghai')::date,
    fresh.format,
    fresh.outcome,
    fresh.messages,
    fresh.readings
FROM unnest(:gateways ::text[], :formats ::text[], :outcomes ::text[], :messages ::bigint[], :readings ::bigint[])
    AS fresh (gateway_code, format, outcome, messages, readings)
JOIN gateway ON gateway.code = fresh.gateway_code
ORDER BY gateway.code, fresh.format, fresh.outcome
ON CONFLICT (gateway_code, day, format, outcome) DO UPDATE
SET
    messages = kept.messages + excluded.messages,
    readings = kept.readings + excluded.readings;
