-- name: rejected_readings()
SELECT
    rejection_id AS id,
    received_at,
    gateway_code AS gateway,
    seq,
    meter_code AS meter,
    ts_text AS ts,
    value_text AS value,
    code,
    detail,
    outcome,
    retried_at
FROM rejected_reading;

-- name: rejected_messages()
SELECT
    message_id AS id,
    received_at,
    gateway_code AS gateway,
    claimed,
    topic,
    payload_bytes,
    translate(encode(substring(payload FROM 1 FOR 512), 'base64'), E'\n', '') AS payload_base64,
    code,
    detail
FROM rejected_message;

-- name: dropped()
-- The order of the key is that of the rows, the newest day first.
SELECT
    gateway_code AS gateway,
    kind,
    reason,
    day,
    dropped,
    ((DATE '9999-12-31' - day) || '/' || gateway_code || '/' || kind || '/' || reason) COLLATE "C" AS key
FROM dropped_count;
