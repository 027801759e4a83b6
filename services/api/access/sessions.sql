-- Browsers that are signed in, and those that have been: where a login succeeded, it is not braked by what others try.

-- name: credentials(name)
SELECT account_id, password_hash, disabled_at IS NOT NULL AS is_disabled
FROM user_account
WHERE name = :name;

-- name: hold(account_id)
SELECT password_hash, disabled_at IS NOT NULL AS is_disabled
FROM user_account
WHERE account_id = :account_id
FOR SHARE;

-- name: hash_anew(account_id, password_hash, kept)
UPDATE user_account
SET password_hash = :password_hash
WHERE account_id = :account_id
    AND password_hash = :kept;

-- name: begin(token_sha256, account_id, now, expires_at, peer, browser)
INSERT INTO session (token_sha256, account_id, created_at, last_seen_at, expires_at, peer, browser)
VALUES (:token_sha256, :account_id, :now, :now, :expires_at, :peer, :browser);

-- name: end(token_sha256)
DELETE FROM session
WHERE token_sha256 = :token_sha256;

-- name: end_over(now, idle_since, account_id, most)
DELETE FROM session
WHERE expires_at <= :now
    OR account_id = :account_id
    AND (
        last_seen_at <= :idle_since
        OR token_sha256 NOT IN (
            SELECT token_sha256
            FROM session
            WHERE account_id = :account_id
            ORDER BY created_at DESC
            LIMIT :most
        )
    );

-- name: sessions(account_id, now, idle_since)
SELECT
    left(encode(token_sha256, 'hex'), 16) AS session_id,
    token_sha256,
    created_at,
    last_seen_at,
    expires_at,
    peer,
    browser
FROM session
WHERE account_id = :account_id
    AND expires_at > :now
    AND last_seen_at > :idle_since
ORDER BY created_at DESC, token_sha256;

-- name: end_one(account_id, session_id)
DELETE FROM session
WHERE account_id = :account_id
    AND left(encode(token_sha256, 'hex'), 16) = :session_id;

-- name: knows_device(name, token_sha256, since)
SELECT EXISTS (
    SELECT
    FROM remembered_device
    JOIN user_account USING (account_id)
    WHERE user_account.name = :name
        AND remembered_device.token_sha256 = :token_sha256
        AND remembered_device.last_used_at > :since
);

-- name: remember_device(token_sha256, account_id, now)
INSERT INTO remembered_device (token_sha256, account_id, last_used_at)
VALUES (:token_sha256, :account_id, :now)
ON CONFLICT (account_id, token_sha256) DO UPDATE SET last_used_at = excluded.last_used_at;

-- name: forget_devices(account_id, since, most)
DELETE FROM remembered_device
WHERE account_id = :account_id
    AND (
        last_used_at <= :since
        OR token_sha256 NOT IN (
            SELECT token_sha256
            FROM remembered_device
            WHERE account_id = :account_id
            ORDER BY last_used_at DESC
            LIMIT :most
        )
    );
