-- Accounts as an OpenID provider names them.

-- name: by_subject(subject)
SELECT account_id
FROM user_account
WHERE oidc_subject = :subject
    AND disabled_at IS NULL
    AND role <> 'program';

-- name: bind(subject, name)
UPDATE user_account
SET oidc_subject = :subject
WHERE name = :name
    AND oidc_subject IS NULL
    AND disabled_at IS NULL
    AND role <> 'program'
RETURNING account_id;

-- name: void_first_password(account_id)
UPDATE user_account
SET password_hash = NULL, must_change_password = false
WHERE account_id = :account_id
    AND must_change_password;
