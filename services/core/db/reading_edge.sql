-- name: kept_from()
-- Microseconds since 1970; empty: none was ever dropped.
SELECT (extract(EPOCH FROM max(kept_from)) * 1000000)::bigint AS kept_from_us
FROM reading_edge;

-- name: hold_still(key)
SELECT pg_advisory_xact_lock_shared(:key);

-- name: move(kept_from)
INSERT INTO reading_edge (kept_from)
VALUES (:kept_from)
RETURNING edge_id;
