-- name: hold(family, code)
-- One credential of a code follows another.
SELECT pg_advisory_xact_lock(:family, hashtext(:code));

-- name: known(kind, code)
SELECT code
FROM gateway
WHERE :kind = 'gateway' AND code = :code
UNION ALL
SELECT credit_code
FROM enterprise
WHERE :kind = 'enterprise' AND credit_code = :code;

-- name: newest_generation(kind, code)
SELECT coalesce(max(generation), 0)
FROM broker_credential
WHERE holder_kind = :kind AND holder_code = :code;

-- name: end_earlier(kind, code, now, until, author)
-- The newest one works on until the overlap ends; those before it do not any more.
WITH live AS (
    SELECT
        generation,
        generation = max(generation) OVER () AS is_newest
    FROM broker_credential
    WHERE holder_kind = :kind AND holder_code = :code
        AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now)
)
UPDATE broker_credential
SET
    expires_at = CASE WHEN live.is_newest AND :until ::timestamptz > :now THEN least(expires_at, :until) ELSE expires_at END,
    revoked_at = CASE WHEN live.is_newest AND :until ::timestamptz > :now THEN revoked_at ELSE :now END,
    revoked_by = CASE WHEN live.is_newest AND :until ::timestamptz > :now THEN revoked_by ELSE :author END
FROM live
WHERE broker_credential.holder_kind = :kind
    AND broker_credential.holder_code = :code
    AND broker_credential.generation = live.generation;

-- name: add(kind, code, generation, user_name, credential_kind, password_hash, serial_number, expires_at, now, author)
INSERT INTO broker_credential (
    holder_kind, holder_code, generation, user_name, kind, password_hash, serial_number, expires_at, created_at, created_by
)
VALUES (
    :kind, :code, :generation, :user_name, :credential_kind, :password_hash, :serial_number, :expires_at, :now, :author
);

-- name: of_holder(kind, code)
SELECT
    generation,
    user_name,
    kind,
    serial_number,
    expires_at,
    created_at,
    created_by,
    revoked_at,
    revoked_by
FROM broker_credential
WHERE holder_kind = :kind AND holder_code = :code
ORDER BY generation DESC;

-- name: revoke(kind, code, generation, now, author)
UPDATE broker_credential
SET
    revoked_at = :now,
    revoked_by = :author
WHERE holder_kind = :kind AND holder_code = :code
    AND (:generation ::integer IS NULL OR generation = :generation)
    AND revoked_at IS NULL;

-- name: users(now)
SELECT
    user_name,
    holder_kind,
    holder_code,
    password_hash,
    CASE holder_kind
        WHEN 'gateway' THEN coalesce((SELECT edge_node FROM gateway WHERE code = holder_code), '')
        ELSE ''
    END AS edge_node
FROM broker_credential
WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now)
    AND CASE holder_kind
        WHEN 'gateway' THEN EXISTS (SELECT FROM gateway WHERE code = holder_code)
        ELSE EXISTS (SELECT FROM enterprise WHERE credit_code = holder_code)
    END
ORDER BY user_name;

-- name: next_end(now)
SELECT min(expires_at)
FROM broker_credential
WHERE revoked_at IS NULL AND expires_at > :now;

-- name: certificates_in_use(now)
SELECT
    user_name,
    expires_at
FROM broker_credential
WHERE serial_number IS NOT NULL AND revoked_at IS NULL AND expires_at > :now
ORDER BY expires_at, user_name;

-- name: ended_certificates(now)
-- Those that are not to be taken any more, though they may be good by what stands in them.
SELECT
    serial_number,
    coalesce(revoked_at, expires_at) AS ended_at
FROM broker_credential
WHERE serial_number IS NOT NULL AND (revoked_at IS NOT NULL OR expires_at <= :now)
ORDER BY ended_at, serial_number;

-- name: live_hashes(code, now)
SELECT password_hash
FROM broker_credential
JOIN gateway ON gateway.code = broker_credential.holder_code
WHERE holder_kind = 'gateway' AND holder_code = :code
    AND password_hash IS NOT NULL
    AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now);

-- name: without_credential(author)
-- Those that came in by a password that was derived from a key. Once: who is registered later never had one.
SELECT
    'gateway' AS kind,
    code
FROM gateway
WHERE NOT EXISTS (SELECT FROM broker_credential WHERE created_by = :author)
    AND NOT EXISTS (SELECT FROM broker_credential WHERE holder_kind = 'gateway' AND holder_code = gateway.code)
UNION
SELECT
    'enterprise',
    enterprise_code
FROM subscription
WHERE channel = 'mqtt'
    AND enterprise_code IS NOT NULL
    AND NOT EXISTS (SELECT FROM broker_credential WHERE created_by = :author)
    AND NOT EXISTS (
        SELECT FROM broker_credential WHERE holder_kind = 'enterprise' AND holder_code = subscription.enterprise_code
    );

-- name: listen()
LISTEN enermon_broker_users;
