-- name: select()
SELECT gateway.enterprise_id, gateway.code, enterprise.credit_code, gateway.name, gateway.keeps_days, gateway.edge_node
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

-- name: edge_nodes_taken(edge_nodes)
SELECT edge_node, code
FROM edge_nodes_taken(:edge_nodes);

-- name: insert(rows)
INSERT INTO gateway (code, enterprise_id, name, keeps_days, edge_node)
SELECT entry.code, enterprise.enterprise_id, entry.name, entry.keeps_days, entry.edge_node
FROM json_to_recordset(CAST(:rows AS json)) AS entry (code text, credit_code text, name text, keeps_days integer, edge_node text)
JOIN enterprise USING (credit_code);

-- name: update(name, keeps_days, edge_node, code)
UPDATE gateway
SET name = :name, keeps_days = :keeps_days, edge_node = :edge_node
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
