-- name: take_due
DELETE FROM seal_due
WHERE ctid = ANY (ARRAY(SELECT ctid FROM seal_due LIMIT :most))
RETURNING kind, ref_id;

-- name: now$
SELECT now();

-- name: head
SELECT seal_id, chain, sealed_at
FROM seal
ORDER BY seal_id DESC
LIMIT 1;

-- name: batches
-- Batches to be sealed; one that has its seal already is left alone.
SELECT
    batch_id,
    received_at,
    writer,
    readings,
    digest,
    first_ts,
    last_ts
FROM stored_batch
WHERE
    batch_id = ANY (:numbers ::bigint[])
    AND NOT EXISTS (SELECT FROM seal WHERE seal.kind = 'batch' AND seal.ref_id = stored_batch.batch_id)
ORDER BY batch_id;

-- name: corrections
SELECT
    correction_id,
    meter_id,
    ts,
    kind,
    original_value,
    value,
    author,
    reason,
    recorded_at
FROM correction
WHERE
    correction_id = ANY (:numbers ::bigint[])
    AND NOT EXISTS (SELECT FROM seal WHERE seal.kind = 'correction' AND seal.ref_id = correction.correction_id)
ORDER BY correction_id;

-- name: add!
INSERT INTO seal (seal_id, kind, ref_id, digest, chain, sealed_at)
SELECT
    added.seal_id,
    added.kind,
    added.ref_id,
    added.digest,
    added.chain,
    now()
FROM unnest(:seal_ids ::bigint[], :kinds ::text[], :ref_ids ::bigint[], :digests ::bytea[], :chains ::bytea[])
    AS added (seal_id, kind, ref_id, digest, chain);
