-- name: is_set_up()
SELECT compression_enabled
FROM timescaledb_information.hypertables
WHERE hypertable_name = 'reading';

-- name: due(closed_before)
-- Chunks of readings that ended before then and are not compressed yet.
SELECT
    quote_ident(chunk_schema) || '.' || quote_ident(chunk_name) AS name,
    pg_total_relation_size((quote_ident(chunk_schema) || '.' || quote_ident(chunk_name))::regclass) AS bytes
FROM timescaledb_information.chunks
WHERE hypertable_name = 'reading' AND range_end < :closed_before ::timestamptz AND NOT is_compressed
ORDER BY range_start;
