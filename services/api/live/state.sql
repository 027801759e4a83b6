-- name: first_batch()
-- The first batch of the last minute.
SELECT min(batch_id) FROM stored_batch WHERE received_at >= now() - interval '1 minute';

-- name: readings(first_batch, meter_ids)
-- How many readings were stored since then, of a time since yesterday; of these meters, NULL: of all that are seen.
WITH fresh AS MATERIALIZED (
    SELECT meter_id
    FROM reading
    WHERE batch_id >= :first_batch ::bigint AND ts >= now() - interval '1 day'
)
SELECT count(*)
FROM fresh
JOIN meter USING (meter_id)
WHERE :meter_ids ::integer[] IS NULL OR fresh.meter_id = ANY (:meter_ids ::integer[]);

-- name: last_message(meter_ids)
-- When the last message of their gateways came.
SELECT max(gateway_state.last_message_at)
FROM gateway_state
JOIN gateway ON gateway.code = gateway_state.gateway_code
WHERE :meter_ids ::integer[] IS NULL OR gateway.gateway_id IN (SELECT gateway_id FROM meter WHERE meter_id = ANY (:meter_ids ::integer[]));

-- part: gateway_of_meters(meter_ids)
:meter_ids ::integer[] IS NULL OR entry.gateway_id IN (SELECT gateway_id FROM meter WHERE meter_id = ANY (:meter_ids ::integer[]));

-- name: alerts(areas, kind, code)
-- Those that fire, by severity, and when one of the last month began, ended or was handled last.
SELECT
    count(*) FILTER (WHERE resolved_at IS NULL AND severity = 'severe') AS severe,
    count(*) FILTER (WHERE resolved_at IS NULL AND severity = 'warning') AS warning,
    count(*) FILTER (WHERE resolved_at IS NULL AND severity = 'notice') AS notice,
    max(greatest(fired_at, resolved_at, (SELECT max(at) FROM alert_step WHERE alert_step.alert_id = alert.alert_id))) AS changed_at
FROM alert
WHERE
    (resolved_at IS NULL OR resolved_at > now() - interval '31 days')
    AND CASE :kind
        WHEN 'area' THEN :areas ::text[] IS NULL OR area_code = ANY (:areas ::text[])
        WHEN 'park' THEN park_code = :code
        WHEN 'enterprise' THEN enterprise_code = :code
        ELSE subject_kind = :kind AND subject_code = :code
    END;
