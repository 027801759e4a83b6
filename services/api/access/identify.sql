-- Whose a request is: by the key it carries, or by the session of its browser.

-- name: of_key(token_sha256, now)
SELECT
    account.account_id,
    account.name,
    account.display_name,
    account.role,
    account.area_code,
    enterprise.credit_code,
    account.must_change_password,
    account.let_in_by,
    account.let_in_at,
    api_key.created_by,
    api_key.key_id,
    api_key.rights,
    api_key.areas
FROM api_key
JOIN user_account AS account USING (account_id)
LEFT JOIN enterprise USING (enterprise_id)
WHERE api_key.token_sha256 = :token_sha256
    AND api_key.revoked_at IS NULL
    AND (api_key.expires_at IS NULL OR api_key.expires_at > :now)
    AND account.disabled_at IS NULL;

-- name: of_session(token_sha256, now, idle_since)
SELECT
    account.account_id,
    account.name,
    account.display_name,
    account.role,
    account.area_code,
    enterprise.credit_code,
    account.must_change_password,
    account.let_in_by,
    account.let_in_at
FROM session
JOIN user_account AS account USING (account_id)
LEFT JOIN enterprise USING (enterprise_id)
WHERE session.token_sha256 = :token_sha256
    AND session.expires_at > :now
    AND session.last_seen_at > :idle_since
    AND account.disabled_at IS NULL;

-- name: note_key(key_id, now)
UPDATE api_key
SET last_used_at = :now
WHERE key_id = :key_id
    AND (last_used_at IS NULL OR last_used_at < CAST(:now AS timestamptz) - interval '1 minute');

-- name: note_session(token_sha256, now)
UPDATE session
SET last_seen_at = :now
WHERE token_sha256 = :token_sha256
    AND last_seen_at < CAST(:now AS timestamptz) - interval '1 minute';
