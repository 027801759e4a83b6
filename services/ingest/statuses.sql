-- name: note_statuses(gateways, online)
INSERT INTO gateway_state (gateway_code, online, status_at)
SELECT
    said.gateway_code,
    said.online,
    now()
FROM unnest(:gateways ::text[], :online ::boolean[]) AS said (gateway_code, online)
ORDER BY said.gateway_code
ON CONFLICT (gateway_code) DO UPDATE
SET
    online = excluded.online,
    status_at = excluded.status_at;
