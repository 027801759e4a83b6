-- name: select()
SELECT gateway.enterprise_id, gateway.code, enterprise.credit_code, gateway.name, gateway.keeps_days, gateway.edge_node, gateway.resends, gateway.corrections
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
    gateway.edge_node,
    gateway.resends,
    gateway.corrections,
    coalesce(
        NOT gateway.resends,
        given.gateway_code IS NOT NULL AND NOT coalesce((written.document ->> 'resends')::boolean, FALSE)
    ) AS cannot_resend,
    given.profile,
    given.version AS profile_version,
    CASE WHEN heard.online THEN 'online' WHEN NOT heard.online THEN 'offline' ELSE 'unknown' END AS state,
    heard.status_at AS state_since,
    heard.last_message_at,
    measuring.meters,
    measuring.meters > 0
        AND coalesce(heard.last_message_at, '-infinity') < now() - greatest(3600, 2 * measuring.interval_s) * interval '1 second' AS silent
FROM gateway
JOIN enterprise USING (enterprise_id)
LEFT JOIN gateway_state AS heard ON heard.gateway_code = gateway.code
LEFT JOIN gateway_profile AS given ON given.gateway_code = gateway.code
LEFT JOIN profile_version AS written ON written.name = given.profile AND written.version = given.version
CROSS JOIN LATERAL (
    SELECT count(*)::integer AS meters, coalesce(min(interval_s), 0) AS interval_s
    FROM meter
    WHERE
        meter.gateway_id = gateway.gateway_id
        AND coalesce(meter.valid_from, '-infinity') <= (now() AT TIME ZONE 'Asia/Shanghai')::date
        AND coalesce(meter.valid_to, 'infinity') > (now() AT TIME ZONE 'Asia/Shanghai')::date
) AS measuring;

-- name: intake_counts(gateways, start, end)
-- What became of messages and readings of these gateways on the days from `start` to before `end`.
SELECT
    gateway_code,
    format,
    outcome,
    sum(messages)::bigint AS messages,
    sum(readings)::bigint AS readings
FROM intake_count
WHERE gateway_code = ANY (:gateways ::text[]) AND day >= :start ::date AND day < :end ::date
GROUP BY gateway_code, format, outcome
ORDER BY gateway_code, format, outcome;

-- name: waiting_counts(gateways, most)
-- Unknown points and held values that wait, counted up to `most` of each gateway.
SELECT asked.gateway_code, points.unknown_points, held.held_values
FROM unnest(:gateways ::text[]) AS asked (gateway_code)
CROSS JOIN LATERAL (
    SELECT count(*)::integer AS unknown_points
    FROM (SELECT FROM unknown_point WHERE unknown_point.gateway_code = asked.gateway_code LIMIT :most) AS counted
) AS points
CROSS JOIN LATERAL (
    SELECT count(*)::integer AS held_values
    FROM (
        SELECT
        FROM held_reading
        WHERE held_reading.gateway_code = asked.gateway_code AND held_reading.outcome IS NULL
        LIMIT :most
    ) AS counted
) AS held;

-- name: existing(keys)
SELECT code
FROM codes_taken('gateway', :keys) AS code;

-- name: edge_nodes_taken(edge_nodes)
-- By whom, and whether who asks sees that gateway.
SELECT taken.edge_node, taken.code, gateway.code IS NOT NULL AS is_seen
FROM edge_nodes_taken(:edge_nodes) AS taken
LEFT JOIN gateway ON gateway.code = taken.code;

-- name: insert(rows)
INSERT INTO gateway (code, enterprise_id, name, keeps_days, edge_node, resends, corrections)
SELECT entry.code, enterprise.enterprise_id, entry.name, entry.keeps_days, entry.edge_node, entry.resends, entry.corrections
FROM json_to_recordset(CAST(:rows AS json))
    AS entry (
        code text, credit_code text, name text, keeps_days integer, edge_node text, resends boolean, corrections text
    )
JOIN enterprise USING (credit_code);

-- name: update(name, keeps_days, edge_node, resends, corrections, code)
UPDATE gateway
SET name = :name,
    keeps_days = :keeps_days,
    edge_node = :edge_node,
    resends = :resends,
    corrections = :corrections
WHERE code = :code;

-- name: delete(key)
DELETE FROM gateway
WHERE code = :key;

-- name: edge_session(code)
SELECT gateway.edge_node, session.online, session.last_at, session.devices, session.ignored_state_at
FROM gateway
LEFT JOIN edge_session AS session ON session.gateway_code = gateway.code
WHERE gateway.code = :code;

-- name: edge_incidents(code, most)
SELECT kind, from_at, to_at, missing, noted_at
FROM edge_incident
WHERE gateway_code = :code
ORDER BY incident_id DESC
LIMIT :most;
