-- name: extent(first_seal, first_batch)
-- What is to be looked at: seals, and readings of batches, from the first one on.
SELECT
    (SELECT count(*) FROM seal WHERE seal_id >= :first_seal) AS seals,
    (SELECT coalesce(sum(readings), 0)::bigint FROM batch_kept WHERE batch_id >= :first_batch) AS readings;

-- name: first_seal_since(since)
SELECT min(seal_id) FROM seal WHERE sealed_at >= :since;

-- name: first_batch_since(since)
SELECT min(batch_id) FROM stored_batch WHERE received_at >= :since;

-- name: seals_after(after, most)
SELECT
    seal_id,
    kind,
    ref_id,
    digest,
    chain,
    sealed_at
FROM seal
WHERE seal_id > :after
ORDER BY seal_id
LIMIT :most;

-- name: noted(seal_ids, chains)
-- What became of heads that were noted elsewhere, in their order: the seal that has the chain, and what its number has now.
SELECT
    noted.seal_id AS noted_id,
    found.seal_id,
    found.sealed_at,
    EXISTS (SELECT FROM seal WHERE seal.seal_id = noted.seal_id) AS has_number
FROM unnest(:seal_ids ::bigint[], :chains ::bytea[]) WITH ORDINALITY AS noted (seal_id, chain, place)
LEFT JOIN LATERAL (
    SELECT seal.seal_id, seal.sealed_at
    FROM seal
    WHERE seal.chain = noted.chain
        AND (noted.seal_id IS NULL OR seal.seal_id = noted.seal_id)
    LIMIT 1
) AS found ON true
ORDER BY noted.place;

-- name: head()
SELECT seal_id, chain, sealed_at
FROM seal
ORDER BY seal_id DESC
LIMIT 1;

-- name: unsealed(first_batch, since)
-- Batches, corrections and transactions of the audit without a seal, and whether they wait for one.
SELECT
    unsealed.kind,
    unsealed.ref_id,
    EXISTS (
        SELECT FROM seal_due WHERE seal_due.kind = unsealed.kind AND seal_due.ref_id = unsealed.ref_id
    ) AS waits
FROM (
    SELECT 'batch' AS kind, batch_id AS ref_id
    FROM stored_batch
    WHERE batch_id >= :first_batch
    UNION ALL
    SELECT 'correction', correction_id
    FROM correction
    WHERE :since ::timestamptz IS NULL OR recorded_at >= :since
    UNION ALL
    SELECT DISTINCT 'audit', batch_id
    FROM audit
    WHERE :since ::timestamptz IS NULL OR at >= :since
) AS unsealed
WHERE NOT EXISTS (SELECT FROM seal WHERE seal.kind = unsealed.kind AND seal.ref_id = unsealed.ref_id)
ORDER BY 1, 2;

-- name: batches_after(after, last, most)
SELECT batch_id, readings, digest
FROM batch_kept
WHERE batch_id > :after AND batch_id <= :last
ORDER BY batch_id
LIMIT :most;

-- name: readings_of_batches(low, high, most)
SELECT batch_id, meter_id, ts, value
FROM reading
WHERE batch_id >= :low AND batch_id < :high
ORDER BY batch_id, meter_id, ts
LIMIT :most;

-- name: rows_of_batch(batch_id, most)
SELECT
    reading.meter_id,
    coalesce(meter.code, 'meter number ' || reading.meter_id) AS meter,
    reading.ts,
    reading.value
FROM reading
LEFT JOIN meter USING (meter_id)
WHERE reading.batch_id = :batch_id
ORDER BY reading.meter_id, reading.ts
LIMIT :most;

-- name: tables_of_readings()
-- Where the rows of readings lie: in the chunks, or without TimescaleDB in the table itself.
SELECT
    pg_namespace.nspname AS schema,
    pg_class.relname AS name
FROM pg_class
JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace
LEFT JOIN pg_inherits AS child ON child.inhrelid = pg_class.oid
WHERE
    child.inhparent = 'reading'::regclass
    OR (
        pg_class.oid = 'reading'::regclass
        AND NOT EXISTS (SELECT FROM pg_inherits AS other WHERE other.inhparent = 'reading'::regclass)
    );

-- name: batch(batch_id)
SELECT
    kept.batch_id,
    kept.received_at,
    kept.writer,
    kept.readings,
    kept.digest,
    kept.first_ts,
    kept.last_ts,
    stored_batch.xmin::text AS written_by
FROM batch_kept AS kept
JOIN stored_batch USING (batch_id)
WHERE kept.batch_id = :batch_id;

-- name: drops()
-- Each drop with what it says of remainders, and the newest first.
SELECT
    drop_id,
    dropped_before,
    dropped_at,
    readings,
    carried,
    remainders,
    remainders_digest
FROM reading_drop
ORDER BY drop_id DESC;

-- name: remainders(drop_id, after, most)
SELECT batch_id, readings, digest
FROM batch_remainder
WHERE drop_id = :drop_id AND batch_id > :after
ORDER BY batch_id
LIMIT :most;

-- name: holes(meter_ids, first_ts, last_ts, most)
-- Where the series of the meters that were behind the same gateways have a hole within the time of the batch.
WITH held AS (
    SELECT meter_id, gateway_id, interval_s
    FROM meter_term_now
    WHERE valid_from <= :last_ts ::timestamptz AND valid_to > :first_ts ::timestamptz
),
behind AS (
    SELECT meter.meter_id, meter.code, max(held.interval_s) * interval '1 second' AS step
    FROM held
    JOIN meter USING (meter_id)
    WHERE held.gateway_id IN (SELECT gateway_id FROM held WHERE meter_id = ANY (:meter_ids ::integer[]))
    GROUP BY meter.meter_id, meter.code
),
near AS (
    SELECT
        behind.code,
        behind.step,
        reading.ts,
        lead(reading.ts) OVER (PARTITION BY reading.meter_id ORDER BY reading.ts) AS next_ts
    FROM behind
    JOIN reading USING (meter_id)
    WHERE reading.ts >= :first_ts ::timestamptz - 4 * behind.step AND reading.ts <= :last_ts ::timestamptz + 4 * behind.step
)
SELECT code, ts, next_ts
FROM near
WHERE next_ts - ts > 1.5 * step AND next_ts > :first_ts AND ts < :last_ts
ORDER BY ts, code
LIMIT :most;

-- name: audit_of_batch(batch_id, seal_id, most)
-- Entries of a batch of the audit, and whether each was written, as it is now, after the seal: by the transactions that wrote them.
SELECT
    audit.entry_id,
    audit.at,
    coalesce(audit.account, 'database role ' || audit.database_role) AS who,
    audit.kind,
    audit.subject,
    audit.action,
    age(audit.xmin) < age(seal.xmin) AS is_later
FROM audit
LEFT JOIN seal ON seal.seal_id = :seal_id
WHERE audit.batch_id = :batch_id
ORDER BY audit.entry_id
LIMIT :most;
