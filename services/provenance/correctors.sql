-- name: add(name, token_sha256)
INSERT INTO corrector (name, token_sha256, valid_from)
VALUES (:name, :token_sha256, now())
ON CONFLICT (name) DO NOTHING;

-- name: correctors()
SELECT name, valid_from, revoked_at
FROM corrector
ORDER BY valid_from, name;

-- name: revoke(name)
UPDATE corrector
SET revoked_at = now()
WHERE name = :name AND revoked_at IS NULL;
