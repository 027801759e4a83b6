-- Accounts and their keys.

-- name: select()
SELECT
    account.account_id,
    account.name,
    account.display_name,
    account.role,
    account.area_code AS area,
    enterprise.credit_code AS enterprise,
    account.email,
    account.password_hash IS NOT NULL AS has_password,
    account.must_change_password,
    account.oidc_subject,
    account.created_at,
    account.disabled_at
FROM user_account AS account
LEFT JOIN enterprise USING (enterprise_id);

-- name: add(name, display_name, role, area, enterprise, email, password_hash, must_change_password)
INSERT INTO user_account (
    name, display_name, role, area_code, enterprise_id, email, password_hash, must_change_password
)
VALUES (
    :name,
    :display_name,
    :role,
    :area,
    (SELECT enterprise_id FROM enterprise WHERE credit_code = :enterprise),
    :email,
    :password_hash,
    :must_change_password
)
RETURNING account_id;

-- name: moment()
SELECT now();

-- name: has_enterprise(credit_code)
SELECT EXISTS (SELECT FROM enterprise WHERE credit_code = :credit_code);

-- name: enterprise_in(area)
SELECT enterprise.credit_code
FROM enterprise
JOIN membership USING (enterprise_id)
WHERE membership.area_code = :area
ORDER BY enterprise.credit_code
LIMIT 1;

-- name: hold_administrators()
SELECT account_id
FROM user_account
WHERE role = 'administrator'
    AND disabled_at IS NULL
ORDER BY account_id
FOR UPDATE;

-- name: set_password(account_id, password_hash, must_change_password)
UPDATE user_account
SET password_hash = :password_hash, must_change_password = :must_change_password
WHERE account_id = :account_id;

-- name: note_let_in(account_id, by, now)
UPDATE user_account
SET let_in_by = :by, let_in_at = CASE WHEN CAST(:by AS text) IS NOT NULL THEN CAST(:now AS timestamptz) END
WHERE account_id = :account_id;

-- name: set_disabled(account_id, disabled_at)
UPDATE user_account
SET disabled_at = :disabled_at
WHERE account_id = :account_id;

-- name: end_sessions(account_id)
DELETE FROM session
WHERE account_id = :account_id;

-- name: add_key(account_id, name, token_sha256, rights, areas, created_by, expires_at)
INSERT INTO api_key (account_id, name, token_sha256, rights, areas, created_by, expires_at)
VALUES (:account_id, :name, :token_sha256, :rights, :areas, :created_by, :expires_at)
RETURNING key_id;

-- name: key_works(token_sha256)
SELECT EXISTS (
    SELECT
    FROM api_key
    JOIN user_account USING (account_id)
    WHERE api_key.token_sha256 = :token_sha256
        AND api_key.revoked_at IS NULL
        AND (api_key.expires_at IS NULL OR api_key.expires_at > now())
        AND user_account.disabled_at IS NULL
);
