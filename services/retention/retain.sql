-- name: has_chunks()
SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb');

-- name: dropped_before()
-- Up to when readings were dropped; empty: never.
SELECT max(dropped_before) FROM reading_drop;

-- name: chunks(before)
-- Chunks of readings that end before then, or at it.
SELECT
    count(*) AS chunks,
    max(chunk.range_end) AS dropped_before,
    coalesce(sum(pg_total_relation_size(table_of.oid)), 0)::bigint AS bytes
FROM timescaledb_information.chunks AS chunk
JOIN pg_class AS table_of
    ON table_of.oid = (quote_ident(chunk.chunk_schema) || '.' || quote_ident(chunk.chunk_name))::regclass
WHERE chunk.hypertable_name = 'reading' AND chunk.range_end <= :before ::timestamptz;

-- name: edge_id(kept_from)
SELECT edge_id
FROM reading_edge
WHERE kept_from = :kept_from
ORDER BY edge_id DESC
LIMIT 1;

-- name: waits(kept_from, dropped_before)
-- What is still to be done with readings that are to go.
SELECT
    EXISTS (SELECT FROM dirty_slot WHERE slot < :kept_from ::timestamptz)
        OR EXISTS (SELECT FROM late_slot WHERE slot < :kept_from ::timestamptz)
        OR EXISTS (SELECT FROM meter_change WHERE from_ts < :kept_from ::timestamptz) AS rollup,
    EXISTS (SELECT FROM quality_due WHERE day < (:kept_from ::timestamptz AT TIME ZONE 'Asia/Shanghai')::date) AS quality,
    EXISTS (
        SELECT
        FROM seal_due
        JOIN stored_batch ON stored_batch.batch_id = seal_due.ref_id
        WHERE seal_due.kind = 'batch' AND stored_batch.first_ts < :dropped_before ::timestamptz
    ) AS sealing;

-- name: batches(dropped_before)
-- The batches with a reading of before then, by their first and last number, and the readings of all between them.
SELECT
    first.batch_id AS first_batch,
    last.batch_id AS last_batch,
    (
        SELECT coalesce(sum(readings), 0)::bigint
        FROM batch_kept
        WHERE batch_id >= first.batch_id AND batch_id <= last.batch_id
    ) AS readings
FROM (SELECT min(batch_id) AS batch_id FROM stored_batch WHERE first_ts < :dropped_before ::timestamptz) AS first
CROSS JOIN (SELECT max(batch_id) AS batch_id FROM stored_batch WHERE first_ts < :dropped_before ::timestamptz) AS last;

-- name: meter_ids()
SELECT meter_id FROM meter ORDER BY meter_id;

-- name: begin_carrying()
DELETE FROM carried_reading;

-- name: carry(meter_ids, rows, kept_from, dropped_before)
-- The last readings of each meter, so many, of those that would go the ones that are among them.
INSERT INTO carried_reading (meter_id, ts, value, batch_id)
SELECT near.*
FROM unnest(:meter_ids ::integer[], :rows ::integer[]) AS wanted (meter_id, rows)
CROSS JOIN LATERAL (
    SELECT reading.meter_id, reading.ts, reading.value, reading.batch_id
    FROM reading
    WHERE reading.meter_id = wanted.meter_id AND reading.ts < :kept_from ::timestamptz
    ORDER BY reading.ts DESC
    LIMIT wanted.rows
) AS near
WHERE near.ts < :dropped_before ::timestamptz;

-- name: counted(dropped_before)
SELECT
    (SELECT count(*) FROM reading WHERE ts < :dropped_before ::timestamptz) AS readings,
    (SELECT count(*) FROM carried_reading) AS carried;

-- name: spanning(after, dropped_before, most)
-- Batches of which something goes and something stays, by number.
SELECT batch_id, readings
FROM batch_kept
WHERE
    batch_id > :after
    AND first_ts < :dropped_before ::timestamptz
    AND (last_ts >= :dropped_before ::timestamptz OR batch_id IN (SELECT batch_id FROM carried_reading))
ORDER BY batch_id
LIMIT :most;

-- name: staying(batch_ids, dropped_before)
-- Readings of these batches that stay.
SELECT batch_id, meter_id, ts, value
FROM reading
WHERE batch_id = ANY (:batch_ids) AND ts >= :dropped_before
UNION ALL
SELECT batch_id, meter_id, ts, value
FROM carried_reading
WHERE batch_id = ANY (:batch_ids)
ORDER BY 1, 2, 3;

-- name: record(edge_id, dropped_before, readings, carried, remainders, digest)
INSERT INTO reading_drop (edge_id, dropped_before, readings, carried, remainders, remainders_digest)
VALUES (:edge_id, :dropped_before, :readings, :carried, :remainders, :digest)
RETURNING drop_id;

-- name: drop_chunks(dropped_before)
SELECT count(*) AS chunks
FROM drop_chunks('reading', older_than => :dropped_before ::timestamptz) AS chunk;

-- name: put_back()
INSERT INTO reading (meter_id, ts, value, batch_id)
SELECT meter_id, ts, value, batch_id
FROM carried_reading
ORDER BY meter_id, ts;
