-- name: written()
-- Of each profile that was written here the newest version, and how many there are.
SELECT DISTINCT ON (name)
    name,
    version,
    document,
    written_by,
    written_at
FROM profile_version
ORDER BY name, version DESC;

-- name: one(name, version)
SELECT name, version, document, written_by, written_at
FROM profile_version
WHERE name = :name AND (:version ::integer IS NULL OR version = :version)
ORDER BY version DESC
LIMIT 1;

-- name: add(name, version, document)
INSERT INTO profile_version (name, version, document)
VALUES (:name, :version, CAST(:document AS jsonb))
ON CONFLICT DO NOTHING;

-- name: of_gateway(code)
SELECT profile, version
FROM gateway_profile
WHERE gateway_code = :code;

-- name: set(code, profile, version)
INSERT INTO gateway_profile (gateway_code, profile, version)
VALUES (:code, :profile, :version)
ON CONFLICT (gateway_code) DO UPDATE
SET
    profile = excluded.profile,
    version = excluded.version;

-- name: unset(code)
DELETE FROM gateway_profile
WHERE gateway_code = :code;

-- name: kept_messages(code)
-- Messages of a gateway that were kept whole, the newest first.
SELECT received_at, source, retained, payload
FROM foreign_message
WHERE gateway_code = :code
ORDER BY received_at DESC, message_id DESC
LIMIT 20;

-- name: examples()
SELECT
    gateway_code AS gateway,
    reason,
    received_at,
    source,
    payload_bytes,
    translate(encode(substring(payload FROM 1 FOR 1024), 'base64'), E'\n', '') AS payload_base64,
    (gateway_code || '/' || reason) COLLATE "C" AS key
FROM foreign_example;
