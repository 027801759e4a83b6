-- Bulletins, each with its seal.

-- name: bulletins()
SELECT
    bulletin.area_code,
    to_char(bulletin.month, 'YYYY-MM') AS month,
    bulletin.version,
    bulletin.digest,
    bulletin.issued_by,
    bulletin.issued_at,
    seal.seal_id AS seal,
    seal.chain
FROM bulletin
LEFT JOIN seal ON seal.seal_id = bulletin_seal(bulletin.bulletin_id);

-- name: bulletin(area, month, version)
-- The newest version where none is named.
SELECT
    bulletin.area_code,
    to_char(bulletin.month, 'YYYY-MM') AS month,
    bulletin.version,
    bulletin.digest,
    bulletin.content,
    bulletin.issued_by,
    bulletin.issued_at,
    seal.seal_id AS seal,
    seal.chain
FROM bulletin
LEFT JOIN seal ON seal.seal_id = bulletin_seal(bulletin.bulletin_id)
WHERE
    bulletin.area_code = :area
    AND bulletin.month = :month ::date
    AND (:version ::integer IS NULL OR bulletin.version = :version)
ORDER BY bulletin.version DESC
LIMIT 1;

-- name: one_at_a_time(family, area)
-- Who issues a bulletin of the area waits until another that is being issued is kept.
SELECT pg_advisory_xact_lock(:family, hashtext(:area));

-- name: add(area, month, version, content, digest)
INSERT INTO bulletin (area_code, month, version, content, digest)
VALUES (:area, :month ::date, :version, :content, :digest);
