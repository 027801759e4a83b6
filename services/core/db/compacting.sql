-- name: left_overs()
-- What an interrupted rebuilding has left: an index beside the one it was to replace.
SELECT index_of.oid::regclass::text AS name
FROM pg_index
JOIN pg_class AS index_of ON index_of.oid = pg_index.indexrelid
JOIN pg_inherits ON pg_inherits.inhrelid = pg_index.indrelid
WHERE
    pg_inherits.inhparent IN ('reading'::regclass, 'energy_quarters'::regclass)
    AND NOT pg_index.indisvalid
    AND index_of.relname ~ '_ccnew[0-9]*$';

-- name: loose_indexes(closed_before, tuple_bytes, looseness)
-- Indexes of chunks that ended before then, and that take more than so many times the bytes which their entries need.
SELECT
    pg_index.indexrelid::regclass::text AS name,
    pg_relation_size(pg_index.indexrelid) AS bytes
FROM timescaledb_information.chunks AS chunk
JOIN pg_class AS table_of
    ON table_of.oid = (quote_ident(chunk.chunk_schema) || '.' || quote_ident(chunk.chunk_name))::regclass
JOIN pg_index ON pg_index.indrelid = table_of.oid AND pg_index.indisvalid
WHERE
    chunk.hypertable_name IN ('reading', 'energy_quarters')
    AND chunk.range_end < :closed_before ::timestamptz
    AND pg_relation_size(pg_index.indexrelid)
        > :looseness ::double precision * (65536 + :tuple_bytes ::integer * greatest(table_of.reltuples, 0))
ORDER BY chunk.range_start, pg_index.indexrelid;

-- name: unknown_sizes(closed_before)
-- Closed chunks whose rows were never counted.
SELECT (quote_ident(chunk.chunk_schema) || '.' || quote_ident(chunk.chunk_name)) AS name
FROM timescaledb_information.chunks AS chunk
JOIN pg_class AS table_of
    ON table_of.oid = (quote_ident(chunk.chunk_schema) || '.' || quote_ident(chunk.chunk_name))::regclass
WHERE
    chunk.hypertable_name IN ('reading', 'energy_quarters')
    AND chunk.range_end < :closed_before ::timestamptz
    AND table_of.reltuples < 0;

-- name: has_chunks()
SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb');
