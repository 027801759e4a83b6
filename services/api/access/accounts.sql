-- Accounts and their keys.

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

-- name: add_key(account_id, name, token_sha256, rights, areas, created_by, expires_at)
INSERT INTO api_key (account_id, name, token_sha256, rights, areas, created_by, expires_at)
VALUES (:account_id, :name, :token_sha256, :rights, :areas, :created_by, :expires_at)
RETURNING key_id;
