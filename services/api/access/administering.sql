-- What administrators change of accounts, and the keys of accounts as they are listed and revoked.

-- name: amend(account_id, display_name, role, area, enterprise, email, oidc_subject, disabled_at)
UPDATE user_account
SET display_name = :display_name,
    role = :role,
    area_code = :area,
    enterprise_id = (SELECT enterprise_id FROM enterprise WHERE credit_code = :enterprise),
    email = :email,
    oidc_subject = :oidc_subject,
    disabled_at = :disabled_at,
    password_hash = CASE WHEN :role = 'program' THEN NULL ELSE password_hash END
WHERE account_id = :account_id;

-- name: hold(account_id)
SELECT 1
FROM user_account
WHERE account_id = :account_id
FOR NO KEY UPDATE;

-- name: keys(account_id)
SELECT
    key_id,
    name,
    rights,
    areas,
    created_at,
    created_by,
    expires_at,
    last_used_at,
    revoked_at
FROM api_key
WHERE account_id = :account_id
ORDER BY key_id DESC;

-- name: count_live_keys(account_id, now)
SELECT count(*)
FROM api_key
WHERE account_id = :account_id
    AND revoked_at IS NULL
    AND (expires_at IS NULL OR expires_at > :now);

-- name: revoke_key(account_id, key_id, now)
UPDATE api_key
SET revoked_at = coalesce(revoked_at, :now)
WHERE account_id = :account_id
    AND key_id = :key_id;
