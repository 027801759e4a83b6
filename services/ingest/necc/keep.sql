-- name: enterprise_of(gateway)
SELECT enterprise.credit_code
FROM gateway
JOIN enterprise USING (enterprise_id)
WHERE gateway.code = :gateway;

-- name: note_device(gateway, device_id, address, registered, data)
INSERT INTO necc_device AS device (gateway_code, device_id, address, registered_at, heard_at, data_at)
VALUES (
    :gateway,
    :device_id,
    :address,
    CASE WHEN :registered ::boolean THEN now() END,
    now(),
    CASE WHEN :data ::boolean THEN now() END
)
ON CONFLICT (gateway_code) DO UPDATE
SET
    device_id = excluded.device_id,
    address = excluded.address,
    registered_at = coalesce(excluded.registered_at, device.registered_at),
    heard_at = excluded.heard_at,
    data_at = coalesce(excluded.data_at, device.data_at);

-- name: keep_info(gateway, info)
UPDATE necc_device
SET
    info = :info ::jsonb,
    info_at = now()
WHERE gateway_code = :gateway;

-- name: info_of(gateway)
SELECT info
FROM necc_device
WHERE gateway_code = :gateway;

-- name: keep_values(gateway, codes, stat_types, times, values, units, flags, scopes)
-- Each once; how many were new.
WITH kept AS (
    INSERT INTO necc_value (gateway_code, data_code, stat_type, ts, value, unit, flag, scope, received_at)
    SELECT
        :gateway,
        sent.data_code,
        sent.stat_type,
        sent.ts,
        sent.value,
        sent.unit,
        sent.flag,
        sent.scope,
        now()
    FROM unnest(
        :codes ::text[], :stat_types ::smallint[], :times ::timestamptz[], :values ::float8[], :units ::text[],
        :flags ::text[], :scopes ::text[]
    ) AS sent (data_code, stat_type, ts, value, unit, flag, scope)
    ORDER BY sent.data_code, sent.stat_type, sent.ts, sent.value, sent.flag
    ON CONFLICT DO NOTHING
    RETURNING necc_value_id
)
SELECT count(*) FROM kept;
