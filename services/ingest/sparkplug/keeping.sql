-- name: edges()
SELECT
    gateway.code,
    gateway.edge_node,
    kept.bd_seq,
    kept.last_at,
    coalesce(kept.online, false) AS online,
    coalesce(kept.host_left, true) AS host_left
FROM gateway
LEFT JOIN edge_session AS kept ON kept.gateway_code = gateway.code
WHERE gateway.edge_node IS NOT NULL
ORDER BY gateway.code;

-- name: keep_sessions(gateways, bd_seqs, online, last_at, devices)
INSERT INTO edge_session (gateway_code, bd_seq, online, last_at, devices, host_left)
SELECT
    went_on.gateway_code,
    went_on.bd_seq,
    went_on.online,
    went_on.last_at,
    went_on.devices,
    false
FROM
    unnest(:gateways ::text[], :bd_seqs ::bigint[], :online ::boolean[], :last_at ::timestamptz[], :devices ::jsonb[])
        AS went_on (gateway_code, bd_seq, online, last_at, devices)
ORDER BY went_on.gateway_code
ON CONFLICT (gateway_code) DO UPDATE
SET
    bd_seq = excluded.bd_seq,
    online = excluded.online,
    last_at = excluded.last_at,
    devices = excluded.devices,
    host_left = false;

-- name: note_ignoring(gateways)
UPDATE edge_session
SET ignored_state_at = now()
WHERE gateway_code = any(:gateways ::text[]);

-- name: note_incidents(gateways, kinds, from_at, to_at, missing)
INSERT INTO edge_incident (gateway_code, kind, from_at, to_at, missing)
SELECT
    noted.gateway_code,
    noted.kind,
    noted.from_at,
    noted.to_at,
    noted.missing
FROM
    unnest(:gateways ::text[], :kinds ::text[], :from_at ::timestamptz[], :to_at ::timestamptz[], :missing ::integer[])
        AS noted (gateway_code, kind, from_at, to_at, missing);

-- name: note_left()
UPDATE edge_session
SET host_left = true
WHERE NOT host_left;

-- name: able()
-- Whether the database could take data now.
SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off';
