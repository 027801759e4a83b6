-- name: take_due(most)
-- What is to be sealed, and whether it has its seal already.
DELETE FROM seal_due
WHERE ctid = ANY (ARRAY(SELECT ctid FROM seal_due LIMIT :most))
RETURNING
    kind,
    ref_id,
    EXISTS (SELECT FROM seal WHERE seal.kind = seal_due.kind AND seal.ref_id = seal_due.ref_id) AS is_sealed;

-- name: now()
SELECT now();

-- name: head()
SELECT seal_id, chain, sealed_at
FROM seal
ORDER BY seal_id DESC
LIMIT 1;

-- name: add(seal_ids, kinds, ref_ids, digests, chains)
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
